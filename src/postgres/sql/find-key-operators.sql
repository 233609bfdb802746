-- Which operators compare values of these types in the order ORDER BY gives them? Only types that have an order of their own.
-- $1: oids of types
select
  c.opcintype,
  -- 3 equal, 5 greater
  o.amopstrategy,
  'operator(' || pg_catalog.quote_ident(n.nspname) || '.' || p.oprname || ')'
from pg_catalog.pg_opclass c
join pg_catalog.pg_am m on m.oid = c.opcmethod and m.amname = 'btree'
join pg_catalog.pg_amop o on o.amopfamily = c.opcfamily and o.amoplefttype = c.opcintype and o.amoprighttype = c.opcintype
join pg_catalog.pg_operator p on p.oid = o.amopopr
join pg_catalog.pg_namespace n on n.oid = p.oprnamespace
where c.opcdefault
  and c.opcintype = any ($1::oid[])
  and o.amopstrategy in (3, 5)
