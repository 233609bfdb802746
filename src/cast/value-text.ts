import type { SqlType } from '../model/sql-type.ts'
import { bitsText, bytesText, charText, hstoreText, lsnText, moneyUnits, uuidText } from './byte-text.ts'
import { containerText, type FieldText } from './container-text.ts'
import { dateText, intervalText, timestampText, timeText, zoneText } from './date-time-text.ts'
import { float4Text, float8Text } from './float-text.ts'
import { geometryText } from './geometry-text.ts'
import { inetText, macText } from './network-text.ts'
import { NumericValue } from './numeric-value.ts'
import { baseOf, familyOf } from './sql-family.ts'
import { offsetText, tickTimestampText, tickTimeText } from './tick-time.ts'

const PLAIN = { between: ' ', zone: '' }
const UTC = { between: ' ', zone: '+00' }

/**
 * PostgreSQL’s own text form of a value (what its output function prints with ISO dates, UTC, hex bytea, postgres intervals), from its binary field.
 * SQL Server’s times of 100 ns as PostgreSQL would print them with seven digits, datetimeoffset by the clock of its offset.
 * Text of types whose bytes we do not know is `\x` and their bytes in hex. money is its amount in the smallest unit: its printed form depends on the server’s locale.
 */
export function valueText(type: SqlType): FieldText {
  const base = baseOf(type)
  if (base.kind !== 'base' && base.kind !== 'enum') return containerText(base, valueText)
  return scalarText(base)
}

/** Whether `valueText` gives the server’s text form, which its input function reads back. */
export function hasValueText(type: SqlType): boolean {
  const family = familyOf(type)
  if (family === 'array' || family === 'range' || family === 'multirange') return hasValueText(baseOf(type).element ?? type)
  if (family === 'composite') return (baseOf(type).fields ?? []).every(field => hasValueText(field.type))
  if (family === 'opaque') return TEXT_BYTES.has(baseOf(type).name) || baseOf(type).name === 'xid8' || baseOf(type).name === 'xid'
  return family !== 'unknown' && family !== 'money' && family !== 'object'
}

const TEXT_BYTES = new Set(['xml', 'refcursor'])
const VERSIONED_TEXT = new Set(['jsonb', 'jsonpath', 'ltree', 'lquery', 'ltxtquery'])

function scalarText(type: SqlType): FieldText {
  switch (familyOf(type)) {
    case 'bool':
      return (data, start) => (data[start] === 0 ? 'f' : 't')
    case 'int':
      return integerText(type.name)
    case 'oid':
      return (data, start) => String(data.readUInt32BE(start))
    case 'float':
      return type.name === 'float4'
        ? (data, start) => float4Text(data.readFloatBE(start))
        : (data, start) => float8Text(data.readDoubleBE(start))
    case 'numeric':
      return numericText()
    case 'money':
      return moneyUnits
    case 'text':
    case 'bpchar':
    case 'enum':
    case 'json':
      return utf8Text
    case 'char':
      return charText
    case 'bytea':
      return bytesText
    case 'bits':
      return bitsText
    case 'uuid':
      return uuidText
    case 'jsonb':
      return versionedText
    case 'inet':
      return (data, start) => inetText(data, start, type.name === 'cidr' ? 'always' : 'unless full')
    case 'macaddr':
    case 'macaddr8':
      return macText
    case 'pg_lsn':
      return lsnText
    case 'geometry':
      return (data, start) => geometryText(type.name, data, start)
    case 'hstore':
      return hstoreText
    default:
      return temporalText(type) ?? opaqueText(type)
  }
}

export const utf8Text: FieldText = (data, start, length) => data.toString('utf8', start, start + length)

const versionedText: FieldText = (data, start, length) => data.toString('utf8', start + 1, start + length)

function integerText(name: string): FieldText {
  if (name === 'int2') return (data, start) => String(data.readInt16BE(start))
  if (name === 'int4') return (data, start) => String(data.readInt32BE(start))
  return (data, start) => {
    const high = data.readInt32BE(start)
    // Below 2^53 a double is exact and much cheaper than a bigint.
    return high >= -0x200000 && high < 0x200000
      ? String(high * 4_294_967_296 + data.readUInt32BE(start + 4))
      : String(data.readBigInt64BE(start))
  }
}

function numericText(): FieldText {
  const value = new NumericValue()
  return (data, start, length) => {
    value.read(data, start, length)
    return value.text()
  }
}

function temporalText(type: SqlType): FieldText | null {
  switch (familyOf(type)) {
    case 'date':
      return (data, start) => dateText(data.readInt32BE(start))
    case 'time':
      return (data, start) => timeText(data.readInt32BE(start), data.readUInt32BE(start + 4))
    case 'timetz':
      return (data, start) => timeText(data.readInt32BE(start), data.readUInt32BE(start + 4)) + zoneText(data.readInt32BE(start + 8))
    case 'timestamp':
      return (data, start) => timestampText(data.readInt32BE(start), data.readUInt32BE(start + 4), PLAIN)
    case 'timestamptz':
      return (data, start) => timestampText(data.readInt32BE(start), data.readUInt32BE(start + 4), UTC)
    case 'interval':
      return intervalText
    case 'datetime2':
      return (data, start) => tickTimestampText(data.readInt32BE(start), data.readUInt32BE(start + 4), 0)
    case 'tick_time':
      return (data, start) => tickTimeText(data.readInt32BE(start), data.readUInt32BE(start + 4))
    case 'datetimeoffset':
      return offsetTimestampText
    default:
      return null
  }
}

/** The clock where it was written, and how far that is ahead of UTC. */
const offsetTimestampText: FieldText = (data, start) => {
  const minutes = data.readInt16BE(start + 8)
  return tickTimestampText(data.readInt32BE(start), data.readUInt32BE(start + 4), minutes * 60) + offsetText(minutes)
}

function opaqueText(type: SqlType): FieldText {
  if (TEXT_BYTES.has(type.name)) return utf8Text
  if (VERSIONED_TEXT.has(type.name)) return versionedText
  if (type.name === 'xid8') return (data, start) => String(data.readBigUInt64BE(start))
  if (type.name === 'xid' || type.name === 'cid') return (data, start) => String(data.readUInt32BE(start))
  return bytesText
}
