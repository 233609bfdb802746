-- Which conditions do the tables check? Those of domains count as checks of the columns' types and are not listed.
-- $1: oids of relations
select
  n.nspname,
  c.relname,
  o.conname,
  pg_catalog.pg_get_expr(o.conbin, o.conrelid)
from pg_catalog.pg_constraint o
join pg_catalog.pg_class c on c.oid = o.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where o.contype = 'c'
  and o.conrelid = any ($1::oid[])
order by n.nspname, c.relname, o.conname
