-- Which foreign keys does each relation have? The copies that a partitioned table makes of one are left out.
-- $1: oids of relations
select
  o.oid,
  o.conrelid,
  o.conname,
  (
    select pg_catalog.json_agg(a.attname order by k.n)
    from pg_catalog.unnest(o.conkey) with ordinality as k (attnum, n)
    join pg_catalog.pg_attribute a on a.attrelid = o.conrelid and a.attnum = k.attnum
  ),
  n.nspname,
  c.relname,
  (
    select pg_catalog.json_agg(a.attname order by k.n)
    from pg_catalog.unnest(o.confkey) with ordinality as k (attnum, n)
    join pg_catalog.pg_attribute a on a.attrelid = o.confrelid and a.attnum = k.attnum
  ),
  o.condeferrable,
  o.convalidated,
  -- a: no action, r: restrict, c: cascade, n: set null, d: set default
  o.confdeltype,
  (
    select pg_catalog.json_agg(a.attname order by k.n)
    from pg_catalog.unnest(o.confdelsetcols) with ordinality as k (attnum, n)
    join pg_catalog.pg_attribute a on a.attrelid = o.conrelid and a.attnum = k.attnum
  )
from pg_catalog.pg_constraint o
join pg_catalog.pg_class c on c.oid = o.confrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where o.contype = 'f'
  and o.conrelid = any ($1::oid[])
  and not exists (select from pg_catalog.pg_constraint p where p.oid = o.conparentid and p.conrelid = o.conrelid)
order by o.conrelid, o.conname
