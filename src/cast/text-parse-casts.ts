import { type CastContext, type CastResult, DONE, type FieldCast, REFUSED } from './cast.ts'
import { checked, type RuleMaker, type TextCast } from './cast-rule.ts'
import { fieldParser } from './field-parser.ts'
import { infinityOf } from './parse-date-time.ts'
import { familyOf } from './sql-family.ts'
import { textOf } from './text-casts.ts'
import { hasIntervalInfinity } from './time-casts.ts'
import { utf8Text } from './value-text.ts'

/** What text must be to become a value of a family; a family without a sentence is not read from text. */
const SENTENCES: Readonly<Record<string, string>> = {
  bool: 'Text that PostgreSQL does not read as a truth value is refused.',
  int: 'Text that is not a whole number in range is refused.',
  oid: 'Text that is not a whole number in range is refused.',
  float: 'Text that is not a number is refused; digits the type cannot keep are rounded off.',
  numeric: 'Text that is not a number, or is too large for the type, is refused; digits beyond its scale are rounded off.',
  uuid: 'Text that is not a UUID is refused.',
  bytea: 'Text that is neither hex (\\x…) nor in the escape format is refused.',
  json: 'Text that is not JSON is refused.',
  jsonb: 'Text that is not JSON, or holds \\u0000, is refused; the last of equal keys wins.',
  bits: 'Text other than zeros and ones, or of another length than the type’s, is refused.',
  inet: 'Text that is not an address is refused.',
  macaddr: 'Text that is not an address is refused.',
  macaddr8: 'Text that is not an address is refused.',
  pg_lsn: 'Text that is not a log position is refused.',
  date: 'Text other than an ISO 8601 date is refused; a time of day or offset beside it is lost.',
  time: 'Text other than a time of day is refused; an offset is lost.',
  timetz: 'Text other than a time of day with its offset is refused.',
  timestamp: 'Text other than an ISO 8601 date and time is refused; an offset is lost.',
  timestamptz:
    'Text other than an ISO 8601 date and time is refused; one without an offset is local in the tenant’s zone, and refused when the tenant has none.',
  interval: 'Text that is neither PostgreSQL’s own form of an interval nor ISO 8601 is refused.',
}

/** Character types into every type with an unambiguous text form. */
export const textToValue: RuleMaker = ({ source, target, targetVersion }) => {
  const sentence = SENTENCES[familyOf(target)]
  if (sentence === undefined) return null
  // bytea takes the padding of character(n) as well.
  const toText = familyOf(target) === 'bytea' ? utf8Text : textOf(source)
  const isInfinityKnown = familyOf(target) === 'interval' && hasIntervalInfinity(targetVersion)
  return checked(sentence, context => {
    const parse = requireParser(target, context)
    return parsing(toText, isInfinityKnown ? withInfinity(parse) : parse)
  })
}

/** Intervals that are infinite: all parts at their limit. */
function withInfinity(parse: TextCast): TextCast {
  return (text, out) => {
    const infinity = infinityOf(text)
    if (infinity === 0) return parse(text, out)
    out.field(infinity > 0 ? LONGEST : SHORTEST, 0, LONGEST.length)
    return DONE
  }
}

const LONGEST = Buffer.from('7fffffffffffffff7fffffff7fffffff', 'hex')
const SHORTEST = Buffer.from('80000000000000008000000080000000', 'hex')

function requireParser(target: Parameters<typeof fieldParser>[0], context: CastContext): TextCast {
  const parse = fieldParser(target, context)
  if (!parse) throw new RangeError(`expected a type that is read from text, got ${target.text}`)
  return parse
}

function parsing(toText: (data: Buffer, start: number, length: number) => string, parse: TextCast): FieldCast {
  return (data, start, length, out): CastResult => {
    const text = toText(data, start, length)
    return text.includes('\0') ? REFUSED : parse(text, out)
  }
}
