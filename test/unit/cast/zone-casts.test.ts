import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import { DONE, LOSSY, REFUSED } from '../../../src/cast/cast.ts'
import { findCast } from '../../../src/cast/find-cast.ts'
import { valueText } from '../../../src/cast/value-text.ts'
import { RehouseError } from '../../../src/errors.ts'
import type { GapPolicy, OverlapPolicy } from '../../../src/model/mapping.ts'
import { CONTEXT, castField, RANDOM_FIELDS, SERVER } from '../../support/random-fields.ts'

const local = builtinType('timestamp')
const instant = builtinType('timestamptz')

function field(text: string): Buffer {
  const { field: written } = castField(builtinType('text'), local, Buffer.from(text))
  assert.ok(written)
  return written
}

interface Seen {
  readonly result: number
  readonly text: string | null
  readonly hits: readonly string[]
}

function toInstant(text: string, zone: string, policies: { gap?: GapPolicy; overlap?: OverlapPolicy } = {}): Seen {
  const hits: string[] = []
  const done = castField(local, instant, field(text), { zone, ...policies, zoneHit: kind => hits.push(kind) })
  return { result: done.result, text: done.field && valueText(instant)(done.field, 0, 8), hits }
}

test('a local time left out by the clock is counted and settled by the gap rule', () => {
  const gap = '2024-03-10 02:30:00.000001'
  assert.deepEqual(toInstant(gap, 'America/New_York', { gap: 'shift_forward' }), {
    result: DONE,
    text: '2024-03-10 07:30:00.000001+00',
    hits: ['gap'],
  })
  assert.deepEqual(toInstant(gap, 'America/New_York', { gap: 'shift_back' }), {
    result: DONE,
    text: '2024-03-10 06:30:00.000001+00',
    hits: ['gap'],
  })
  assert.deepEqual(toInstant(gap, 'America/New_York', { gap: 'quarantine' }), { result: REFUSED, text: null, hits: ['gap'] })
  assert.deepEqual(toInstant('2024-03-10 01:59:59.999999', 'America/New_York').hits, [])
  assert.deepEqual(toInstant('2024-03-10 03:00', 'America/New_York'), { result: DONE, text: '2024-03-10 07:00:00+00', hits: [] })
})

test('a local time shown twice by the clock is counted and settled by the overlap rule', () => {
  const twice = '2024-11-03 01:30'
  assert.deepEqual(toInstant(twice, 'America/New_York', { overlap: 'earlier' }), {
    result: DONE,
    text: '2024-11-03 05:30:00+00',
    hits: ['overlap'],
  })
  assert.deepEqual(toInstant(twice, 'America/New_York', { overlap: 'later' }), {
    result: DONE,
    text: '2024-11-03 06:30:00+00',
    hits: ['overlap'],
  })
  assert.deepEqual(toInstant(twice, 'America/New_York', { overlap: 'quarantine' }), { result: REFUSED, text: null, hits: ['overlap'] })
  assert.deepEqual(toInstant('2024-11-03 02:00', 'America/New_York').hits, [])
})

test('offsets are exact to the second, before 1900 and after 2037 too', () => {
  assert.equal(toInstant('1850-06-01 12:00', 'America/New_York').text, '1850-06-01 16:56:02+00')
  assert.equal(toInstant('1883-11-18 12:03:57', 'America/New_York', { overlap: 'earlier' }).text, '1883-11-18 16:59:59+00')
  assert.equal(toInstant('1972-01-07 00:44:29', 'Africa/Monrovia').text, '1972-01-07 01:28:59+00')
  assert.equal(toInstant('2500-07-01 12:00', 'America/New_York').text, '2500-07-01 16:00:00+00')
  assert.equal(toInstant('290000-07-01 12:00', 'America/New_York').text, '290000-07-01 16:00:00+00')
  assert.equal(toInstant('0044-03-15 12:00 BC', 'America/New_York').text, '0044-03-15 16:56:02+00 BC')
})

test('microseconds beyond 2^53 stay exact', () => {
  assert.equal(toInstant('200000-01-01 00:00:00.000001', 'Asia/Kolkata').text, '199999-12-31 18:30:00.000001+00')
  fc.assert(
    fc.property(RANDOM_FIELDS.timestamp as fc.Arbitrary<Buffer>, given => {
      const there = castField(local, instant, given, { zone: 'Asia/Kathmandu', overlap: 'later' })
      if (!there.field || given.readBigInt64BE() < 0n) return
      // Since 1986 the zone is 5:45 ahead.
      assert.equal(there.field.readBigInt64BE(), given.readBigInt64BE() - 20_700_000_000n)
    }),
  )
})

test('an instant becomes the local time of the zone; in an overlap it is lossy', () => {
  const instantField = (text: string): Buffer => castField(builtinType('text'), instant, Buffer.from(text)).field as Buffer
  const toLocal = (text: string) => {
    const { result, field: written } = castField(instant, local, instantField(text))
    return [result, written && valueText(local)(written, 0, 8)]
  }
  assert.deepEqual(toLocal('2024-07-01 12:00Z'), [DONE, '2024-07-01 08:00:00'])
  assert.deepEqual(toLocal('2024-11-03 05:30Z'), [LOSSY, '2024-11-03 01:30:00'])
  assert.deepEqual(toLocal('2024-11-03 06:30Z'), [LOSSY, '2024-11-03 01:30:00'])
  assert.deepEqual(toLocal('2024-11-03 07:00Z'), [DONE, '2024-11-03 02:00:00'])
  assert.deepEqual(toLocal('2024-03-10 07:00Z'), [DONE, '2024-03-10 03:00:00'])
})

test('infinities stay infinities between dates, local times and instants', () => {
  for (const word of ['infinity', '-infinity']) {
    for (const from of ['date', 'timestamp', 'timestamptz']) {
      const source = builtinType(from)
      const given = castField(builtinType('text'), source, Buffer.from(word)).field as Buffer
      for (const to of ['date', 'timestamp', 'timestamptz']) {
        const done = castField(source, builtinType(to), given)
        assert.equal(done.result, DONE)
        assert.equal(done.field && valueText(builtinType(to))(done.field, 0, done.field.length), word)
      }
    }
  }
})

test('a date is midnight in the zone, and an instant at midnight in the zone a date without loss', () => {
  const date = castField(builtinType('text'), builtinType('date'), Buffer.from('2024-07-01')).field as Buffer
  const midnight = castField(builtinType('date'), instant, date)
  assert.equal(midnight.field && valueText(instant)(midnight.field, 0, 8), '2024-07-01 04:00:00+00')
  assert.deepEqual(castField(instant, builtinType('date'), midnight.field as Buffer), { result: DONE, field: date })
  assert.equal(castField(instant, builtinType('date'), midnight.field as Buffer, { zone: 'UTC' }).result, LOSSY)
})

test('a rule that needs a zone throws TENANT_INVALID with the manifest line to add when the tenant has none, or one that does not exist', () => {
  const rule = findCast({ source: local, target: instant, sourceVersion: SERVER, targetVersion: SERVER })
  assert.equal(rule?.needsZone, true)
  for (const zone of [null, 'Mars/Olympus']) {
    assert.throws(
      () => rule?.compile({ ...CONTEXT, zone }),
      (error: unknown) => error instanceof RehouseError && error.code === 'TENANT_INVALID' && error.next.includes('zone'),
    )
  }
})

test('text without an offset is local in the tenant’s zone, and refused when the tenant has none', () => {
  const cast = (text: string, zone: string | null) => castField(builtinType('text'), instant, Buffer.from(text), { zone })
  assert.deepEqual(cast('2024-07-01 08:00', 'America/New_York').field, cast('2024-07-01T12:00:00Z', null).field)
  assert.equal(cast('2024-07-01 08:00', null).result, REFUSED)
})
