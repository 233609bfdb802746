import type { SqlType } from '../model/sql-type.ts'
import { bitsToBits } from './bit-casts.ts'
import type { CastRule, CastSides } from './cast.ts'
import { isSameType, PASS_THROUGH, type RuleMaker, sameTypeOnly } from './cast-rule.ts'
import { arrayToArray, compositeToComposite, sameName } from './container-casts.ts'
import { enumToEnum, textToEnum } from './enum-casts.ts'
import { floatToFloat, floatToInteger, floatToNumeric } from './float-casts.ts'
import { integerToFloat, integerToInteger, integerToNumeric } from './integer-casts.ts'
import { hstoreToJsonb, jsonbToJson, jsonToJsonb } from './json-casts.ts'
import { inetToInet, macToMac } from './network-casts.ts'
import { moneyToNumeric, numericToFloat, numericToInteger, numericToNumeric } from './numeric-casts.ts'
import { multirangeToMultirange, rangeToRange } from './range-casts.ts'
import { baseOf, type Family, familyOf } from './sql-family.ts'
import { anyToText, textBytesToText, textToChar, textToText } from './text-casts.ts'
import { textToValue } from './text-parse-casts.ts'
import {
  datetime2ToDate,
  datetime2ToInstant,
  datetime2ToTime,
  datetime2ToTimestamp,
  offsetToDate,
  offsetToInstant,
  offsetToTime,
  offsetToTimestamp,
  ticksToInterval,
  ticksToTime,
} from './tick-casts.ts'
import { intervalToInterval, timeToInterval, timeToTime, timetzToTime } from './time-casts.ts'
import {
  dateToInstant,
  dateToLocal,
  instantToDate,
  instantToInstant,
  instantToLocal,
  instantToTime,
  localToDate,
  localToInstant,
  localToTime,
} from './timestamp-casts.ts'
import { hasValueText } from './value-text.ts'

/** The cast table: which family leads to which, and by what. Families not paired here do not lead to each other, but for the text rows of `fromOrToText`. */
const TABLE: readonly (readonly [Family, Family, RuleMaker])[] = [
  ['bool', 'bool', sameTypeOnly],
  ['int', 'int', integerToInteger],
  ['int', 'oid', integerToInteger],
  ['oid', 'int', integerToInteger],
  ['oid', 'oid', integerToInteger],
  ['int', 'numeric', integerToNumeric],
  ['oid', 'numeric', integerToNumeric],
  ['int', 'float', integerToFloat],
  ['numeric', 'numeric', numericToNumeric],
  ['numeric', 'int', numericToInteger],
  ['numeric', 'float', numericToFloat],
  ['float', 'float', floatToFloat],
  ['float', 'int', floatToInteger],
  ['float', 'numeric', floatToNumeric],
  ['money', 'numeric', moneyToNumeric],
  ['text', 'text', textToText],
  ['text', 'bpchar', textToText],
  ['bpchar', 'text', textToText],
  ['bpchar', 'bpchar', textToText],
  ['text', 'char', textToChar],
  ['char', 'char', sameTypeOnly],
  ['text', 'enum', textToEnum],
  ['enum', 'enum', enumToEnum],
  ['enum', 'text', textBytesToText],
  ['enum', 'bpchar', textBytesToText],
  ['json', 'text', textBytesToText],
  ['json', 'bpchar', textBytesToText],
  ['jsonb', 'text', textBytesToText],
  ['jsonb', 'bpchar', textBytesToText],
  ['json', 'json', sameTypeOnly],
  ['jsonb', 'jsonb', sameTypeOnly],
  ['json', 'jsonb', jsonToJsonb],
  ['jsonb', 'json', jsonbToJson],
  ['hstore', 'jsonb', hstoreToJsonb],
  ['hstore', 'hstore', sameTypeOnly],
  ['bytea', 'bytea', sameTypeOnly],
  ['bits', 'bits', bitsToBits],
  ['uuid', 'uuid', sameTypeOnly],
  ['date', 'date', sameTypeOnly],
  ['date', 'timestamp', dateToLocal],
  ['date', 'timestamptz', dateToInstant],
  ['time', 'time', timeToTime],
  ['time', 'interval', timeToInterval],
  ['timetz', 'timetz', timeToTime],
  ['timetz', 'time', timetzToTime],
  ['timestamp', 'timestamp', instantToInstant],
  ['timestamp', 'timestamptz', localToInstant],
  ['timestamp', 'date', localToDate],
  ['timestamp', 'time', localToTime],
  ['timestamptz', 'timestamptz', instantToInstant],
  ['timestamptz', 'timestamp', instantToLocal],
  ['timestamptz', 'date', instantToDate],
  ['timestamptz', 'time', instantToTime],
  ['interval', 'interval', intervalToInterval],
  ['datetime2', 'timestamp', datetime2ToTimestamp],
  ['datetime2', 'timestamptz', datetime2ToInstant],
  ['datetime2', 'date', datetime2ToDate],
  ['datetime2', 'time', datetime2ToTime],
  ['tick_time', 'time', ticksToTime],
  ['tick_time', 'interval', ticksToInterval],
  ['datetimeoffset', 'timestamptz', offsetToInstant],
  ['datetimeoffset', 'timestamp', offsetToTimestamp],
  ['datetimeoffset', 'date', offsetToDate],
  ['datetimeoffset', 'time', offsetToTime],
  ['inet', 'inet', inetToInet],
  ['macaddr', 'macaddr', macToMac],
  ['macaddr', 'macaddr8', macToMac],
  ['macaddr8', 'macaddr', macToMac],
  ['macaddr8', 'macaddr8', macToMac],
  ['pg_lsn', 'pg_lsn', sameTypeOnly],
  ['geometry', 'geometry', sameTypeOnly],
  ['opaque', 'opaque', sameTypeOnly],
  ['array', 'array', arrayToArray(findCast)],
  ['composite', 'composite', compositeToComposite(findCast)],
  ['range', 'range', rangeToRange(findCast)],
  ['multirange', 'multirange', multirangeToMultirange(findCast)],
]

const BY_PAIR: ReadonlyMap<string, RuleMaker> = new Map(TABLE.map(([source, target, make]) => [`${source} ${target}`, make]))

/**
 * How values of one type become values of another; null = no cast leads there. A domain is the type under it: its checks are the server’s.
 * The field a cast writes is what the server would send back after storing it, so that a digest of what was sent is one of what is stored.
 */
export function findCast(sides: CastSides): CastRule | null {
  const source = withoutPromise(baseOf(sides.source), sides.sourceVersion)
  const target = baseOf(sides.target)
  const plain: CastSides = { ...sides, source, target }
  const from = familyOf(source)
  const to = familyOf(target)
  if (from === 'money' && to === 'money') return moneyToMoney
  if (from === 'unknown' || to === 'unknown') return unknownToUnknown(plain)
  // An OID of an object means nothing in another database.
  if (from === 'object' || to === 'object') return null
  return (BY_PAIR.get(`${from} ${to}`) ?? fromOrToText(from, to, source))?.(plain) ?? null
}

/** A source that is not PostgreSQL has not held its values to PostgreSQL’s modifiers. */
function withoutPromise(source: SqlType, version: number): SqlType {
  return version > 0 || source.modifier === -1 || source.kind !== 'base' ? source : { ...source, modifier: -1 }
}

function fromOrToText(from: Family, to: Family, source: SqlType): RuleMaker | null {
  if (from === 'text' || from === 'bpchar') return textToValue
  return (to === 'text' || to === 'bpchar') && hasValueText(source) ? anyToText : null
}

const moneyToMoney: CastRule = {
  ...PASS_THROUGH,
  loss: 'sometimes',
  sentence: 'The amount is kept in the smallest unit; servers with another lc_monetary show it otherwise.',
}

/** Types whose bytes we do not know: the same type on servers of the same major version. */
function unknownToUnknown(sides: CastSides): CastRule | null {
  const isOneType = isSameType(sides) && sameName(sides.source, sides.target)
  const isOneMajor = Math.floor(sides.sourceVersion / 10_000) === Math.floor(sides.targetVersion / 10_000)
  if (!isOneType || !isOneMajor || sides.sourceVersion === 0) return null
  return {
    ...PASS_THROUGH,
    loss: 'sometimes',
    sentence: 'Bytes of a type not known here go as they are; the same version of its extension must be on both servers.',
  }
}
