import type { TupleWriter } from '../base/tuple-writer.ts'
import { type CastContext, type CastResult, type CastRule, type CastSides, DONE, type FieldCast, type Loss } from './cast.ts'

/** Writes text as a value of some type. */
export type TextCast = (text: string, out: TupleWriter) => CastResult

/** Rules are made by family: the maker sees both types and both server versions; null = these two do not lead to each other. */
export type RuleMaker = (sides: CastSides) => CastRule | null

export const copyField: FieldCast = (data, start, length, out): CastResult => {
  out.field(data, start, length)
  return DONE
}

/** The bytes mean the same on both sides. */
export const PASS_THROUGH: CastRule = { loss: 'never', sentence: '', isPassThrough: true, needsZone: false, compile: () => copyField }

/** Every value survives, in other bytes. */
export function lossless(compile: (context: CastContext) => FieldCast): CastRule {
  return { loss: 'never', sentence: '', isPassThrough: false, needsZone: false, compile }
}

/** Checked value by value; the sentence says what can be lost or refused. */
export function checked(sentence: string, compile: (context: CastContext) => FieldCast): CastRule {
  return { loss: 'sometimes', sentence, isPassThrough: false, needsZone: false, compile }
}

/** The types differ in what they can say. */
export function lossy(sentence: string, compile: (context: CastContext) => FieldCast): CastRule {
  return { loss: 'always', sentence, isPassThrough: false, needsZone: false, compile }
}

export function needingZone(rule: CastRule): CastRule {
  return { ...rule, needsZone: true }
}

const GRAVITY: readonly Loss[] = ['never', 'sometimes', 'always']

/** The graver of two. */
export function worse(a: Loss, b: Loss): Loss {
  return GRAVITY.indexOf(a) >= GRAVITY.indexOf(b) ? a : b
}

/** Both sides are one type with one modifier. */
export function isSameType(sides: CastSides): boolean {
  const { source, target } = sides
  return source.name === target.name && source.modifier === target.modifier
}

/** Pass-through of one type; nothing leads to another of the family. */
export const sameTypeOnly: RuleMaker = sides => (isSameType(sides) ? PASS_THROUGH : null)
