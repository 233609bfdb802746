import { unreachable } from '../errors.ts'
import type { Measure } from '../model/measure.ts'
import { quoteLiteral, quoteName } from './quote.ts'

/** One select item for each measure, in order, as text. Exact: numbers are summed as numeric, so that the order of rows does not matter. Pure. */
export function measureItems(measures: readonly Measure[]): string {
  return measures.map(measure => `(${aggregate(measure)})::pg_catalog.text`).join(', ')
}

function aggregate(measure: Measure): string {
  if (measure.as === 'rows') return 'pg_catalog.count(*)'
  if (measure.of === 'count') return `pg_catalog.count(${quoteName(measure.column)})`
  // Trailing zeros say nothing of a number: 1.50 = 1.5.
  const value = `pg_catalog.${measure.of}(${measured(measure)})`
  return `case when ${value} = 'Infinity' or ${value} = '-Infinity' or ${value} = 'NaN' then ${value} else pg_catalog.trim_scale(${value}) end`
}

function measured({ column, as, zone }: Measure): string {
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
    case 'presence':
      return '0::pg_catalog.numeric'
    default:
      return unreachable(as)
  }
}
