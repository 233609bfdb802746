import { unreachable } from '../errors.ts'
import type { Measure, MeasuredValue } from '../model/measure.ts'
import { quoteLiteral, quoteName } from './quote.ts'

/** One select item for each measure, in order, as text. Exact: numbers are summed as numeric, so that the order of rows does not matter. Pure. */
export function measureItems(measures: readonly Measure[]): string {
  return measures.map(measure => `(${aggregate(measure)})::pg_catalog.text`).join(', ')
}

function aggregate(measure: Measure): string {
  if (measure.as === 'rows') return 'pg_catalog.count(*)'
  if (measure.as === 'row') return `pg_catalog.sum(${hashed(measure.parts ?? [])})`
  if (measure.of === 'count') return `pg_catalog.count(${quoteName(measure.column)})`
  // Trailing zeros say nothing of a number: 1.50 = 1.5.
  const value = `pg_catalog.${measure.of}(${measured(measure)})`
  return `case when ${value} = 'Infinity' or ${value} = '-Infinity' or ${value} = 'NaN' then ${value} else pg_catalog.trim_scale(${value}) end`
}

function measured({ column, as, zone }: Pick<Measure, 'column' | 'as' | 'zone'>): string {
  const name = quoteName(column)
  switch (as) {
    case 'number':
      return `${name}::pg_catalog.numeric`
    case 'flag':
      return `${name}::pg_catalog.int4::pg_catalog.numeric`
    case 'length':
      return `pg_catalog.length(${name}::pg_catalog.text)::pg_catalog.numeric`
    case 'bytes':
      return `pg_catalog.octet_length(${name})::pg_catalog.numeric`
    case 'moment':
      return `extract(epoch from ${zone === null ? name : `(${name} at time zone ${quoteLiteral(zone)})`})::pg_catalog.numeric`
    case 'rows':
    case 'row':
    case 'presence':
      return '0::pg_catalog.numeric'
    default:
      return unreachable(as)
  }
}

/** The first 64 bits of a hash of the parts, quoted, so that no two rows give one text, and in UTF-8, whatever the encoding of the server. */
function hashed(parts: readonly MeasuredValue[]): string {
  const text = parts.map(part => `pg_catalog.quote_nullable(${textOf(part)})`).join(` || ',' || `)
  const digest = `pg_catalog.sha256(pg_catalog.convert_to(${text}, 'UTF8'))`
  return `('x' || pg_catalog.encode(pg_catalog.substr(${digest}, 1, 8), 'hex'))::pg_catalog.bit(64)::pg_catalog.int8`
}

function textOf({ column, as, zone }: MeasuredValue): string {
  if (as === 'text') return `${quoteName(column)}::pg_catalog.text`
  if (as === 'bytes') return `pg_catalog.encode(${quoteName(column)}, 'hex')`
  return `pg_catalog.trim_scale(${measured({ column, as, zone })})::pg_catalog.text`
}
