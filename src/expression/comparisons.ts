import { compareCodePoints } from '../base/code-point-order.ts'
import { compareDecimals } from '../base/decimal-text.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import { baseType, kindOf } from './scalar-kind.ts'
import type { Comparison } from './typed-expression.ts'
import { withoutBlanks } from './value-text.ts'

/**
 * How values of a type compare; null for types that have no order here. Text compares by code point whatever the column’s collation is: that is the order and
 * equality of `COLLATE "C"`, the same on every engine.
 */
export function comparisonOf(type: SqlType): Comparison | null {
  switch (kindOf(type)) {
    case 'bool':
    case 'int2':
    case 'int4':
    case 'int8':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'uuid':
      return NATIVE
    case 'float4':
    case 'float8':
      return FLOAT
    case 'numeric':
      return DECIMAL
    case 'text':
    case 'varchar':
      return TEXT
    case 'bpchar':
      return BLANK_PADDED
    case 'enum':
      return byLabel(baseType(type).labels ?? [])
    default:
      return null
  }
}

// The carriers below are fixed by the type (model/value.ts); typing has made both sides the same.

/** Booleans, numbers, bigints, and uuids as lower-case text. */
const NATIVE: Comparison = { isIdentity: true, order: (a, b) => native(a as number, b as number) }

function native(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** NaN equals itself and is above everything; −0 equals 0. */
const FLOAT: Comparison = {
  isIdentity: false,
  order: (a, b) => {
    const [x, y] = [a as number, b as number]
    if (Number.isNaN(x) || Number.isNaN(y)) return native(Number.isNaN(x) ? 1 : 0, Number.isNaN(y) ? 1 : 0)
    return native(x, y)
  },
}

const DECIMAL: Comparison = { isIdentity: false, order: (a, b) => compareDecimals(a as string, b as string) }

const TEXT: Comparison = { isIdentity: true, order: (a, b) => compareCodePoints(a as string, b as string) }

/** Blanks at the end do not count. */
const BLANK_PADDED: Comparison = {
  isIdentity: false,
  order: (a, b) => compareCodePoints(withoutBlanks(a as string), withoutBlanks(b as string)),
}

/** Labels in the order the type declares them. */
function byLabel(labels: readonly string[]): Comparison {
  const places = new Map<Value, number>(labels.map((label, i) => [label, i]))
  return { isIdentity: true, order: (a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0) }
}
