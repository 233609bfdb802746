-- Which sequences feed integer columns of these tables, as identity, by ownership or by default?
-- $1: JSON array of [schema, name]
select distinct
  n.nspname,
  c.relname,
  a.attname,
  sn.nspname,
  s.relname
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.json_array_elements($1::json) as wanted on wanted ->> 0 = n.nspname and wanted ->> 1 = c.relname
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_attrdef f on f.adrelid = c.oid and f.adnum = a.attnum
join pg_catalog.pg_depend d
  on (
    d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and d.refobjid = c.oid
    and d.refobjsubid = a.attnum
    and d.deptype in ('a', 'i')
  ) or (
    d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
    and d.objid = f.oid
    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  )
join pg_catalog.pg_class s
  on s.relkind = 'S' and s.oid = case when d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass then d.objid else d.refobjid end
join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace
where a.atttypid in ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype, 'pg_catalog.int8'::pg_catalog.regtype)
order by 4, 5, 1, 2, 3
