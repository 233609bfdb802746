import type { SqlType } from '../model/sql-type.ts'
import { numericModifier } from './builtin-types.ts'
import { type CastResult, DONE, LOSSY, REFUSED } from './cast.ts'
import type { NumericValue } from './numeric-value.ts'

/** What `numeric(precision, scale)` does to a value it is given. */
export interface NumericFit {
  readonly precision: number
  readonly scale: number
  /** Rounds as the server does and sets its scale. LOSSY: digits were lost; REFUSED: the value does not fit (an infinity never does). */
  apply(value: NumericValue): CastResult
}

/** Null: the type takes every numeric. */
export function numericFit(type: SqlType): NumericFit | null {
  const limits = numericModifier(type.modifier)
  if (!limits) return null
  const { precision, scale } = limits
  return {
    precision,
    scale,
    apply: value => {
      if (value.isSpecial) return value.isNaN ? DONE : REFUSED
      const isLost = value.round(scale)
      if (!value.isZero && value.wholeDigits > precision - scale) return REFUSED
      return isLost ? LOSSY : DONE
    },
  }
}
