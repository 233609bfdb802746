-- Could this login change anything here? A table it may write to, or all of them.
select
  d.oid,
  not pg_catalog.pg_is_in_recovery()
  and (
    r.rolsuper
    or exists (
      select
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'f')
        and n.nspname not like 'pg\_%'
        and n.nspname <> 'information_schema'
        and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        and (
          pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
          or pg_catalog.has_any_column_privilege(c.oid, 'INSERT, UPDATE')
        )
    )
  )
from pg_catalog.pg_database d
join pg_catalog.pg_roles r on r.rolname = current_user
where d.datname = pg_catalog.current_database()
