-- Which CHECK constraints does each table have?
-- $1: oids of relations
select
  o.conrelid,
  o.conname,
  pg_catalog.pg_get_constraintdef(o.oid)
from pg_catalog.pg_constraint o
where o.contype = 'c'
  and o.conrelid = any ($1::oid[])
order by o.conrelid, o.conname
