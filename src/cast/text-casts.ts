import type { SqlType } from '../model/sql-type.ts'
import { type CastRule, type CastSides, DONE, type FieldCast, LOSSY, REFUSED } from './cast.ts'
import { checked, copyField, lossless, PASS_THROUGH, type RuleMaker, type TextCast } from './cast-rule.ts'
import type { FieldText } from './container-text.ts'
import { withoutBlanks } from './key-text.ts'
import { inetText } from './network-text.ts'
import { familyOf } from './sql-family.ts'
import { isStorableText, textForm, textLimit } from './text-form.ts'
import { hasIntervalInfinity, isLimit } from './time-casts.ts'
import { utf8Text, valueText } from './value-text.ts'

/** Character types among each other, and every other type as text. */

const CHAR_BYTES = 4

function lengthSentence(target: SqlType): string {
  if (target.name === 'name') return 'Text of more than 63 bytes is cut.'
  if (target.name === 'bpchar' && target.modifier < CHAR_BYTES) return 'Blanks at the end are lost.'
  if (target.name === 'bpchar') return `Blanks at the end are lost; text longer than ${target.text} is refused.`
  return `Blanks beyond the length of ${target.text} are cut; longer text is refused.`
}

/** text, varchar, citext, name and character among each other. */
export const textToText: RuleMaker = sides => {
  const { source, target } = sides
  const isPadded = source.name === 'bpchar'
  // A source that is not PostgreSQL may hold what PostgreSQL cannot.
  if (sides.sourceVersion === 0) return foreignText(sides)
  if (isPadded) return paddedToText(sides)
  const limit = textLimit(target)
  const most = textLimit(source)
  if (target.name === source.name && target.modifier === source.modifier) return PASS_THROUGH
  if (target.name === 'name') return checked(lengthSentence(target), () => textForm(target))
  if (target.name === 'bpchar') return checked(lengthSentence(target), () => characterForm(target))
  return limit === null || (most !== null && most <= limit) ? PASS_THROUGH : checked(lengthSentence(target), () => textForm(target))
}

function foreignText({ source, target }: CastSides): CastRule {
  const write = characterForm(target)
  // However wide its engine counts it: the blanks at the end of a character(n) are padding.
  const isPadded = source.name === 'bpchar'
  return checked(
    `${textLimit(target) === null ? '' : `${lengthSentence(target)} `}Text with a NUL character or broken UTF-8 is refused.`,
    () => {
      return (data, start, length, out) => {
        const kept = isPadded ? withoutBlanks(data, start, length) : length
        return isStorableText(data, start, length) ? write(data, start, kept, out) : REFUSED
      }
    },
  )
}

/** As `textForm`. In character without a length, blanks at the end are stored, but are no longer part of the value. */
function characterForm(target: SqlType): FieldCast {
  if (target.name !== 'bpchar' || target.modifier >= CHAR_BYTES) return textForm(target)
  return (data, start, length, out) => {
    out.field(data, start, length)
    return withoutBlanks(data, start, length) < length ? LOSSY : DONE
  }
}

/** The blanks at the end of a character(n) are padding: PostgreSQL drops them in every other type. */
function paddedToText({ source, target }: CastSides): CastRule {
  const isSame = target.name === 'bpchar' && (target.modifier === source.modifier || target.modifier < CHAR_BYTES)
  if (isSame) return PASS_THROUGH
  const write = textForm(target)
  const cast = (): FieldCast => (data, start, length, out) => write(data, start, withoutBlanks(data, start, length), out)
  const limit = textLimit(target)
  const most = textLimit(source)
  const isRoomy = limit === null || (most !== null && most * (target.name === 'name' ? CHAR_BYTES : 1) <= limit)
  if (most === null)
    return checked(`Blanks at the end are lost${limit === null ? '' : `; text longer than ${target.text} is refused`}.`, () =>
      unpadded(cast()),
    )
  return isRoomy ? lossless(cast) : checked(target.name === 'name' ? lengthSentence(target) : tooLong(target), cast)
}

function unpadded(cast: FieldCast): FieldCast {
  return (data, start, length, out) => {
    const result = cast(data, start, length, out)
    return result === DONE && length > 0 && data[start + length - 1] === 0x20 ? LOSSY : result
  }
}

/** Text of any type into a character type. */
export function stringWriter(target: SqlType): TextCast {
  if (textLimit(target) === null && target.name !== 'bpchar') {
    return (text, out) => {
      out.text(text)
      return DONE
    }
  }
  const write = characterForm(target)
  return (text, out) => {
    const bytes = Buffer.from(text)
    return write(bytes, 0, bytes.length, out)
  }
}

/** Longest text of types whose text has a limit; others have none. */
const LONGEST: Readonly<Record<string, number>> = {
  bool: 5,
  int2: 6,
  int4: 11,
  int8: 20,
  oid: 10,
  uuid: 36,
  macaddr: 17,
  macaddr8: 23,
  pg_lsn: 17,
  date: 13,
  time: 15,
  timetz: 24,
  timestamp: 29,
  timestamptz: 32,
}

/** Every type PostgreSQL has a text form of that does not depend on a locale. */
export const anyToText: RuleMaker = ({ source, target, sourceVersion }) => {
  const toText = castText(source, target)
  const longest = LONGEST[source.name]
  const cast = (): FieldCast => {
    const write = stringWriter(target)
    return (data, start, length, out) => write(toText(data, start, length), out)
  }
  if (familyOf(source) === 'interval' && !hasIntervalInfinity(sourceVersion)) return longIntervalToText(target, cast)
  if (mayEndInBlank(source, target)) return checked(lengthSentence(target), cast)
  return isRoomy(target, longest) ? lossless(cast) : checked(target.name === 'name' ? lengthSentence(target) : tooLong(target), cast)
}

/** For text that never ends in a blank. */
function tooLong(target: SqlType): string {
  return `Text longer than ${target.text} is refused.`
}

/** Older servers print the longest interval as 178956970 years and some. */
function longIntervalToText(target: SqlType, cast: () => FieldCast): CastRule {
  const length = textLimit(target) === null ? '' : ` ${tooLong(target)}`
  return checked(`The longest interval there is is refused.${length}`, () => {
    const write = cast()
    return (data, start, size, out) => (isLimit(data, start) ? REFUSED : write(data, start, size, out))
  })
}

function isRoomy(target: SqlType, longest: number | undefined): boolean {
  const limit = textLimit(target)
  return limit === null || (longest !== undefined && longest <= limit)
}

const BLANK_ENDS = new Set(['char', 'json', 'opaque'])

/** Whether text of the source could lose blanks at its end in a character type. */
function mayEndInBlank(source: SqlType, target: SqlType): boolean {
  return target.name === 'bpchar' && (BLANK_ENDS.has(familyOf(source)) || (source.labels ?? []).some(label => label.endsWith(' ')))
}

/** What PostgreSQL’s cast to text gives, where that is not what its output function prints. */
function castText(source: SqlType, target: SqlType): FieldText {
  const family = familyOf(source)
  if (target.name === 'name') return valueText(source)
  if (family === 'bool') return (data, start) => (data[start] === 0 ? 'false' : 'true')
  if (family === 'inet') return (data, start) => inetText(data, start, 'always')
  return valueText(source)
}

/** Labels and documents are text already: their bytes go as they are. */
export const textBytesToText: RuleMaker = ({ source, target }) => {
  const skip = familyOf(source) === 'jsonb' ? 1 : 0
  const longest =
    source.labels && Math.max(0, ...source.labels.map(label => (target.name === 'name' ? Buffer.byteLength(label) : [...label].length)))
  const isWhole = isRoomy(target, longest) && !mayEndInBlank(source, target)
  if (isWhole && skip === 0 && (target.name !== 'bpchar' || target.modifier < CHAR_BYTES)) return PASS_THROUGH
  const write = characterForm(target)
  const cast: FieldCast = (data, start, length, out) => write(data, start + skip, length - skip, out)
  return isWhole ? lossless(() => cast) : checked(lengthSentence(target), () => cast)
}

/** "char" from text: one ASCII character or none. */
export const textToChar: RuleMaker = () =>
  checked('Text other than a single ASCII character, or none, is refused.', () => (data, start, length, out) => {
    if (length > 1 || (length === 1 && (data[start] as number) > 127)) return REFUSED
    if (length === 1) return copyField(data, start, length, out)
    out.field(ZERO, 0, 1)
    return DONE
  })

const ZERO = Uint8Array.of(0)

/** The text a character field holds; padding of character(n) left out. */
export function textOf(source: SqlType): FieldText {
  return source.name === 'bpchar' ? (data, start, length) => utf8Text(data, start, withoutBlanks(data, start, length)) : utf8Text
}
