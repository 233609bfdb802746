-- Who are we here, and may we write at all?
select
  d.oid,
  current_user,
  r.rolsuper,
  r.rolbypassrls,
  -- the ledger's schema may be there already, made for this role or by it
  case
    when pg_catalog.to_regnamespace('rehouse') is null then pg_catalog.has_database_privilege(d.oid, 'CREATE')
    else pg_catalog.has_schema_privilege('rehouse', 'CREATE')
  end,
  pg_catalog.pg_is_in_recovery() or pg_catalog.current_setting('transaction_read_only') = 'on'
from pg_catalog.pg_database d
join pg_catalog.pg_roles r on r.rolname = current_user
where d.datname = pg_catalog.current_database()
