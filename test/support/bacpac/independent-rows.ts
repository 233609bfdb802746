import type { DecodedColumn } from './independent-model.ts'

/** Reads on from a place in the bytes. */
class Reading {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isDone(): boolean {
    return this.at >= this.#bytes.length
  }

  take(size: number): Buffer {
    this.at += size
    if (this.at > this.#bytes.length) throw new Error(`${this.at - this.#bytes.length} bytes are missing`)
    return this.#bytes.subarray(this.at - size, this.at)
  }
}

/** The rows of one data file. */
export function decodeRows(bytes: Buffer, columns: readonly DecodedColumn[]): readonly (readonly (string | null)[])[] {
  const reading = new Reading(bytes)
  const rows: (string | null)[][] = []
  while (!reading.isDone) rows.push(columns.map(column => decodeField(reading, column)))
  return rows
}

/** [size of the length, or null where a NOT NULL field has none; size of the value there]. As seen in real exports. */
const LAYOUT: Readonly<Record<string, readonly [prefix: number, bare: number | null]>> = {
  tinyint: [1, 1],
  smallint: [1, 2],
  int: [1, 4],
  bigint: [1, 8],
  real: [1, 4],
  float: [1, 8],
  smallmoney: [1, 4],
  money: [1, 8],
  date: [1, 3],
  time: [1, 5],
  smalldatetime: [1, 4],
  datetime: [1, 8],
  datetime2: [1, 8],
  datetimeoffset: [1, 10],
  bit: [1, null],
  decimal: [1, null],
  numeric: [1, null],
  uniqueidentifier: [1, null],
  nchar: [2, null],
  varchar: [2, null],
  nvarchar: [2, null],
  sysname: [2, null],
  binary: [2, null],
  varbinary: [2, null],
  rowversion: [2, null],
  timestamp: [2, null],
  text: [4, null],
  ntext: [4, null],
  image: [4, null],
  sql_variant: [4, null],
  xml: [8, null],
  hierarchyid: [8, null],
  geography: [8, null],
  geometry: [8, null],
}

function decodeField(reading: Reading, column: DecodedColumn): string | null {
  const [prefix, bare] = column.type === 'char' ? ([2, column.length * 2] as const) : (LAYOUT[column.type] ?? [0, null])
  if (prefix === 0) throw new Error(`no layout for ${column.type}`)
  if (bare !== null && !column.isNullable && !column.isMax) return textOfValue(reading.take(bare), column)
  const lengthBytes = reading.take(column.isMax ? 8 : prefix)
  if (column.type === 'sql_variant') {
    const length = lengthBytes.readUInt32LE()
    return length === 0 ? null : variantText(reading.take(length))
  }
  if (lengthBytes.every(byte => byte === 0xff)) return null
  return textOfValue(reading.take(Number(unsigned(lengthBytes))), column)
}

/** Little-endian, of any size. */
function unsigned(bytes: Buffer): bigint {
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n)
}

function signed(bytes: Buffer): bigint {
  return BigInt.asIntN(bytes.length * 8, unsigned(bytes))
}

function textOfValue(bytes: Buffer, { type, scale }: Pick<DecodedColumn, 'type' | 'scale'>): string {
  switch (type) {
    case 'tinyint':
    case 'bit':
      return String(unsigned(bytes))
    case 'smallint':
    case 'int':
    case 'bigint':
      return String(signed(bytes))
    case 'real':
      return String(bytes.readFloatLE())
    case 'float':
      return String(bytes.readDoubleLE())
    case 'smallmoney':
      return withPoint(signed(bytes), 4)
    case 'money':
      return withPoint(signed(Buffer.concat([bytes.subarray(4), bytes.subarray(0, 4)])), 4)
    case 'decimal':
    case 'numeric':
      return withPoint(unsigned(bytes.subarray(3)) * (bytes[2] === 1 ? 1n : -1n), bytes[1] ?? 0)
    case 'uniqueidentifier':
      return guidText(bytes)
    case 'binary':
    case 'varbinary':
    case 'image':
    case 'rowversion':
    case 'timestamp':
    case 'hierarchyid':
    case 'geography':
    case 'geometry':
      return `0x${bytes.toString('hex')}`
    default:
      return timeText(bytes, type, scale) ?? bytes.toString('utf16le')
  }
}

function withPoint(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return units < 0n ? `-${text}` : text
}

function guidText(bytes: Buffer): string {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  const hex = order.map(i => (bytes[i] ?? 0).toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function timeText(bytes: Buffer, type: string, scale: number): string | null {
  switch (type) {
    case 'date':
      return dateText(Number(unsigned(bytes)))
    case 'time':
      return clockText(unsigned(bytes), scale)
    case 'smalldatetime':
      return `${dateText(SINCE_1900 + bytes.readUInt16LE(0))} ${clockText(BigInt(bytes.readUInt16LE(2)) * 600_000_000n, 0)}`
    case 'datetime': {
      // Of 300 to the second; printed to the nearest millisecond.
      const milliseconds = BigInt(Math.round((bytes.readInt32LE(4) * 10) / 3))
      return `${dateText(SINCE_1900 + bytes.readInt32LE(0))} ${clockText(milliseconds * 10_000n, 3)}`
    }
    case 'datetime2':
      return `${dateText(Number(unsigned(bytes.subarray(5))))} ${clockText(unsigned(bytes.subarray(0, 5)), scale)}`
    case 'datetimeoffset': {
      const offset = bytes.readInt16LE(8)
      const local = unsigned(bytes.subarray(5, 8)) * TICKS_OF_A_DAY + unsigned(bytes.subarray(0, 5)) + BigInt(offset) * 600_000_000n
      return `${dateText(Number(local / TICKS_OF_A_DAY))} ${clockText(local % TICKS_OF_A_DAY, scale)} ${offsetText(offset)}`
    }
    default:
      return null
  }
}

const TICKS_OF_A_DAY = 864_000_000_000n
/** Days from 0001-01-01 to 1900-01-01. */
const SINCE_1900 = 693_595

/** A calendar of its own: Date counts days as SQL Server does, from year 1 to year 9999. */
function dateText(days: number): string {
  const date = new Date(0)
  date.setUTCFullYear(1, 0, 1 + days)
  return `${String(date.getUTCFullYear()).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
}

function clockText(ticks: bigint, scale: number): string {
  const seconds = Number(ticks / 10_000_000n)
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  return scale === 0
    ? clock
    : `${clock}.${String(ticks % 10_000_000n)
        .padStart(7, '0')
        .slice(0, scale)}`
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

const VARIANT_TYPES: Readonly<Record<number, string>> = {
  36: 'uniqueidentifier',
  40: 'date',
  41: 'time',
  42: 'datetime2',
  43: 'datetimeoffset',
  48: 'tinyint',
  50: 'bit',
  52: 'smallint',
  56: 'int',
  58: 'smalldatetime',
  59: 'real',
  60: 'money',
  61: 'datetime',
  62: 'float',
  106: 'decimal',
  108: 'numeric',
  122: 'smallmoney',
  127: 'bigint',
  165: 'varbinary',
  167: 'varchar',
  173: 'binary',
  175: 'char',
  231: 'nvarchar',
  239: 'nchar',
}

function variantText(bytes: Buffer): string {
  const type = VARIANT_TYPES[bytes[0] ?? 0] ?? 'unknown'
  const properties = bytes.subarray(2, 2 + (bytes[1] ?? 0))
  const value = bytes.subarray(2 + (bytes[1] ?? 0))
  if (type === 'char' || type === 'varchar') return `${type}:${new TextDecoder('windows-1252').decode(value)}`
  if (type === 'decimal' || type === 'numeric')
    return `${type}:${withPoint(unsigned(value.subarray(1)) * (value[0] === 1 ? 1n : -1n), properties[1] ?? 0)}`
  const scale = properties[0] ?? 7
  return `${type}:${textOfValue(['time', 'datetime2', 'datetimeoffset'].includes(type) ? widened(value, type, scale) : value, { type, scale })}`
}

/** Inside a sql_variant a time counts units of its own scale in 3 to 5 bytes. */
function widened(value: Buffer, type: string, scale: number): Buffer {
  const rest = value.length - ({ time: 0, datetime2: 3 }[type] ?? 5)
  const ticks = unsigned(value.subarray(0, rest)) * 10n ** BigInt(7 - scale)
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(ticks)
  return Buffer.concat([bytes.subarray(0, 5), value.subarray(rest)])
}
