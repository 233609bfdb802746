-- What lives beside tables that somebody made? Nothing of an extension, nothing of the server's own.
with own (oid) as (
  select n.oid
  from pg_catalog.pg_namespace n
  where n.nspname not like 'pg\_%' and n.nspname not in ('information_schema', 'rehouse')
),
made (kind, schema, name, oid, class) as (
  select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window function' else 'function' end, p.pronamespace, p.proname, p.oid, 'pg_catalog.pg_proc'::pg_catalog.regclass
  from pg_catalog.pg_proc p
  union all
  select 'trigger', c.relnamespace, t.tgname || ' on ' || c.relname, t.oid, 'pg_catalog.pg_trigger'::pg_catalog.regclass
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_class c on c.oid = t.tgrelid
  where not t.tgisinternal
  union all
  select 'rule', c.relnamespace, r.rulename || ' on ' || c.relname, r.oid, 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  from pg_catalog.pg_rewrite r
  join pg_catalog.pg_class c on c.oid = r.ev_class
  where r.rulename <> '_RETURN'
  union all
  select 'policy', c.relnamespace, p.polname || ' on ' || c.relname, p.oid, 'pg_catalog.pg_policy'::pg_catalog.regclass
  from pg_catalog.pg_policy p
  join pg_catalog.pg_class c on c.oid = p.polrelid
  union all
  select 'exclusion constraint', o.connamespace, o.conname, o.oid, 'pg_catalog.pg_constraint'::pg_catalog.regclass
  from pg_catalog.pg_constraint o
  where o.contype = 'x'
  union all
  select 'domain', t.typnamespace, t.typname, t.oid, 'pg_catalog.pg_type'::pg_catalog.regclass
  from pg_catalog.pg_type t
  where t.typtype = 'd'
  union all
  -- Those that number a column are part of it.
  select 'sequence', c.relnamespace, c.relname, c.oid, 'pg_catalog.pg_class'::pg_catalog.regclass
  from pg_catalog.pg_class c
  where c.relkind = 'S'
    and not exists (
      select
      from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype in ('a', 'i') and d.refobjsubid > 0
    )
)
select m.kind, n.nspname, m.name
from made m
join own on own.oid = m.schema
join pg_catalog.pg_namespace n on n.oid = m.schema
where not exists (
  select
  from pg_catalog.pg_depend d
  where d.classid = m.class and d.objid = m.oid and d.deptype = 'e'
)
order by m.kind, n.nspname, m.name
