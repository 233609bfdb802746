import type { TupleWriter } from '../base/tuple-writer.ts'
import { type CastResult, type CastRule, type CastSides, DONE, type FieldCast, REFUSED } from './cast.ts'
import { PASS_THROUGH, type RuleMaker } from './cast-rule.ts'
import { type FindRule, finish } from './container-casts.ts'
import { RANGE_EMPTY, RANGE_NO_LOWER, RANGE_NO_UPPER } from './container-text.ts'
import { baseOf, elementOf, familyOf } from './sql-family.ts'

/**
 * Ranges: a byte of flags, then the bounds there are, each with its length. Multiranges: a count, then ranges with their lengths.
 * A bound must stay exactly where it was, or a range could turn round: only subtypes of one meaning lead to each other.
 */
export function rangeToRange(find: FindRule): RuleMaker {
  return sides => fromBounds(sides, find, cast => rangeCast(cast))
}

export function multirangeToMultirange(find: FindRule): RuleMaker {
  return sides => fromBounds(sides, find, cast => multirangeCast(rangeCast(cast)))
}

function fromBounds(sides: CastSides, find: FindRule, make: (cast: FieldCast) => FieldCast): CastRule | null {
  const source = elementOf(sides.source)
  const target = elementOf(sides.target)
  const rule = find({ ...sides, source, target })
  if (!rule || !isSameMeaning(sides)) return null
  if (rule.isPassThrough) return PASS_THROUGH
  return { ...rule, compile: context => make(rule.compile(context)) }
}

/** Whole numbers lead to whole numbers, otherwise a subtype to itself. Types of our own may lack the function that makes [1,3] and [1,4) one value. */
function isSameMeaning({ source, target }: CastSides): boolean {
  const isBuiltin = source.schema === 'pg_catalog' && target.schema === 'pg_catalog'
  const from = baseOf(elementOf(source))
  const to = baseOf(elementOf(target))
  if (familyOf(from) === 'int' && familyOf(to) === 'int')
    return isBuiltin || (source.schema !== 'pg_catalog' && target.schema !== 'pg_catalog')
  if (familyOf(from) === 'date' && source.schema !== target.schema) return false
  return from.name === to.name && from.modifier === to.modifier
}

function rangeCast(cast: FieldCast): FieldCast {
  return (data, start, _length, out) => {
    const mark = out.at
    const flags = data[start] as number
    out.field(data, start, 1)
    if (flags & RANGE_EMPTY) return DONE
    let at = start + 1
    let result: CastResult = DONE
    for (const absent of [RANGE_NO_LOWER, RANGE_NO_UPPER]) {
      if (flags & absent || result === REFUSED) continue
      const size = data.readInt32BE(at)
      // A bound that is rounded could pass the other one.
      result = cast(data, at + 4, size, out) === DONE ? DONE : REFUSED
      at += 4 + size
    }
    return finish(mark, result, out)
  }
}

function multirangeCast(cast: FieldCast): FieldCast {
  return (data, start, length, out) => {
    const mark = out.at
    out.field(data, start, 4)
    let result: CastResult = DONE
    for (let at = start + 4; at < start + length && result !== REFUSED; ) {
      const size = data.readInt32BE(at)
      result = castRange(data, at + 4, size, { cast, out })
      at += 4 + size
    }
    return finish(mark, result, out)
  }
}

function castRange(data: Buffer, start: number, length: number, to: { cast: FieldCast; out: TupleWriter }): CastResult {
  return to.cast(data, start, length, to.out)
}
