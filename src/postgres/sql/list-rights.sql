-- What may this role do with each relation, and what kind of table is it?
-- $1: oids of relations
select
  c.oid,
  pg_catalog.pg_get_userbyid(c.relowner),
  pg_catalog.pg_has_role(c.relowner, 'USAGE'),
  pg_catalog.row_security_active(c.oid),
  c.relrowsecurity,
  c.relforcerowsecurity,
  pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') and pg_catalog.has_any_column_privilege(c.oid, 'INSERT'),
  pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') and pg_catalog.has_table_privilege(c.oid, 'SELECT'),
  pg_catalog.has_schema_privilege(c.relnamespace, 'CREATE'),
  -- a plain table that stands alone: no partition, no inheritance, no row type, not temporary or unlogged
  c.relkind = 'r'
    and c.relpersistence = 'p'
    and not c.relispartition
    and c.reloftype = 0
    and not exists (select from pg_catalog.pg_inherits h where c.oid in (h.inhrelid, h.inhparent))
from pg_catalog.pg_class c
where c.oid = any ($1::oid[])
order by c.oid
