import { dayNumber, dayTicks, TICKS_A_DAY } from './calendar-days.ts'
import type { FieldValue } from './database-description.ts'
import type { FieldBytes } from './field-bytes.ts'
import type { ServerType } from './server-type.ts'

/** Writes a value without its prefix. */
export type ValueWriter = (value: Exclude<FieldValue, null>, out: FieldBytes) => void

export function isBinary({ name }: ServerType): boolean {
  return ['binary', 'varbinary', 'image', 'hierarchyid', 'geography', 'geometry'].includes(name)
}

/** Not of sql_variant. */
export function valueWriter(type: ServerType): ValueWriter {
  if (isBinary(type)) return (value, out) => out.bytes(asBuffer(value))
  switch (type.name) {
    case 'bigint':
      return (value, out) => out.int64(asBigint(value))
    case 'int':
      return (value, out) => out.int(asInteger(value), 4)
    case 'smallint':
      return (value, out) => out.int(asInteger(value), 2)
    case 'tinyint':
    case 'bit':
      return (value, out) => out.uint(asInteger(value), 1)
    case 'decimal':
    case 'numeric':
      return decimalWriter(type)
    case 'money':
      return (value, out) => {
        // The high word comes first, each word little-endian.
        const units = scaledUnits(asText(value), 4)
        out.int(Number(units >> 32n), 4)
        out.uint(Number(units & 0xffff_ffffn), 4)
      }
    case 'smallmoney':
      return (value, out) => out.int(Number(scaledUnits(asText(value), 4)), 4)
    case 'float':
      return (value, out) => out.double(Number(asText(value)))
    case 'real':
      return (value, out) => out.float(Number(asText(value)))
    case 'uniqueidentifier':
      return (value, out) => out.bytes(guidBytes(asText(value)))
    case 'rowversion':
      return (value, out) => out.bytes(asBuffer(value))
    case 'char':
    case 'nchar':
      return (value, out) => out.utf16(asText(value).padEnd(Number(type.length), ' '))
    default:
      return timeWriter(type) ?? ((value, out) => out.utf16(asText(value)))
  }
}

function decimalWriter({ precision, scale }: ServerType): ValueWriter {
  return (value, out) => {
    const units = scaledUnits(asText(value), scale ?? 0)
    const magnitude = units < 0n ? -units : units
    out.uint(precision ?? 18, 1)
    out.uint(scale ?? 0, 1)
    out.uint(units < 0n ? 0 : 1, 1)
    out.uint64(magnitude & 0xffff_ffff_ffff_ffffn)
    out.uint64(magnitude >> 64n)
  }
}

const DAYS_TO_1900 = 693_595

/** Scale changes nothing in the bytes: times are always counted in units of 100 ns. */
function timeWriter(type: ServerType): ValueWriter | null {
  switch (type.name) {
    case 'date':
      return (value, out) => out.uint(dayNumber(asText(value)), 3)
    case 'time':
      return (value, out) => out.uint(dayTicks(asText(value)), 5)
    case 'datetime2':
      return (value, out) => {
        const [date = '', time = '00:00'] = asText(value).split(' ')
        out.uint(dayTicks(time), 5)
        out.uint(dayNumber(date), 3)
      }
    case 'datetimeoffset':
      return writeWithOffset
    case 'smalldatetime':
      return (value, out) => {
        const [date = '', time = '00:00'] = asText(value).split(' ')
        out.uint(dayNumber(date) - DAYS_TO_1900, 2)
        out.uint(Math.floor(dayTicks(time) / 600_000_000), 2)
      }
    case 'datetime':
      return (value, out) => {
        const [date = '', time = '00:00'] = asText(value).split(' ')
        // 300 to the second; what rounds up to midnight is the next day.
        const parts = Math.round((dayTicks(time) * 3) / 100_000)
        const isNextDay = parts === 300 * 86_400
        out.int(dayNumber(date) - DAYS_TO_1900 + (isNextDay ? 1 : 0), 4)
        out.int(isNextDay ? 0 : parts, 4)
      }
    default:
      return null
  }
}

/** The time is stored in UTC, the offset in minutes beside it. */
function writeWithOffset(value: Exclude<FieldValue, null>, out: FieldBytes): void {
  const [date = '', time = '', offset = '+00:00'] = asText(value).split(' ')
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? []
  const offsetMinutes = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
  const ticks = dayTicks(time) - offsetMinutes * 600_000_000
  const days = Math.floor(ticks / TICKS_A_DAY)
  out.uint(ticks - days * TICKS_A_DAY, 5)
  out.uint(dayNumber(date) + days, 3)
  out.int(offsetMinutes, 2)
}

/** `-12.5` with scale 4 → −125000n. Throws where the text has more digits than the scale. */
export function scaledUnits(text: string, scale: number): bigint {
  const [, sign, whole = '', fraction = ''] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text) ?? []
  if (sign === undefined || fraction.length > scale) throw new TypeError(`expected a decimal with at most ${scale} digits, got ${text}`)
  const units = BigInt(whole + fraction.padEnd(scale, '0'))
  return sign === '-' ? -units : units
}

function guidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex')
  if (bytes.length !== 16) throw new TypeError(`expected a GUID, got ${text}`)
  // The first three groups are little-endian.
  bytes.subarray(0, 4).reverse()
  bytes.subarray(4, 6).reverse()
  bytes.subarray(6, 8).reverse()
  return bytes
}

export function asText(value: Exclude<FieldValue, null>): string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return String(value)
  throw new TypeError(`expected text, got ${typeof value}`)
}

export function asBuffer(value: Exclude<FieldValue, null>): Buffer {
  if (Buffer.isBuffer(value)) return value
  throw new TypeError(`expected bytes, got ${typeof value}`)
}

function asInteger(value: Exclude<FieldValue, null>): number {
  const number = typeof value === 'number' ? value : Number(asBigint(value))
  if (!Number.isSafeInteger(number)) throw new TypeError(`expected a safe integer, got ${number}`)
  return number
}

function asBigint(value: Exclude<FieldValue, null>): bigint {
  return typeof value === 'bigint' ? value : BigInt(asText(value))
}
