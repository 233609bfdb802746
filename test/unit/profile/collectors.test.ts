import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashBytes } from '../../../src/base/row-hash.ts'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import type { Value } from '../../../src/model/value.ts'
import { ColumnCollector } from '../../../src/profile/column-collector.ts'
import type { ColumnFacts } from '../../../src/profile/column-facts.ts'
import { DistinctCounter } from '../../../src/profile/distinct-counter.ts'
import { HashSet } from '../../../src/profile/hash-set.ts'
import { SampledQuartiles } from '../../../src/profile/sampled-quartiles.ts'
import { ShapeCounter, textShape } from '../../../src/profile/text-shape.ts'
import { fieldOf } from '../../contract/table-spec.ts'

const half = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2147483648, max: 2147483647 }))

test('a set of hashes answers as a set does, and beyond its limit holds nothing and says so', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(half, half), { maxLength: 400 }), fc.integer({ min: 0, max: 300 }), (pairs, limit) => {
      const set = new HashSet(limit)
      const known = new Set<string>()
      for (const [hi, lo] of pairs) {
        const isNew = !known.has(`${hi},${lo}`)
        if (!set.isOver) assert.equal(set.add(hi, lo), isNew)
        known.add(`${hi},${lo}`)
        assert.equal(set.isOver, known.size > limit)
        assert.equal(set.has(hi, lo), known.size <= limit)
      }
      const seen: string[] = []
      set.each((hi, lo) => seen.push(`${hi},${lo}`))
      assert.deepEqual(seen.sort(), known.size > limit ? [] : [...known].sort())
    }),
  )
})

test('different values are counted exactly up to the limit, beyond it within 7 per cent', () => {
  const lanes = new Int32Array(2)
  const data = Buffer.alloc(8)
  for (const distinct of [1, 99, 100, 101, 5_000, 60_000, 300_000]) {
    const counter = new DistinctCounter(100)
    for (let i = 0; i < distinct; i++) {
      data.writeBigInt64BE(BigInt(i % distinct) * 7n)
      lanes.fill(0)
      hashBytes(data, 0, 8, lanes)
      counter.add(lanes[0] as number, lanes[1] as number)
    }
    assert.equal(counter.isExact, distinct <= 100)
    const error = Math.abs(counter.count - distinct) / distinct
    assert.ok(distinct <= 100 ? error === 0 : error < 0.07, `${distinct}: ${counter.count}`)
  }
})

function collect(type: string, values: readonly Value[]): ColumnFacts {
  const column = { name: 'c', type: builtinType(type), isNullable: true, hasDefault: false, generated: 'no', collation: null } as const
  const collector = new ColumnCollector(column, 1000)
  for (const value of values) {
    const field = fieldOf(type, value)
    // A byte before and after: offsets are meant.
    const data = Buffer.concat([Buffer.from([1]), field ?? Buffer.alloc(0), Buffer.from([1])])
    collector.add(data, 1, field === null ? -1 : field.length)
  }
  return collector.facts()
}

const messy = fc.oneof(
  fc.constant(null),
  fc.constantFrom(
    '',
    ' ',
    '\t',
    'a',
    'A',
    ' a',
    'a ',
    'Straße',
    'STRASSE',
    '12',
    '-7',
    '1.5',
    '2020-02-30',
    '2020-02-29',
    'yes',
    'x\u0001',
    'Ã¤',
    'â€™',
  ),
  fc.string({ maxLength: 5 }).filter(text => !text.includes('\0')),
)

test('what is counted of texts is what counting them one by one gives', () => {
  fc.assert(
    fc.property(fc.array(messy, { maxLength: 60 }), values => {
      const facts = collect('text', values)
      const given = values.filter(value => value !== null)
      const filled = given.filter(value => value.trim() !== '')
      const count = (test: (text: string) => boolean): number => given.filter(test).length
      assert.equal(facts.rows, values.length)
      assert.equal(facts.nulls, values.length - given.length)
      assert.equal(facts.distinct, new Set(given).size)
      const { texts } = facts
      assert.ok(texts !== null)
      assert.equal(
        texts.empty,
        count(text => text === ''),
      )
      assert.equal(
        texts.blank,
        count(text => text !== '' && text.trim() === ''),
      )
      assert.equal(texts.filled, filled.length)
      assert.equal(texts.padded, filled.filter(text => text !== text.trim()).length)
      assert.equal(texts.shortest, given.length === 0 ? null : Math.min(...given.map(text => text.length)))
      assert.equal(texts.longest, given.length === 0 ? null : Math.max(...given.map(text => text.length)))
      const one = (text: string): string => text.trim().normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
      assert.equal(texts.variants, new Set(filled).size - new Set(filled.map(one)).size)
      const sorted = [...filled].sort()
      assert.deepEqual(texts.extremes, filled.length === 0 ? null : { min: sorted[0], max: sorted.at(-1) })
      const isWhole = filled.length > 0 && filled.every(text => /^[+-]?\d+$/.test(text.trim()))
      if (isWhole) assert.ok(texts.looks === 'integer' || texts.looks === 'boolean')
      else assert.notEqual(texts.looks, 'integer')
      assert.equal(texts.shapes.reduce((sum, { count: times }) => sum + times, 0) <= filled.length, true)
    }),
  )
})

test('smallest and largest are exact for integers of 64 bits and decimals, whatever a double makes of them', () => {
  const wide = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n),
  )
  fc.assert(
    fc.property(fc.array(wide, { minLength: 1, maxLength: 30 }), values => {
      const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
      const extremes = { min: String(sorted[0]), max: String(sorted.at(-1)) }
      assert.deepEqual(collect('int8', values).numbers?.extremes, extremes)
      assert.deepEqual(collect('numeric', values.map(String)).numbers?.extremes, extremes)
    }),
  )
  assert.equal(collect('numeric', ['1.50', '1.5', '2']).distinct, 2)
  assert.equal(collect('numeric', ['1.50', '2']).numbers?.isWhole, false)
  assert.equal(collect('numeric', ['1.00', '2']).numbers?.isWhole, true)
})

const DAY = 86_400_000_000n

test('dates that can hardly be meant are counted, each once', () => {
  // Days since 2000-01-01: 0001-01-01, 9999-12-31, 1899-12-31, 1900-01-01, 2099-12-31, 2100-01-01.
  const days = [-730_119, 2_921_939, -36_525, -36_524, 36_524, 36_525, 0]
  const dates = collect('date', [...days, 2_147_483_647, null]).moments
  assert.deepEqual(
    { ...dates, extremes: null },
    { extremes: null, isMidnight: false, firstDay: 1, lastDay: 1, before1900: 1, after2100: 1, infinite: 1 },
  )
  assert.deepEqual(dates?.extremes, { min: '0001-01-01', max: '9999-12-31' })
  const times = collect(
    'timestamp',
    days.map(day => BigInt(day) * DAY),
  ).moments
  assert.deepEqual(
    { ...times, infinite: 1 },
    { ...dates, isMidnight: true, extremes: { min: '0001-01-01 00:00:00', max: '9999-12-31 00:00:00' } },
  )
  assert.equal(collect('timestamp', [0n, 1n]).moments?.isMidnight, false)
})

test('a number far outside is told from an honest tail', () => {
  const outlierOf = (values: readonly number[]): string | undefined => collect('int4', values).numbers?.outlier
  const even = Array.from({ length: 500 }, (_, i) => i)
  assert.equal(outlierOf(even), 'none')
  assert.equal(outlierOf([...even, 100_000]), 'high')
  assert.equal(outlierOf([...even, -100_000]), 'low')
  assert.equal(outlierOf([...even, -100_000, 100_000]), 'both')
  assert.equal(outlierOf(even.map(i => i * i)), 'none')
  assert.equal(new SampledQuartiles().fences(), null)
})

test('a shape says nothing of what a text says', () => {
  const letters = fc.string({ unit: fc.constantFrom(...'abcxyzABCXYZ0189 -.@äÖ'), maxLength: 30 })
  const swap: Readonly<Record<string, string>> = { a: 'x', b: 'y', c: 'z', A: 'X', B: 'Y', C: 'Z', '0': '8', '1': '9', ä: 'a', Ö: 'A' }
  fc.assert(
    fc.property(letters, text => {
      const other = [...text].map(letter => swap[letter] ?? letter).join('')
      assert.equal(textShape(text), textShape(other))
    }),
  )
  assert.equal(textShape('AB-12 street'), 'AA-99 aaa+')
})

test('the commonest shapes are exact while there are at most 64, and never too low after that', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 500 }), seen => {
      const counter = new ShapeCounter()
      const counts = new Map<string, number>()
      for (const i of seen) {
        counter.add(String(i))
        counts.set(String(i), (counts.get(String(i)) ?? 0) + 1)
      }
      assert.equal(counter.isExact, counts.size <= 64)
      for (const { shape, count } of counter.top(100)) {
        const real = counts.get(shape) ?? 0
        assert.ok(counter.isExact ? count === real : count >= real)
      }
    }),
  )
})
