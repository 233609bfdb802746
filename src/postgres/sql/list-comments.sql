-- What do people say of tables and columns?
-- $1: oids of relations
select
  n.nspname,
  c.relname,
  a.attname,
  d.description
from pg_catalog.pg_description d
join pg_catalog.pg_class c on c.oid = d.objoid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0
where d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
  and d.objoid = any ($1::oid[])
  and (d.objsubid = 0 or not a.attisdropped)
order by n.nspname, c.relname, d.objsubid
