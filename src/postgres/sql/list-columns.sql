-- Which columns does each relation have?
-- $1: oids of relations
select
  a.attrelid,
  a.attname,
  a.atttypid,
  a.atttypmod,
  pg_catalog.format_type(a.atttypid, a.atttypmod),
  a.attnotnull,
  a.atthasdef or t.typdefault is not null,
  -- '' | s(tored) | v(irtual, PostgreSQL 18)
  a.attgenerated,
  -- '' | a(lways) | d (by default)
  a.attidentity,
  o.collname,
  o.collisdeterministic,
  pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') and pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_collation o on o.oid = a.attcollation
where a.attrelid = any ($1::oid[])
  and a.attnum > 0
  and not a.attisdropped
order by a.attrelid, a.attnum
