import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import { DONE, LOSSY } from '../../../src/cast/cast.ts'
import { findCast } from '../../../src/cast/find-cast.ts'
import { keyText } from '../../../src/cast/key-text.ts'
import { valueText } from '../../../src/cast/value-text.ts'
import type { SqlType } from '../../../src/model/sql-type.ts'
import { castField } from '../../support/random-fields.ts'

const own = (name: string): SqlType => ({ kind: 'base', schema: 'sqlserver', name, modifier: 7, text: `sqlserver.${name}(7)`, oid: 0 })
const DATETIME2 = own('datetime2')
const TIME = own('time')
const OFFSET = own('datetimeoffset')
const SECOND = 10_000_000n
const FIRST = -630_822_816_000_000_000n
const LAST = 2_524_556_159_999_999_999n

/** Ticks of 100 ns since 2000-01-01 of an ISO time in UTC and as many more. */
function ticks(iso: string, more = 0n): bigint {
  return (BigInt(Date.parse(`${iso}Z`)) - 946_684_800_000n) * 10_000n + more
}

function field(value: bigint, offset?: number): Buffer {
  const bytes = Buffer.alloc(offset === undefined ? 8 : 10)
  bytes.writeBigInt64BE(value)
  if (offset !== undefined) bytes.writeInt16BE(offset, 8)
  return bytes
}

function cast(source: SqlType, target: string, bytes: Buffer, zone: string | null = null) {
  const [name = '', digits] = target.split(' ')
  const type = builtinType(name, digits === undefined ? -1 : Number(digits))
  const { result, field: written } = castField(source, type, bytes, { zone })
  return [result, written && valueText(type)(written, 0, written.length)]
}

test('a datetime2 prints all its digits, and its texts reach from the year 1 to 9999', () => {
  const text = (value: bigint): string => valueText(DATETIME2)(field(value), 0, 8)
  assert.equal(text(FIRST), '0001-01-01 00:00:00')
  assert.equal(text(LAST), '9999-12-31 23:59:59.9999999')
  assert.equal(text(ticks('2003-02-01T11:22:33', 1_234_567n)), '2003-02-01 11:22:33.1234567')
  assert.equal(text(-1n), '1999-12-31 23:59:59.9999999')
  assert.deepEqual(cast(DATETIME2, 'text', field(-10n)), [DONE, '1999-12-31 23:59:59.999999'])
})

test('a datetime2 becomes a timestamp, and its seventh digit is lost unless it is 0', () => {
  const at = ticks('2003-02-01T11:22:33')
  assert.deepEqual(cast(DATETIME2, 'timestamp', field(at + 1_234_560n)), [DONE, '2003-02-01 11:22:33.123456'])
  assert.deepEqual(cast(DATETIME2, 'timestamp', field(at + 1_234_567n)), [LOSSY, '2003-02-01 11:22:33.123457'])
  assert.deepEqual(cast(DATETIME2, 'timestamp', field(LAST)), [LOSSY, '10000-01-01 00:00:00'])
  assert.deepEqual(cast(DATETIME2, 'timestamp', field(FIRST)), [DONE, '0001-01-01 00:00:00'])
  // Rounded once, not first to 6 digits and then to 3.
  assert.deepEqual(cast(DATETIME2, 'timestamp 3', field(at + 4_996n)), [LOSSY, '2003-02-01 11:22:33'])
  assert.deepEqual(cast(DATETIME2, 'timestamp 3', field(at + 5_000n)), [LOSSY, '2003-02-01 11:22:33.001'])
})

test('every datetime2 of six digits survives as a timestamp', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: FIRST / 10n, max: LAST / 10n }), micros => {
      const { result, field: written } = castField(DATETIME2, builtinType('timestamp'), field(micros * 10n), {})
      assert.equal(result, DONE)
      assert.equal(written?.readBigInt64BE(), micros)
    }),
  )
})

test('a local time without a zone becomes an instant by the tenant’s zone', () => {
  assert.deepEqual(cast(DATETIME2, 'timestamptz', field(ticks('2024-07-01T12:00:00', 5_000_000n)), 'America/New_York'), [
    DONE,
    '2024-07-01 16:00:00.5+00',
  ])
  assert.deepEqual(cast(DATETIME2, 'timestamptz', field(ticks('2024-07-01T12:00:00', 1n)), 'America/New_York'), [
    LOSSY,
    '2024-07-01 16:00:00+00',
  ])
  assert.equal(
    findCast({ source: DATETIME2, target: builtinType('timestamptz'), sourceVersion: 0, targetVersion: 180_000 })?.needsZone,
    true,
  )
})

test('the date of a datetime2 is never the next day’s, and loses the time of day unless that is midnight', () => {
  assert.deepEqual(cast(DATETIME2, 'date', field(ticks('2003-02-01T00:00:00'))), [DONE, '2003-02-01'])
  assert.deepEqual(cast(DATETIME2, 'date', field(ticks('2003-02-02T00:00:00') - 1n)), [LOSSY, '2003-02-01'])
  assert.deepEqual(cast(DATETIME2, 'date', field(ticks('2003-02-01T00:00:00') + 1n)), [LOSSY, '2003-02-01'])
})

test('a time of seven digits becomes a time of six, or an interval, or its text', () => {
  const noon = 43_200n * SECOND
  assert.deepEqual(cast(TIME, 'time', field(noon + 10n)), [DONE, '12:00:00.000001'])
  assert.deepEqual(cast(TIME, 'time', field(noon + 1n)), [LOSSY, '12:00:00'])
  assert.deepEqual(cast(TIME, 'time', field(86_400n * SECOND - 1n)), [LOSSY, '24:00:00'])
  assert.deepEqual(cast(TIME, 'time 0', field(noon + 5_000_000n)), [LOSSY, '12:00:01'])
  assert.deepEqual(cast(TIME, 'interval', field(noon)), [DONE, '12:00:00'])
  assert.deepEqual(cast(TIME, 'text', field(noon + 1n)), [DONE, '12:00:00.0000001'])
  assert.deepEqual(cast(DATETIME2, 'time', field(ticks('2003-02-01T11:22:33'))), [LOSSY, '11:22:33'])
  assert.deepEqual(cast(DATETIME2, 'time', field(-1n)), [LOSSY, '24:00:00'])
})

test('a datetimeoffset becomes its instant; the offset is lost unless it is 0 or that of the tenant’s zone', () => {
  const at = ticks('2024-07-01T12:00:00')
  assert.deepEqual(cast(OFFSET, 'timestamptz', field(at, 0)), [DONE, '2024-07-01 12:00:00+00'])
  assert.deepEqual(cast(OFFSET, 'timestamptz', field(at, 120)), [LOSSY, '2024-07-01 12:00:00+00'])
  assert.deepEqual(cast(OFFSET, 'timestamptz', field(at, 120), 'Europe/Berlin'), [DONE, '2024-07-01 12:00:00+00'])
  assert.deepEqual(cast(OFFSET, 'timestamptz', field(at, 60), 'Europe/Berlin'), [LOSSY, '2024-07-01 12:00:00+00'])
  assert.deepEqual(cast(OFFSET, 'timestamptz', field(at + 1n, 0)), [LOSSY, '2024-07-01 12:00:00+00'])
  assert.deepEqual(cast(OFFSET, 'timestamp', field(at, 120), 'Europe/Berlin'), [DONE, '2024-07-01 14:00:00'])
  assert.deepEqual(cast(OFFSET, 'date', field(ticks('2024-06-30T22:00:00'), 120), 'Europe/Berlin'), [DONE, '2024-07-01'])
  assert.deepEqual(cast(OFFSET, 'time', field(at, 120), 'Europe/Berlin'), [LOSSY, '14:00:00'])
  assert.deepEqual(cast(OFFSET, 'text', field(at + 1n, -330)), [DONE, '2024-07-01 06:30:00.0000001-05:30'])
})

test('equal instants are one key, whatever the clock they were written by', () => {
  const key = (offset: number): string => keyText(OFFSET)(field(ticks('2024-07-01T12:00:00'), offset), 0, 10)
  assert.equal(key(0), key(840))
})
