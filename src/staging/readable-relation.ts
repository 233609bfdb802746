import { familyOf } from '../cast/sql-family.ts'
import type { Relation } from '../model/catalogue.ts'
import { qualifiedName, quoteName } from '../postgres/quote.ts'
import { STAGING_SCHEMA, type StagedShape, stagedRelation } from './staged-shape.ts'

type StagedColumn = StagedShape['columns'][number]

/**
 * The staged table as SQL can look into it: texts and SQL Server’s times, which lie there as bytes, are what they say. Bytes that are no text of PostgreSQL, and times finer than a microsecond, are NULL.
 * Everything else lies there as it is. For sums only: nothing is decoded that is not asked for.
 */
export function readableRelation(shape: StagedShape): Relation {
  const relation = stagedRelation(shape)
  const items = shape.columns.map(column => `${readable(column)} as ${quoteName(column.name)}`).join(', ')
  // Nothing is evaluated once for each sum: OFFSET keeps the select from being merged into the one around it, and columns nobody reads are left out all the same.
  const sql = `select ${items} from ${qualifiedName({ schema: STAGING_SCHEMA, name: shape.table })} offset 0`
  return { ...relation, kind: 'view', query: { sql, reads: [{ schema: STAGING_SCHEMA, name: shape.table }] } }
}

function readable({ of, name, type }: StagedColumn): string {
  const column = quoteName(name)
  if (type.name !== 'bytea') return column
  switch (familyOf(of.type)) {
    case 'text':
    case 'enum':
      return decoded(column)
    case 'bpchar':
      return `${decoded(column)}::pg_catalog.bpchar`
    case 'datetime2':
      return instant(column, 'timestamp')
    case 'datetimeoffset':
      return instant(column, 'timestamptz')
    case 'tick_time':
      return `${instant(column, 'timestamp')}::pg_catalog.time`
    default:
      return column
  }
}

/** What UTF-8 may be, in Latin-1, where every byte but 0 is a character of its own. */
const MORE = '[\\u0080-\\u00bf]'
const UTF8 = [
  '[\\u0001-\\u007f]',
  `[\\u00c2-\\u00df]${MORE}`,
  `\\u00e0[\\u00a0-\\u00bf]${MORE}`,
  `[\\u00e1-\\u00ec\\u00ee\\u00ef]${MORE}{2}`,
  `\\u00ed[\\u0080-\\u009f]${MORE}`,
  `\\u00f0[\\u0090-\\u00bf]${MORE}{2}`,
  `[\\u00f1-\\u00f3]${MORE}{3}`,
  `\\u00f4[\\u0080-\\u008f]${MORE}{2}`,
].join('|')

function decoded(column: string): string {
  const hasNul = `pg_catalog.position(${column}, '\\x00'::pg_catalog.bytea) > 0`
  const isUtf8 = `pg_catalog.convert_from(${column}, 'LATIN1') collate "C" ~ '^(?:${UTF8})*$'`
  return `(case when ${hasNul} then null when ${isUtf8} then pg_catalog.convert_from(${column}, 'UTF8') end)`
}

const DAY_TICKS = '864000000000'

/** From the 100 ns since 2000-01-01 (of a time since midnight) in the first eight bytes. Whole days apart: a product with a float would not be exact. */
function instant(column: string, type: 'timestamp' | 'timestamptz'): string {
  const hex = `pg_catalog.encode(pg_catalog.substr(${column}, 1, 8), 'hex')`
  const ticks = `('x' || ${hex})::pg_catalog.bit(64)::pg_catalog.int8`
  const rest = `((t % ${DAY_TICKS} + ${DAY_TICKS}) % ${DAY_TICKS})`
  const zone = type === 'timestamptz' ? `pg_catalog.timezone('UTC', ` : '('
  const days = `pg_catalog.make_interval(days => ((t - ${rest}) / ${DAY_TICKS})::pg_catalog.int4)`
  const moment = `timestamp '2000-01-01' + ${days} + (${rest} / 10) * interval '1 microsecond'`
  return `(select case when t % 10 = 0 then ${zone}${moment}) end from (select ${ticks} as t) as ticks)`
}
