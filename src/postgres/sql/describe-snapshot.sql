-- Which moment does this transaction see, and was nobody else writing at that moment?
-- Run as the first statement of a repeatable read transaction.
select
  pg_catalog.pg_export_snapshot(),
  d.oid,
  case
    when pg_catalog.pg_is_in_recovery() then 'standby'
    else pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8)
  end,
  -- a server that crashed may give a transaction number again: a new start is a new count
  extract(epoch from pg_catalog.pg_postmaster_start_time()),
  pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()),
  pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()) = pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
    -- what a foreign table holds changes without this server's transaction numbers
    and not exists (select from pg_catalog.pg_foreign_table)
from pg_catalog.pg_database d
where d.datname = pg_catalog.current_database()
