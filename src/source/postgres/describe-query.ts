import { parseTypeName } from '../../cast/type-name.ts'
import { RehouseError } from '../../errors.ts'
import type { Column, Relation } from '../../model/catalogue.ts'
import { VIEWS } from '../../model/mapping.ts'
import { selectReads, viewRefused } from '../../postgres/select-reads.ts'
import type { Session } from '../../postgres/session.ts'

export interface Query {
  readonly name: string
  readonly sql: string
  readonly key: readonly string[]
}

const TYPE_NAMES = `select pg_catalog.format_type(t.oid, t.modifier) from unnest($1::pg_catalog.oid[], $2::pg_catalog.int4[]) with ordinality as t (oid, modifier, n) order by n`

/** What a query gives, as a relation. Any of its columns may be NULL, and nothing says that its key is unique. Throws SOURCE_REFUSED for what PostgreSQL will not run, and for types of the user's own. */
export async function describeQuery(session: Session, { name, sql, key }: Query): Promise<Relation> {
  const { tables, recurses } = await selectReads({ name, sql })
  const fields = await session.describe(sql)
  const { rows } = await session.query(TYPE_NAMES, [fields.map(field => String(field.oid)), fields.map(field => String(field.modifier))])
  const columns = fields.map((field, i) => columnOf(field.name, String(rows[i]?.[0]), name))
  const lacking = key.find(part => !columns.some(column => column.name === part))
  if (lacking !== undefined)
    throw viewRefused(name, {
      expected: `a column ${lacking} for its key`,
      got: `columns ${columns.map(column => column.name).join(', ')}`,
    })
  return {
    schema: VIEWS,
    name,
    kind: 'view',
    columns,
    primaryKey: key,
    uniqueKeys: [],
    foreignKeys: [],
    estimatedRows: null,
    query: { sql, reads: tables, ...(recurses ? { recurses } : {}) },
  }
}

function columnOf(name: string, typeName: string, view: string): Column {
  try {
    const type = parseTypeName(typeName)
    return { name, type, isNullable: true, hasDefault: false, generated: 'no', collation: null }
  } catch (error) {
    if (!(error instanceof RehouseError)) throw error
    throw viewRefused(view, { expected: `a built-in type of its column ${name}`, got: typeName })
  }
}
