-- Which relations are there?
-- $1: JSON array of [schema, name]; null = all of the user's own: no system schema, no ledger, no partition (its parent delivers it),
--     nothing that belongs to an extension, except the tables an extension keeps the user's data in.
select
  c.oid,
  n.nspname,
  c.relname,
  c.relkind,
  -- -1 = never analysed
  c.reltuples::bigint,
  -- rows may be hidden from this role
  pg_catalog.row_security_active(c.oid)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname not like 'pg\_%'
  and n.nspname not in ('information_schema', 'rehouse')
  and case
    when $1::json is null then
      not c.relispartition
      and not exists (
        select
        from pg_catalog.pg_depend d
        join pg_catalog.pg_extension e on e.oid = d.refobjid
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
          and d.objid = c.oid
          and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
          and d.deptype = 'e'
          and c.oid <> all (coalesce(e.extconfig, '{}'))
      )
    else exists (
      select
      from pg_catalog.json_array_elements($1::json) as wanted
      where wanted ->> 0 = n.nspname and wanted ->> 1 = c.relname
    )
  end
order by n.nspname, c.relname
