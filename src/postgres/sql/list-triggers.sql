-- Which triggers did people put on each table? Those of constraints and our own guard are not theirs.
-- $1: oids of relations
select
  t.tgrelid,
  t.tgname,
  -- 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate, 64 instead of
  t.tgtype,
  -- O(rigin), A(lways), R(eplica), D(isabled)
  t.tgenabled
from pg_catalog.pg_trigger t
where t.tgrelid = any ($1::oid[])
  and not t.tgisinternal
  and not exists (
    select
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where p.oid = t.tgfoid and n.nspname = 'rehouse'
  )
order by t.tgrelid, t.tgname
