import type { Session } from '../src/postgres/session.ts'
import type {
  ColumnDescription,
  FieldRow,
  FieldValue,
  ForeignKeyDescription,
  TableDescription,
} from '../test/support/bacpac/database-description.ts'
import { type Written, writeBacpac } from '../test/support/bacpac/write-bacpac.ts'

/**
 * Hands a legacy database over as the file SQL Server's export would write: its tables of schema `dbo`, in SQL Server's types, one data file for so many rows, in no
 * particular order. The same rows give the same bytes.
 */
export async function handOver(session: Session, file: { readonly path: string; readonly database: string }): Promise<Written> {
  const tables = await readTables(session)
  const rows = new Map<string, readonly FieldRow[]>()
  for (const table of tables) rows.set(table.name, await readRows(session, table))
  const description = { name: file.database, tables, aliases: ALIASES }
  return writeBacpac(file.path, description, table => rows.get(table.name) ?? [], { fileRows: FILE_ROWS, shuffle: 1, zip: { level: 1 } })
}

const FILE_ROWS = 5000
/** `create type dbo.Phone from nvarchar(40)`, as old databases have them. */
const ALIASES = { 'dbo.Phone': 'nvarchar(40)' }

/** What stands for a type of SQL Server in the database the export is made from, and its value as the writer takes it. */
const TYPES: Readonly<Record<string, readonly [type: string, text: (column: string) => string]>> = {
  integer: ['int', column => column],
  boolean: ['bit', column => `${column}::int`],
  text: ['nvarchar(max)', column => column],
  uuid: ['uniqueidentifier', column => column],
  bytea: ['varbinary(max)', column => `encode(${column}, 'hex')`],
  'timestamp(3) without time zone': ['datetime', column => `to_char(${column}, 'YYYY-MM-DD HH24:MI:SS.MS')`],
  'timestamp(0) without time zone': ['smalldatetime', column => `to_char(${column}, 'YYYY-MM-DD HH24:MI:SS')`],
}
const SIZED: readonly (readonly [RegExp, string])[] = [
  [/^character varying\((\d+)\)$/, 'nvarchar($1)'],
  [/^character\((\d+)\)$/, 'char($1)'],
  [/^numeric\((\d+),(\d+)\)$/, 'decimal($1,$2)'],
]
/** Columns whose type the other database has no word for. */
const SPECIAL: Readonly<Record<string, string>> = {
  'Assessment.MaxScore': 'money',
  'Student.Guardian1Phone': 'dbo.Phone',
  'Student.Guardian2Phone': 'dbo.Phone',
}

function serverType(table: string, column: string, type: string): string {
  const special = SPECIAL[`${table}.${column}`] ?? TYPES[type]?.[0]
  if (special !== undefined) return special
  const sized = SIZED.find(([pattern]) => pattern.test(type))
  if (!sized) throw new TypeError(`expected a type the districts have, got ${type} of ${table}.${column}`)
  return type.replace(...sized)
}

const TABLES = `
  select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity <> ''
  from pg_class c join pg_attribute a on a.attrelid = c.oid
  where c.relnamespace = 'dbo'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
  order by c.relname collate "C", a.attnum`
const KEYS = `
  select c.relname, k.conname, k.contype, ${columnNames('k.conrelid', 'k.conkey')}, f.relname, ${columnNames('k.confrelid', 'k.confkey')}
  from pg_constraint k join pg_class c on c.oid = k.conrelid left join pg_class f on f.oid = k.confrelid
  where c.relnamespace = 'dbo'::regnamespace and k.contype in ('p', 'u', 'f')
  order by c.relname collate "C", k.conname collate "C"`

function columnNames(relation: string, numbers: string): string {
  return `(select string_agg(a.attname, ',' order by n.place) from unnest(${numbers}) with ordinality n (attnum, place) join pg_attribute a on a.attrelid = ${relation} and a.attnum = n.attnum)`
}

type KeyRow = readonly (string | null)[]

async function readTables(session: Session): Promise<readonly TableDescription[]> {
  const columns = (await session.query(TABLES)).rows
  const keys = (await session.query(KEYS)).rows
  const names = [...new Set(columns.map(([table]) => table ?? ''))]
  return names.map(name => {
    const ofTable = keys.filter(([table]) => table === name)
    const [primary] = ofTable.filter(([, , kind]) => kind === 'p').map(keyOf)
    return {
      name,
      columns: columns.filter(([table]) => table === name).map(columnOf),
      ...(primary ? { primaryKey: primary } : {}),
      uniqueKeys: ofTable.filter(([, , kind]) => kind === 'u').map(keyOf),
      foreignKeys: ofTable.filter(([, , kind]) => kind === 'f').map(foreignKeyOf),
    }
  })
}

function columnOf([table, name, type, isNotNull, isIdentity]: KeyRow): ColumnDescription {
  return {
    name: name ?? '',
    type: serverType(table ?? '', name ?? '', type ?? ''),
    ...(isNotNull === 't' ? { nullable: false as const } : {}),
    ...(isIdentity === 't' ? { identity: [1n, 1n] as const } : {}),
  }
}

function keyOf([, name, , columns]: KeyRow): { name: string; columns: readonly string[] } {
  return { name: name ?? '', columns: columns?.split(',') ?? [] }
}

function foreignKeyOf(row: KeyRow): ForeignKeyDescription {
  return { ...keyOf(row), references: { name: row[4] ?? '', columns: row[5]?.split(',') ?? [] } }
}

/** In key order, as SQL Server's export reads a table with a clustered key. */
async function readRows(session: Session, { name, columns, primaryKey }: TableDescription): Promise<readonly FieldRow[]> {
  const types = await session.query(
    `select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'dbo."${name}"'::regclass and attnum > 0 and not attisdropped`,
  )
  const typeOf = new Map(types.rows.map(([column, type]) => [column, type ?? '']))
  const selected = columns.map(column => (TYPES[typeOf.get(column.name) ?? '']?.[1] ?? (text => text))(`"${column.name}"`))
  const order = primaryKey ? primaryKey.columns.map(column => `"${column}"`).join(', ') : 'ctid'
  const { rows } = await session.query(`select ${selected.join(', ')} from dbo."${name}" order by ${order}`)
  const isBinary = columns.map(column => column.type.startsWith('varbinary'))
  return rows.map(row => row.map((value, i): FieldValue => (value !== null && isBinary[i] ? Buffer.from(value, 'hex') : value)))
}
