import { unreachable } from '../errors.ts'
import type { Measure, MeasuredValue, Sql } from '../model/measure.ts'
import { quoteLiteral, quoteName } from './quote.ts'
import { ownRowHash } from './row-hash.ts'

/**
 * A select of one row: a text for each measure, in order. Exact: numbers are summed as numeric or as whole numbers, so that the order of rows does not matter.
 * `from`: what follows `from`, with its conditions. Pure.
 */
export function measureStatement(measures: readonly Measure[], from: string): string {
  // What several sums need of a row is computed once: the offset keeps the planner from copying it into each.
  const values = new Map<string, string>()
  const nameOf = (expression: string): string => {
    const name = values.get(expression) ?? `v${values.size}`
    values.set(expression, name)
    return name
  }
  const items = measures.map(measure => `(${aggregate(measure, nameOf)})::pg_catalog.text`)
  const selected = [...values].map(([expression, name]) => `${expression} as ${name}`)
  return `select ${items.join(', ')} from (select ${selected.join(', ')} from ${from} offset 0) as measured`
}

function aggregate(measure: Measure, nameOf: (expression: string) => string): string {
  const { as, of } = measure
  if (as === 'rows') return 'pg_catalog.count(*)'
  if (as === 'row') return `pg_catalog.sum(${nameOf(hashed(measure))})`
  if (of === 'count') return `pg_catalog.count(${nameOf(valueText(measure))})`
  const value = nameOf(measured(measure))
  if (as === 'integer' && of === 'sum') return `pg_catalog.sum(${value}::pg_catalog.int8)`
  if (as !== 'number' && as !== 'moment') return `pg_catalog.${of}(${value})`
  const result = resultOf(of, { as, value })
  // Trailing zeros say nothing of a number: 1.50 = 1.5.
  return `case when ${result} = 'Infinity' or ${result} = '-Infinity' or ${result} = 'NaN' then ${result} else pg_catalog.trim_scale(${result}) end`
}

/** The smallest of moments is looked for among moments, and then only told in seconds. */
function resultOf(of: Measure['of'], { as, value }: { readonly as: 'number' | 'moment'; readonly value: string }): string {
  if (as === 'number') return `pg_catalog.${of}(${value})`
  return of === 'sum' ? `pg_catalog.sum(${seconds(value)})` : seconds(`pg_catalog.${of}(${value})`)
}

/** What is summed up, in a type sums are exact in; of a moment the moment. */
function measured({ as, zone, hash, ...of }: Pick<Measure, 'column' | 'as' | 'zone' | 'value' | 'hash'>): string {
  const name = valueText(of)
  switch (as) {
    case 'number':
      return `${name}::pg_catalog.numeric`
    case 'integer':
    case 'presence':
      return name
    case 'flag':
      return `${name}::pg_catalog.int4`
    case 'length':
      return `pg_catalog.${hash === undefined ? 'length' : 'octet_length'}(${name}::pg_catalog.text)`
    case 'bytes':
      return `pg_catalog.octet_length(${name})`
    case 'moment':
      return zone === null ? name : `(${name} at time zone ${quoteLiteral(zone)})`
    case 'rows':
    case 'row':
      return '0'
    default:
      return unreachable(as)
  }
}

function valueText({ column, value }: Pick<Measure, 'column' | 'value'>): string {
  return value === undefined ? quoteName(column) : `(${sqlText(value)})`
}

/** The pieces put together, columns and literals quoted. Pure. */
export function sqlText(sql: Sql): string {
  return sql
    .map(piece => (typeof piece === 'string' ? piece : 'column' in piece ? quoteName(piece.column) : quoteLiteral(piece.literal)))
    .join('')
}

function seconds(moment: string): string {
  return `extract(epoch from ${moment})::pg_catalog.numeric`
}

function hashed({ parts = [], hash }: Measure): string {
  return hash === undefined ? sha256Of(parts) : ownRowHash(parts.map(part => ({ part, value: partOf(part) })))
}

/** The first 64 bits of a hash of the parts, quoted, so that no two rows give one text, and in UTF-8, whatever the encoding of the server. */
function sha256Of(parts: readonly MeasuredValue[]): string {
  const text = parts.map(part => `pg_catalog.quote_nullable(${textOf(part)})`).join(` || ',' || `)
  const digest = `pg_catalog.sha256(pg_catalog.convert_to(${text}, 'UTF8'))`
  return `('x' || pg_catalog.encode(pg_catalog.substr(${digest}, 1, 8), 'hex'))::pg_catalog.bit(64)::pg_catalog.int8`
}

function textOf(part: MeasuredValue): string {
  const { as } = part
  if (as === 'text' || as === 'bytes') return partOf(part)
  return `pg_catalog.trim_scale(${as === 'moment' ? seconds(partOf(part)) : `${partOf(part)}::pg_catalog.numeric`})::pg_catalog.text`
}

function partOf(part: MeasuredValue): string {
  if (part.as === 'text') return `${valueText(part)}::pg_catalog.text`
  if (part.as === 'bytes') return `pg_catalog.encode(${valueText(part)}, 'hex')`
  return measured({ ...part, as: part.as })
}
