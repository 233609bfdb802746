import type { TupleWriter } from '../base/tuple-writer.ts'
import type { SqlType } from '../model/sql-type.ts'
import { type CastContext, type CastResult, type CastRule, type CastSides, DONE, type FieldCast, LOSSY, REFUSED } from './cast.ts'
import { PASS_THROUGH, type RuleMaker, worse } from './cast-rule.ts'
import { elementOf } from './sql-family.ts'

/** Arrays and composites: what they hold is cast by its own rule, with the OIDs of the target’s types written. */

export type FindRule = (sides: CastSides) => CastRule | null

/** A rule made of the rules of what a value holds. */
function composed(rules: readonly CastRule[], compile: (casts: readonly FieldCast[]) => FieldCast): CastRule {
  return {
    loss: rules.map(rule => rule.loss).reduce(worse, 'never'),
    sentence: [...new Set(rules.map(rule => rule.sentence).filter(sentence => sentence !== ''))].join(' '),
    isPassThrough: false,
    needsZone: rules.some(rule => rule.needsZone),
    compile: (context: CastContext) => compile(rules.map(rule => rule.compile(context))),
  }
}

/** int32 dimensions, has null, OID of the element, (size, lower bound) per dimension, elements. */
export function arrayToArray(find: FindRule): RuleMaker {
  return sides => {
    const source = elementOf(sides.source)
    const target = elementOf(sides.target)
    const rule = find({ ...sides, source, target })
    if (!rule || target.oid === 0) return null
    if (rule.isPassThrough && source.oid === target.oid) return PASS_THROUGH
    return composed([rule], ([cast]) => arrayCast(target.oid, cast as FieldCast))
  }
}

function arrayCast(oid: number, cast: FieldCast): FieldCast {
  return (data, start, length, out) => {
    const mark = out.at
    const dimensions = data.readInt32BE(start)
    const header = 12 + 8 * dimensions
    out.field(data, start, header)
    out.buf.writeUInt32BE(oid, mark + 12)
    let result: CastResult = DONE
    const end = start + length
    for (let at = start + header; at < end && result !== REFUSED; ) {
      const size = data.readInt32BE(at)
      result = graver(result, castElement(data, at + 4, size, { cast, out }))
      at += 4 + Math.max(0, size)
    }
    return finish(mark, result, out)
  }
}

function castElement(data: Buffer, start: number, length: number, to: { cast: FieldCast; out: TupleWriter }): CastResult {
  if (length >= 0) return to.cast(data, start, length, to.out)
  to.out.null()
  return DONE
}

function graver(a: CastResult, b: CastResult): CastResult {
  if (a === REFUSED || b === REFUSED) return REFUSED
  return a === LOSSY || b === LOSSY ? LOSSY : DONE
}

/** Writes the length of a field that began at `mark`, now that it is known. */
export function finish(mark: number, result: CastResult, out: TupleWriter): CastResult {
  if (result !== REFUSED) out.buf.writeInt32BE(out.at - mark - 4, mark)
  return result
}

/** int32 count of fields; per field its type’s OID, length and bytes. Fields go by position. */
export function compositeToComposite(find: FindRule): RuleMaker {
  return sides => {
    const source = sides.source.fields ?? []
    const target = sides.target.fields ?? []
    if (source.length !== target.length || source.some((field, i) => field.name !== target[i]?.name)) return null
    const rules: CastRule[] = []
    for (const [i, field] of source.entries()) {
      const type = target[i]?.type
      const rule = type && type.oid !== 0 ? find({ ...sides, source: field.type, target: type }) : null
      if (!rule) return null
      rules.push(rule)
    }
    const oids = target.map(field => field.type.oid)
    if (rules.every(rule => rule.isPassThrough) && source.every((field, i) => field.type.oid === oids[i])) return PASS_THROUGH
    return composed(rules, casts => compositeCast(oids, casts))
  }
}

function compositeCast(oids: readonly number[], casts: readonly FieldCast[]): FieldCast {
  return (data, start, _length, out) => {
    const mark = out.at
    let result: CastResult = DONE
    let at = start + 4
    out.field(data, start, 4)
    for (const [i, cast] of casts.entries()) {
      const size = data.readInt32BE(at + 4)
      out.ensure(4)
      out.buf.writeUInt32BE(oids[i] as number, out.at)
      out.at += 4
      result = graver(result, castElement(data, at + 8, size, { cast, out }))
      if (result === REFUSED) break
      at += 8 + Math.max(0, size)
    }
    return finish(mark, result, out)
  }
}

/** The type’s own name, for rules that hold only within one type. */
export function sameName(a: SqlType, b: SqlType): boolean {
  return a.name === b.name && a.schema === b.schema
}
