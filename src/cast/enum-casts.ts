import type { SqlType } from '../model/sql-type.ts'
import { DONE, type FieldCast, REFUSED } from './cast.ts'
import { checked, copyField, PASS_THROUGH, type RuleMaker, type TextCast } from './cast-rule.ts'

/** Enums. The field is the label’s text, so what matters is whether the target has the label. */

type LabelSet = (data: Buffer, start: number, length: number) => boolean

function labelSet(type: SqlType): LabelSet {
  const byLength = new Map<number, Buffer[]>()
  for (const label of type.labels ?? []) {
    const bytes = Buffer.from(label)
    byLength.set(bytes.length, [...(byLength.get(bytes.length) ?? []), bytes])
  }
  return (data, start, length) => byLength.get(length)?.some(label => data.compare(label, 0, length, start, start + length) === 0) ?? false
}

function checkLabel(target: SqlType): FieldCast {
  const isLabel = labelSet(target)
  return (data, start, length, out) => (isLabel(data, start, length) ? copyField(data, start, length, out) : REFUSED)
}

export const enumToEnum: RuleMaker = ({ source, target }) => {
  const known = new Set(target.labels)
  const lacking = (source.labels ?? []).filter(label => !known.has(label))
  if (source.labels !== undefined && lacking.length === 0) return PASS_THROUGH
  return checked(`A label ${target.text} does not have is refused.`, () => checkLabel(target))
}

export const textToEnum: RuleMaker = ({ target }) =>
  checked(`Text that is not a label of ${target.text} is refused.`, () => checkLabel(target))

export function enumWriter(target: SqlType): TextCast {
  const known = new Set(target.labels)
  return (text, out) => {
    if (!known.has(text)) return REFUSED
    out.text(text)
    return DONE
  }
}
