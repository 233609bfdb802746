-- How is a column compared, and what is its type without a limit on length? A cast to varchar(5) cuts, a store into it refuses.
-- $1: schema, $2: table, $3: column
with recursive base (oid, depth) as (
  select a.atttypid, 0
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = $2 and a.attname = $3 and a.attnum > 0 and not a.attisdropped
  union all
  select t.typbasetype, b.depth + 1
  from base b
  join pg_catalog.pg_type t on t.oid = b.oid
  where t.typtype = 'd'
)
select
  pg_catalog.format_type(b.oid, -1),
  coalesce(
    (
      select 'operator(' || pg_catalog.quote_ident(n.nspname) || '.' || p.oprname || ')'
      from pg_catalog.pg_opclass c
      join pg_catalog.pg_am m on m.oid = c.opcmethod and m.amname = 'btree'
      join pg_catalog.pg_amop o
        on o.amopfamily = c.opcfamily and o.amoplefttype = b.oid and o.amoprighttype = b.oid and o.amopstrategy = 3
      join pg_catalog.pg_operator p on p.oid = o.amopopr
      join pg_catalog.pg_namespace n on n.oid = p.oprnamespace
      where c.opcdefault and c.opcintype = b.oid
    ),
    'operator(pg_catalog.=)'
  )
from base b
order by b.depth desc
limit 1
