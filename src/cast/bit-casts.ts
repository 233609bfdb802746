import type { SqlType } from '../model/sql-type.ts'
import { REFUSED } from './cast.ts'
import { checked, copyField, PASS_THROUGH, type RuleMaker } from './cast-rule.ts'

/** bit and varbit; the field is an int32 count of bits and the bits. */

/** Whether the type takes so many bits. */
export function bitCheck(target: SqlType): (count: number) => boolean {
  if (target.modifier <= 0) return () => true
  return target.name === 'bit' ? count => count === target.modifier : count => count <= target.modifier
}

export const bitsToBits: RuleMaker = ({ source, target }) => {
  const isTaken = bitCheck(target)
  const isRoomy = target.modifier <= 0 || (target.name === source.name && target.modifier === source.modifier)
  const isWider = target.name === 'varbit' && source.modifier > 0 && source.modifier <= target.modifier
  if (isRoomy || isWider) return PASS_THROUGH
  const sentence =
    target.name === 'bit'
      ? `A string of other than ${target.modifier} bits is refused.`
      : `A string of more than ${target.modifier} bits is refused.`
  return checked(
    sentence,
    () => (data, start, length, out) => (isTaken(data.readInt32BE(start)) ? copyField(data, start, length, out) : REFUSED),
  )
}
