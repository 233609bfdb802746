import { sql } from './postgres.ts'

/** What a schema holds, as lines that read well in a diff: the same on every server version. */
export async function describeSchema(url: string, schema: string): Promise<string> {
  const sections = await Promise.all(QUERIES.map(query => sql(url, query, [schema])))
  return `${sections.map(rows => rows.map(row => row.join('  ').trimEnd()).join('\n')).join('\n\n')}\n`
}

const COLUMNS = `select case c.relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end, c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod),
    concat_ws(' ', case when a.attnotnull then 'not null' end, case when a.attcollation not in (0, 100) then 'collate ' || l.collname end,
      case a.attidentity when 'a' then 'identity' end, 'default ' || pg_get_expr(d.adbin, d.adrelid))
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_collation l on l.oid = a.attcollation left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'v') order by c.relkind, c.relname collate "C", a.attnum`

const CONSTRAINTS = `select 'constraint', r.relname || '.' || c.conname, pg_get_constraintdef(c.oid)
  from pg_constraint c join pg_class r on r.oid = c.conrelid
  where c.connamespace = $1::regnamespace and c.contype in ('p', 'u', 'c', 'f') order by r.relname collate "C", c.conname collate "C"`

const INDEXES = `select 'index', replace(pg_get_indexdef(i.indexrelid), 'CREATE ', '')
  from pg_index i join pg_class c on c.oid = i.indrelid join pg_class x on x.oid = i.indexrelid
  where c.relnamespace = $1::regnamespace and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))
  order by x.relname collate "C"`

const OTHERS = `select 'function', p.oid::regprocedure::text, 'returns ' || format_type(p.prorettype, null) from pg_proc p where p.pronamespace = $1::regnamespace
  union all select 'sequence', relname, '' from pg_class where relnamespace = $1::regnamespace and relkind = 'S' order by 1, 2`

const QUERIES = [COLUMNS, CONSTRAINTS, INDEXES, OTHERS]
