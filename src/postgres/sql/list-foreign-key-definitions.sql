-- What would it take to make each foreign key again, and to find the rows that would not satisfy it?
-- $1: oids of relations
select
  o.oid,
  o.conrelid,
  o.conname,
  pg_catalog.pg_get_constraintdef(o.oid),
  pg_catalog.obj_description(o.oid, 'pg_constraint'),
  o.convalidated,
  -- s(imple) | f(ull)
  o.confmatchtype,
  n.nspname,
  c.relname,
  -- pairs of columns, the operator the key compares them with, and the collation it does so under where the two differ
  (
    select pg_catalog.json_agg(
      pg_catalog.json_build_array(child.attname, parent.attname, 'operator(' || pg_catalog.quote_ident(pn.nspname) || '.' || p.oprname || ')',
        coalesce(' collate ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname), ''))
      order by k.n
    )
    from rows from (pg_catalog.unnest(o.conkey), pg_catalog.unnest(o.confkey), pg_catalog.unnest(o.conpfeqop)) with ordinality as k (child, parent, operator, n)
    join pg_catalog.pg_attribute child on child.attrelid = o.conrelid and child.attnum = k.child
    join pg_catalog.pg_attribute parent on parent.attrelid = o.confrelid and parent.attnum = k.parent
    join pg_catalog.pg_operator p on p.oid = k.operator
    join pg_catalog.pg_namespace pn on pn.oid = p.oprnamespace
    left join pg_catalog.pg_collation co on co.oid = parent.attcollation and parent.attcollation <> child.attcollation and child.attcollation <> 0
    left join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
  ),
  -- can be made again: we may refer to the other table; periods (PostgreSQL 18) are compared otherwise and stay
  o.conparentid = 0
    and pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')
    and (pg_catalog.has_table_privilege(c.oid, 'REFERENCES') or pg_catalog.pg_has_role(c.relowner, 'USAGE'))
    and coalesce((pg_catalog.to_jsonb(o) ->> 'conperiod')::pg_catalog.bool, false) = false
    and c.relkind = 'r'
from pg_catalog.pg_constraint o
join pg_catalog.pg_class c on c.oid = o.confrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where o.contype = 'f'
  and o.conrelid = any ($1::oid[])
  and not exists (select from pg_catalog.pg_constraint p where p.oid = o.conparentid and p.conrelid = o.conrelid)
order by o.conrelid, o.conname
