import { TupleCursor } from '../../../src/base/tuple-cursor.ts'
import type { SqlType } from '../../../src/model/sql-type.ts'

/** What a source delivered, as text in the independent decoder's words, so that the two can be compared. Bytes are taken apart here, not by the product's casts. */
export async function textRows(chunks: AsyncIterable<Buffer>, types: readonly SqlType[]): Promise<(string | null)[][]> {
  const cursor = new TupleCursor(types.length)
  const rows: (string | null)[][] = []
  for await (const chunk of chunks) {
    cursor.push(chunk)
    while (cursor.next()) rows.push(types.map((type, i) => fieldText(cursor, type, i)))
  }
  if (cursor.pending !== 0) throw new Error(`expected whole rows, got ${cursor.pending} bytes of another`)
  return rows
}

function fieldText(cursor: TupleCursor, type: SqlType, field: number): string | null {
  const length = cursor.length[field] ?? -1
  const start = cursor.start[field] ?? 0
  return length < 0 ? null : textOf(cursor.data.subarray(start, start + length), type)
}

const TEXTS = ['text', 'varchar', 'bpchar', 'name', 'xml']

function textOf(bytes: Buffer, { schema, name, modifier }: SqlType): string {
  if (TEXTS.includes(name)) return bytes.toString('utf8')
  if (schema === 'sqlserver') return ownText(bytes, name, modifier)
  switch (name) {
    case 'bool':
      return String(bytes.readUInt8())
    case 'int2':
      return String(bytes.readInt16BE())
    case 'int4':
      return String(bytes.readInt32BE())
    case 'int8':
      return String(bytes.readBigInt64BE())
    case 'float4':
      return String(bytes.readFloatBE())
    case 'float8':
      return String(bytes.readDoubleBE())
    case 'numeric':
      return numericText(bytes)
    case 'date':
      return dateText(bytes.readInt32BE())
    case 'time':
      return clockText(bytes.readBigInt64BE() * 10n, modifier)
    case 'timestamp':
      return momentText(bytes.readBigInt64BE() * 10n, modifier)
    case 'uuid':
      return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    case 'bytea':
      return `0x${bytes.toString('hex')}`
    default:
      throw new TypeError(`expected a type a BACPAC is delivered in, got ${name}`)
  }
}

/** docs/design/008: counts of 100 ns. */
function ownText(bytes: Buffer, name: string, scale: number): string {
  const ticks = bytes.readBigInt64BE()
  if (name === 'time') return clockText(ticks, scale)
  if (name === 'datetime2') return momentText(ticks, scale)
  if (name !== 'datetimeoffset') throw new TypeError(`expected a type of SQL Server, got ${name}`)
  const offset = bytes.readInt16BE(8)
  const size = Math.abs(offset)
  const clock = [Math.floor(size / 60), size % 60].map(part => String(part).padStart(2, '0')).join(':')
  return `${momentText(ticks + BigInt(offset) * 600_000_000n, scale)} ${offset < 0 ? '-' : '+'}${clock}`
}

const TICKS_A_DAY = 864_000_000_000n

/** Since 2000-01-01. */
function momentText(ticks: bigint, scale: number): string {
  const inDay = ((ticks % TICKS_A_DAY) + TICKS_A_DAY) % TICKS_A_DAY
  return `${dateText(Number((ticks - inDay) / TICKS_A_DAY))} ${clockText(inDay, scale)}`
}

function dateText(days: number): string {
  const date = new Date(Date.UTC(2000, 0, 1) + days * 86_400_000)
  return date.toISOString().slice(0, 10)
}

function clockText(ticks: bigint, scale: number): string {
  const text = new Date(Number(ticks / 10_000n)).toISOString().slice(11, 19)
  return scale === 0
    ? text
    : `${text}.${String(ticks % 10_000_000n)
        .padStart(7, '0')
        .slice(0, scale)}`
}

function numericText(bytes: Buffer): string {
  const [count, weight, sign, scale] = [0, 2, 4, 6].map(at => bytes.readInt16BE(at)) as [number, number, number, number]
  let units = 0n
  for (let i = 0; i < count; i++) units = units * 10_000n + BigInt(bytes.readInt16BE(8 + i * 2))
  // From base 10000 with `weight` to units of the scale.
  const exponent = (weight - count + 1) * 4 + scale
  const value = exponent >= 0 ? units * 10n ** BigInt(exponent) : units / 10n ** BigInt(-exponent)
  const digits = String(value).padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return sign === 0 ? text : `-${text}`
}
