import fc from 'fast-check'
import type { ColumnDescription, FieldRow, FieldValue, TableDescription } from './database-description.ts'
import type { WriteOptions } from './write-bacpac.ts'

/** A random table with its rows, and how its file is cut up. */
export interface RandomTable {
  readonly table: TableDescription
  readonly rows: readonly FieldRow[]
  readonly options: WriteOptions
}

interface RandomType {
  readonly type: string
  readonly value: fc.Arbitrary<Exclude<FieldValue, null>>
}

const text = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .oneof(fc.string({ unit: 'grapheme', maxLength }), fc.string({ unit: 'binary', maxLength }))
    .filter(value => value.isWellFormed() && !value.includes('\0') && value.length <= maxLength)
const bytes = (maxLength: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength }).map(value => Buffer.from(value))
const integer = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n })
const units = (digits: number, scale: number): fc.Arbitrary<string> =>
  fc.bigInt({ min: -(10n ** BigInt(digits)) + 1n, max: 10n ** BigInt(digits) - 1n }).map(value => pointed(value, scale))
const two = (value: number): string => String(value).padStart(2, '0')
const date = fc
  .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([year, month, day]) => `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`)
const time = (scale: number): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.nat(10 ** scale - 1)).map(([hours, minutes, seconds, fraction]) => {
    const clock = [hours, minutes, seconds].map(two).join(':')
    return scale === 0 ? clock : `${clock}.${String(fraction).padStart(scale, '0')}`
  })
const moment = (scale: number): fc.Arbitrary<string> => fc.tuple(date, time(scale)).map(parts => parts.join(' '))
const scaled = (name: string, value: (scale: number) => fc.Arbitrary<string>): fc.Arbitrary<RandomType> =>
  fc.nat(7).map(scale => ({ type: `${name}(${scale})`, value: value(scale) }))
const sized = (name: string, value: (length: number) => fc.Arbitrary<string | Buffer>): fc.Arbitrary<RandomType> =>
  fc.integer({ min: 1, max: 40 }).map(length => ({ type: `${name}(${length})`, value: value(length) }))
const plain = (type: string, value: RandomType['value']): fc.Arbitrary<RandomType> => fc.constant({ type, value })
const floats = (value: number): string => String(Object.is(value, -0) ? 0 : value)

/** Every type whose values are delivered as they are; no sql_variant, which is delivered as text of another kind. */
const randomType: fc.Arbitrary<RandomType> = fc.oneof(
  plain('bit', fc.bigInt({ min: 0n, max: 1n })),
  plain('tinyint', fc.bigInt({ min: 0n, max: 255n })),
  plain('smallint', integer(16)),
  plain('int', integer(32)),
  plain('bigint', integer(64)),
  fc
    .integer({ min: 1, max: 38 })
    .chain(precision => fc.nat(precision).map(scale => ({ type: `decimal(${precision},${scale})`, value: units(precision, scale) }))),
  plain(
    'money',
    integer(64).map(value => pointed(value, 4)),
  ),
  plain(
    'smallmoney',
    integer(32).map(value => pointed(value, 4)),
  ),
  plain('real', fc.float({ noNaN: true, noDefaultInfinity: true }).map(floats)),
  plain('float', fc.double({ noNaN: true, noDefaultInfinity: true }).map(floats)),
  plain('date', date),
  scaled('time', time),
  scaled('datetime2', moment),
  // The UTC time must be in the calendar too.
  scaled('datetimeoffset', scale =>
    fc
      .tuple(moment(scale), fc.integer({ min: -840, max: 840 }))
      .filter(([at]) => at > '0001-01-02' && at < '9999-12-31')
      .map(([at, offset]) => `${at} ${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`),
  ),
  sized('char', length => text(length).map(value => value.padEnd(length, ' '))),
  sized('nchar', length => text(length).map(value => value.padEnd(length, ' '))),
  sized('varchar', text),
  sized('nvarchar', text),
  sized('varbinary', bytes),
  sized('binary', length => fc.uint8Array({ minLength: length, maxLength: length }).map(value => Buffer.from(value))),
  plain('nvarchar(max)', text(300)),
  plain('varchar(max)', text(300)),
  plain('varbinary(max)', bytes(300)),
  plain('text', text(60)),
  plain('ntext', text(60)),
  plain('image', bytes(60)),
  plain('uniqueidentifier', fc.uuid()),
  plain(
    'rowversion',
    fc.uint8Array({ minLength: 8, maxLength: 8 }).map(value => Buffer.from(value)),
  ),
  plain('sysname', text(128)),
  plain('hierarchyid', bytes(20)),
)

/** 1 to `most` columns of any type, nullable or not, computed ones among them, with any rows. */
export function randomTable(most: number, rows: number): fc.Arbitrary<RandomTable> {
  const column = fc.record({ of: randomType, isNullable: fc.boolean(), isComputed: fc.nat(9).map(n => n === 0) })
  return fc.array(column, { minLength: 1, maxLength: most }).chain(columns => {
    const stored = columns.filter(({ isComputed }) => !isComputed)
    const row = fc.tuple(...stored.map(({ of, isNullable }) => (isNullable ? fc.option(of.value, { nil: null, freq: 4 }) : of.value)))
    const described = columns.map(
      ({ of, isNullable, isComputed }, i): ColumnDescription => ({
        name: `c${i}`,
        type: of.type,
        ...(isComputed ? { computed: '((1))' } : isNullable ? {} : { nullable: false as const }),
      }),
    )
    const options = fc.record({ fileRows: fc.integer({ min: 1, max: 9 }), shuffle: fc.nat() })
    const wanted = stored.length === 0 ? fc.constant([]) : fc.array(row, { maxLength: rows })
    return fc.record({ table: fc.constant({ name: 't', columns: described }), rows: wanted, options })
  })
}

function pointed(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  const point = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return value < 0n ? `-${point}` : point
}
