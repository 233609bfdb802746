import { ValueError } from './value-error.ts'

/** Integers that stay in the range of their type, as PostgreSQL’s do: outside it is an error of the row. */

export function asInt2(value: number): number {
  if (value < -32_768 || value > 32_767) throw outside('smallint')
  // 0 * -1 is -0 in JavaScript.
  return value + 0
}

export function asInt4(value: number): number {
  if (value < -2_147_483_648 || value > 2_147_483_647) throw outside('integer')
  return value + 0
}

export function asInt8(value: bigint): bigint {
  if (value < INT8_LEAST || value > INT8_MOST) throw outside('bigint')
  return value
}

const INT8_MOST = 2n ** 63n - 1n
const INT8_LEAST = -(2n ** 63n)

function outside(type: string): ValueError {
  return new ValueError('22003', `expected a value in the range of ${type}, got one outside`)
}
