import { measureStatement, sqlText } from '../../postgres/measures.ts'
import { quoteName } from '../../postgres/quote.ts'
import type { AggregateRequest } from '../source.ts'
import { fromClause } from './read-statements.ts'

/** Aggregates over the rows that are not named, by the text of their keys. One parameter for each key column. Pure. */
export function aggregateStatement({ relation, measures, without, where }: AggregateRequest): {
  readonly text: string
  readonly values: readonly (readonly (string | null)[])[]
} {
  const from = fromClause(relation)
  const wanted = where === undefined ? [] : [`(${sqlText(where)}) is true`]
  if (without.keys.length === 0) return { text: measureStatement(measures, [from, ...wanted].join(' where ')), values: [] }
  const names = without.columns.map((_, i) => `k${i}`)
  const own = without.columns.map(column => `${quoteName(column)}::pg_catalog.text`).join(', ')
  const keys = `select ${names.join(', ')} from unnest(${names.map((_, i) => `$${i + 1}::pg_catalog.text[]`).join(', ')}) as key (${names.join(', ')})`
  const text = measureStatement(measures, `${from} where ${[`(${own}) not in (${keys})`, ...wanted].join(' and ')}`)
  return { text, values: names.map((_, i) => without.keys.map(key => key[i] ?? null)) }
}
