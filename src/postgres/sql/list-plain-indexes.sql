-- Which indexes are no plain unique keys? Columns only for B-trees over columns in their usual order.
-- $1: oids of relations
select
  n.nspname,
  r.relname,
  c.relname,
  case
    when i.indexprs is null and m.amname = 'btree'
      and not exists (
        select
        from pg_catalog.unnest(i.indclass::oid[]) as k (opclass)
        join pg_catalog.pg_opclass oc on oc.oid = k.opclass
        where not oc.opcdefault
      )
    then (
      select pg_catalog.json_agg(a.attname order by k.n)
      from pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality as k (attnum, n)
      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
      where k.n <= i.indnkeyatts
    )
  end,
  i.indisunique,
  pg_catalog.pg_get_expr(i.indpred, i.indrelid)
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_am m on m.oid = c.relam
join pg_catalog.pg_class r on r.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = r.relnamespace
where i.indrelid = any ($1::oid[])
  and (not i.indisunique or i.indpred is not null or i.indexprs is not null)
order by n.nspname, r.relname, c.relname
