-- Which indexes does each table have, and what would it take to make each again exactly as it is?
-- $1: oids of relations
select
  i.indexrelid,
  i.indrelid,
  c.relname,
  pg_catalog.pg_get_indexdef(i.indexrelid),
  i.indisunique,
  i.indisvalid and i.indisready and i.indislive,
  i.indnullsnotdistinct,
  i.indisclustered,
  o.conname,
  o.contype,
  pg_catalog.pg_get_constraintdef(o.oid),
  o.condeferrable,
  o.condeferred,
  pg_catalog.obj_description(i.indexrelid, 'pg_class'),
  pg_catalog.obj_description(o.oid, 'pg_constraint'),
  -- '' = the database's own
  coalesce(s.spcname, ''),
  -- the key columns as the index compares them, and its predicate
  (
    select pg_catalog.json_agg(
      pg_catalog.pg_get_indexdef(i.indexrelid, k.n::pg_catalog.int4, false)
        || coalesce(' collate ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname), '')
      order by k.n
    )
    from pg_catalog.unnest(i.indcollation::oid[]) with ordinality as k (oid, n)
    left join pg_catalog.pg_collation co on co.oid = k.oid
    left join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
    where k.n <= i.indnkeyatts
  ),
  pg_catalog.pg_get_expr(i.indpred, i.indrelid),
  -- must stay as it is: replica identity, exclusion, an index that is part of something else, a statistics target of its own,
  -- a tablespace we may not use, equality other than the type's own, or something that hangs on the constraint and is no foreign key
  i.indisreplident
    or (i.indisprimary and r.relreplident = 'd' and (
      exists (select from pg_catalog.pg_publication p where p.puballtables)
      or exists (select from pg_catalog.pg_publication_rel p where p.prrelid = r.oid)
      or exists (select from pg_catalog.pg_publication_namespace p where p.pnnspid = r.relnamespace)
    ))
    or i.indisexclusion
    or coalesce(o.contype = 'x', false)
    or exists (select from pg_catalog.pg_inherits h where h.inhrelid = i.indexrelid)
    or exists (select from pg_catalog.pg_attribute a where a.attrelid = i.indexrelid and a.attstattarget >= 0)
    or exists (
      select
      from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = i.indexrelid and d.deptype in ('e', 'x')
    )
    or (s.oid is not null and not pg_catalog.has_tablespace_privilege(s.oid, 'CREATE'))
    or (i.indisunique and exists (
      select
      from pg_catalog.unnest(i.indclass::oid[]) as k (opclass)
      join pg_catalog.pg_opclass oc on oc.oid = k.opclass
      where not oc.opcdefault and oc.opcname not like '%\_pattern\_ops'
    ))
    or exists (
      select
      from pg_catalog.pg_depend d
      where (
          (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = i.indexrelid)
          or (d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and d.refobjid = o.oid)
        )
        and d.deptype in ('n', 'e', 'x')
        and not (d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
          and exists (select from pg_catalog.pg_constraint f where f.oid = d.objid and f.contype = 'f'))
    ),
  -- the foreign keys that rest on it
  (
    select pg_catalog.json_agg(f.oid::pg_catalog.text order by f.oid)
    from pg_catalog.pg_constraint f
    where f.contype = 'f' and f.confrelid = i.indrelid and f.conindid = i.indexrelid
  )
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_class r on r.oid = i.indrelid
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
left join pg_catalog.pg_constraint o on o.conindid = i.indexrelid and o.conrelid = i.indrelid and o.contype in ('p', 'u', 'x')
where i.indrelid = any ($1::oid[])
order by i.indrelid, i.indisprimary, c.relname
