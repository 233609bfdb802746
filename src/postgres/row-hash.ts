import type { MeasuredValue } from '../model/measure.ts'

/**
 * Names the server’s own hash functions by what they give for fixed values, and the encoding they see texts in: two servers with one name hash equal values alike,
 * whatever their versions and byte orders.
 */
export const NAME_ROW_HASH = `select pg_catalog.concat_ws('/', 'postgres', pg_catalog.getdatabaseencoding(),
  pg_catalog.hashtextextended('expected, and found' collate "C", 7), pg_catalog.hash_numeric_extended(-1203.450, 7),
  pg_catalog.hashint8extended(-81985529216486896, 7), pg_catalog.hashint4extended(2, 7), pg_catalog.hashfloat8extended(-1.25, 7))`

/** What stands for NULL. No real value is likely to be it, and the count of values beside the sum tells them apart. */
const NO_INTEGER = '(-7046029254386353131)::pg_catalog.int8'
const NO_TEXT = `'\x7f no value \x7f'::pg_catalog.text`

/**
 * 64 bits of the parts in the server’s own hash functions, each the seed of the next, so that nothing but the same values in the same order gives the same. Ten times
 * cheaper than SHA-256 of their texts. Against accidents, not against an adversary.
 */
export function ownRowHash(parts: readonly { readonly part: MeasuredValue; readonly value: string }[]): string {
  const chain = parts.reduce((seed, { part, value }) => chained(part.as, value, seed), '1::pg_catalog.int8')
  // Of numbers and moments the last bits are only put beside the rest; the sum over rows must not see those apart.
  const last = parts.at(-1)?.part.as
  return last === 'number' || last === 'moment' ? `pg_catalog.hashint8extended(1, ${chain})` : chain
}

/** `value`: of a number or flag a value of that kind, of a moment something `date_part` takes, of everything else a text. */
function chained(as: MeasuredValue['as'], value: string, seed: string): string {
  switch (as) {
    case 'integer': {
      // The function folds the two halves onto each other: the upper one is hashed by itself as well.
      const own = `coalesce(${value}::pg_catalog.int8, ${NO_INTEGER})`
      return `pg_catalog.hashint8extended(${own}, pg_catalog.hashint8extended(${own} >> 32, ${seed}))`
    }
    case 'flag':
      return `pg_catalog.hashint4extended(coalesce(${value}::pg_catalog.int4, 2), ${seed})`
    case 'number': {
      // The function leaves the sign out, and gives the seed for NaN as for infinity.
      const sign = `coalesce((${value} < 0)::pg_catalog.int4 + 3 * (${value} = 'NaN')::pg_catalog.int4, 2)`
      return `pg_catalog.hash_numeric_extended(coalesce(${value}, 'NaN'), pg_catalog.hashint4extended(${sign}, ${seed}))`
    }
    case 'moment': {
      // The function gives the seed for 0: the first instant must count in its place all the same.
      const own = `pg_catalog.hashint4extended((${value} is null)::pg_catalog.int4, ${seed})`
      return `pg_catalog.hashfloat8extended(coalesce(pg_catalog.date_part('epoch', ${value}), 'NaN'), ${own})`
    }
    default:
      return `pg_catalog.hashtextextended(coalesce(${value}, ${NO_TEXT}) collate "C", ${seed})`
  }
}
