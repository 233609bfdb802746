import fc from 'fast-check'
import { TupleWriter } from '../../src/base/tuple-writer.ts'
import { type CastContext, type CastResult, REFUSED } from '../../src/cast/cast.ts'
import { findCast } from '../../src/cast/find-cast.ts'
import { NumericValue } from '../../src/cast/numeric-value.ts'
import type { SqlType } from '../../src/model/sql-type.ts'

/** Random fields, as a server could send them, of the types whose bytes can be made without one. */

export const SERVER = 180_004
export const CONTEXT: CastContext = { zone: 'America/New_York', gap: 'shift_forward', overlap: 'later', zoneHit: () => undefined }

function bytes(size: number, fill: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(size)
  fill(buffer)
  return buffer
}

const int64 = (least: bigint, most: bigint): fc.Arbitrary<Buffer> =>
  fc.bigInt({ min: least, max: most }).map(value => bytes(8, b => b.writeBigInt64BE(value)))
const int32 = (least: number, most: number): fc.Arbitrary<Buffer> =>
  fc.integer({ min: least, max: most }).map(value => bytes(4, b => b.writeInt32BE(value)))
const decimalText = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 40n }), fc.integer({ min: 0, max: 45 }))
  .map(([isNegative, digits, scale]) => `${isNegative ? '-' : ''}${digits}e-${scale}`)
const timestamp = fc.oneof(
  int64(-211_813_488_000_000_000n, 9_223_371_331_199_999_999n),
  int64(-3_000_000_000_000_000n, 3_000_000_000_000_000n),
)

/** A numeric field of decimal text. */
export function numericField(text: string): Buffer {
  const value = new NumericValue()
  const out = new TupleWriter(64)
  if (!value.parse(text)) throw new RangeError(`expected a number, got ${text}`)
  value.write(out)
  return Buffer.from(out.bytes().subarray(4))
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter(value => !value.includes('\0') && value.isWellFormed())

export const RANDOM_FIELDS: Readonly<Record<string, fc.Arbitrary<Buffer>>> = {
  bool: fc.boolean().map(value => Buffer.of(value ? 1 : 0)),
  int2: fc.integer({ min: -32_768, max: 32_767 }).map(value => bytes(2, b => b.writeInt16BE(value))),
  int4: int32(-2_147_483_648, 2_147_483_647),
  int8: int64(-(2n ** 63n), 2n ** 63n - 1n),
  oid: fc.nat({ max: 4_294_967_295 }).map(value => bytes(4, b => b.writeUInt32BE(value))),
  float4: fc.float().map(value => bytes(4, b => b.writeFloatBE(value))),
  float8: fc.double().map(value => bytes(8, b => b.writeDoubleBE(value))),
  numeric: fc.oneof(decimalText, fc.constantFrom('NaN', 'Infinity', '-Infinity')).map(numericField),
  text: text.map(value => Buffer.from(value)),
  varchar: text.map(value => Buffer.from(value)),
  bytea: fc.uint8Array({ maxLength: 40 }).map(value => Buffer.from(value)),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(value => Buffer.from(value)),
  date: fc.oneof(
    int32(-2_451_545, 2_145_031_948),
    fc.constantFrom(...[2_147_483_647, -2_147_483_648].map(day => bytes(4, b => b.writeInt32BE(day)))),
  ),
  time: int64(0n, 86_400_000_000n),
  timetz: fc.tuple(int64(0n, 86_400_000_000n), int32(-57_599, 57_599)).map(parts => Buffer.concat(parts)),
  timestamp,
  timestamptz: timestamp,
  interval: fc
    .tuple(int64(-(2n ** 62n), 2n ** 62n), int32(-2_147_483_648, 2_147_483_647), int32(-2_147_483_647, 2_147_483_647))
    .map(parts => Buffer.concat(parts)),
  pg_lsn: fc.uint8Array({ minLength: 8, maxLength: 8 }).map(value => Buffer.from(value)),
  macaddr: fc.uint8Array({ minLength: 6, maxLength: 6 }).map(value => Buffer.from(value)),
  macaddr8: fc.uint8Array({ minLength: 8, maxLength: 8 }).map(value => Buffer.from(value)),
  inet: fc
    .tuple(fc.nat({ max: 32 }), fc.uint8Array({ minLength: 4, maxLength: 4 }))
    .map(([bits, address]) => Buffer.concat([Buffer.of(2, bits, 0, 4), address])),
  varbit: fc.array(fc.boolean(), { maxLength: 20 }).map(bits => {
    const buffer = Buffer.alloc(4 + Math.ceil(bits.length / 8))
    buffer.writeInt32BE(bits.length)
    for (const [i, bit] of bits.entries()) if (bit) buffer[4 + (i >> 3)] = (buffer[4 + (i >> 3)] ?? 0) | (0x80 >> (i & 7))
    return buffer
  }),
}

export interface CastDone {
  readonly result: CastResult
  /** The field written; null when refused. */
  readonly field: Buffer | null
}

/** Casts one field. Throws when no rule leads there. */
export function castField(
  source: SqlType,
  target: SqlType,
  field: Buffer,
  options: Partial<CastContext> & { from?: number; to?: number } = {},
): CastDone {
  const { from = SERVER, to = SERVER, ...context } = options
  const rule = findCast({ source, target, sourceVersion: from, targetVersion: to })
  if (!rule) throw new RangeError(`expected a cast from ${source.text} to ${target.text}, got none`)
  const out = new TupleWriter(8)
  // Not at the beginning of the buffer, as in a row.
  const data = Buffer.concat([Buffer.from('xx'), field, Buffer.from('yy')])
  const result = rule.compile({ ...CONTEXT, ...context })(data, 2, field.length, out)
  if (result === REFUSED) return { result, field: null }
  const written = Buffer.from(out.bytes())
  if (written.readInt32BE(0) !== written.length - 4)
    throw new RangeError(`expected a field of ${written.readInt32BE(0)} bytes, got ${written.length - 4}`)
  return { result, field: written.subarray(4) }
}
