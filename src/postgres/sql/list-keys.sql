-- Which unique indexes does each relation have? Broken ones and exclusion constraints prove nothing and are left out;
-- a primary key WITHOUT OVERLAPS (PostgreSQL 18) is told by its constraint.
-- $1: oids of relations
select
  i.indrelid,
  c.relname,
  (
    select pg_catalog.json_agg(a.attname order by k.n)
    from pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality as k (attnum, n)
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
    where k.n <= i.indnkeyatts
  ),
  i.indisprimary,
  coalesce(o.condeferrable, false),
  i.indnullsnotdistinct,
  i.indpred is not null or i.indexprs is not null
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
left join pg_catalog.pg_constraint o on o.conindid = i.indexrelid and o.conrelid = i.indrelid and o.contype in ('p', 'u', 'x')
where i.indrelid = any ($1::oid[])
  and i.indisvalid
  and i.indislive
  and (i.indisunique or o.contype = 'p')
  and o.contype is distinct from 'x'
order by i.indrelid, i.indisprimary desc, c.relname
