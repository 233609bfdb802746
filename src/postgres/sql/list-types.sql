-- Which types do the columns have, and the types those are made of?
-- $1: oids of relations
with recursive used (oid) as (
  select a.atttypid
  from pg_catalog.pg_attribute a
  where a.attrelid = any ($1::oid[])
    and a.attnum > 0
    and not a.attisdropped
  union
  select part.oid
  from used u
  join pg_catalog.pg_type t on t.oid = u.oid
  left join pg_catalog.pg_range r on r.rngtypid = t.oid or r.rngmultitypid = t.oid
  cross join lateral (
    select t.typelem where t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
    union all
    select t.typbasetype where t.typtype = 'd'
    union all
    select r.rngsubtype where r.rngsubtype is not null
    union all
    select a.atttypid
    from pg_catalog.pg_attribute a
    where a.attrelid = t.typrelid and t.typtype = 'c' and a.attnum > 0 and not a.attisdropped
  ) as part (oid)
)
select
  t.oid,
  n.nspname,
  t.typname,
  case
    when t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc then 'array'
    when t.typtype = 'e' then 'enum'
    when t.typtype = 'd' then 'domain'
    when t.typtype = 'c' then 'composite'
    when t.typtype = 'r' then 'range'
    when t.typtype = 'm' then 'multirange'
    else 'base'
  end,
  t.typnotnull,
  -- array: its element; domain: the type under it; range, multirange: the subtype
  coalesce(r.rngsubtype, nullif(t.typbasetype, 0), nullif(t.typelem, 0)),
  case when t.typtype = 'd' then t.typtypmod else -1 end,
  case
    when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod)
    when r.rngsubtype is not null then pg_catalog.format_type(r.rngsubtype, null)
  end,
  (select pg_catalog.json_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid),
  (
    select pg_catalog.json_agg(
      pg_catalog.json_build_object(
        'name', a.attname, 'oid', a.atttypid::pg_catalog.text, 'modifier', a.atttypmod, 'text', pg_catalog.format_type(a.atttypid, a.atttypmod)
      )
      order by a.attnum
    )
    from pg_catalog.pg_attribute a
    where a.attrelid = t.typrelid and t.typtype = 'c' and a.attnum > 0 and not a.attisdropped
  )
from used u
join pg_catalog.pg_type t on t.oid = u.oid
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_range r on r.rngtypid = t.oid or r.rngmultitypid = t.oid
order by t.oid
