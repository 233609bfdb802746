-- Which columns have a default, and which are computed, by what?
-- $1: oids of relations
select
  n.nspname,
  c.relname,
  a.attname,
  pg_catalog.pg_get_expr(d.adbin, d.adrelid),
  a.attgenerated <> ''
from pg_catalog.pg_attrdef d
join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
join pg_catalog.pg_class c on c.oid = d.adrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where d.adrelid = any ($1::oid[])
  and not a.attisdropped
order by n.nspname, c.relname, a.attnum
