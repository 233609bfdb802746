import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  addDecimals,
  canonicalDecimal,
  compareDecimals,
  multiplyDecimals,
  negateDecimal,
  roundDecimal,
  subtractDecimals,
} from '../../../src/base/decimal-text.ts'

const scaled = fc.record({
  units: fc.oneof(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.bigInt({ min: -200n, max: 200n })),
  scale: fc.integer({ min: 0, max: 30 }),
})
const special = fc.constantFrom('NaN', 'Infinity', '-Infinity')

/** The text of units / 10^scale, by division: another way than the code under test goes. */
function text({ units, scale }: { units: bigint; scale: number }): string {
  const size = units < 0n ? -units : units
  const one = 10n ** BigInt(scale)
  const fraction = scale === 0 ? '' : `.${String(size % one).padStart(scale, '0')}`
  return `${units < 0n ? '-' : ''}${size / one}${fraction}`
}

test('sums, differences and products are exact and keep the scale numeric gives them', () => {
  fc.assert(
    fc.property(scaled, scaled, (a, b) => {
      const scale = Math.max(a.scale, b.scale)
      const [x, y] = [a, b].map(n => n.units * 10n ** BigInt(scale - n.scale))
      assert.equal(addDecimals(text(a), text(b)), text({ units: (x ?? 0n) + (y ?? 0n), scale }))
      assert.equal(subtractDecimals(text(a), text(b)), text({ units: (x ?? 0n) - (y ?? 0n), scale }))
      assert.equal(multiplyDecimals(text(a), text(b)), text({ units: a.units * b.units, scale: a.scale + b.scale }))
      assert.equal(Math.sign(compareDecimals(text(a), text(b))), (x ?? 0n) < (y ?? 0n) ? -1 : x === y ? 0 : 1)
    }),
    { numRuns: 1000 },
  )
})

test('a number is read from every form numeric reads and written in canonical form with its scale', () => {
  const cases: [string, string | null][] = [
    ['1.50', '1.50'],
    ['+1.50', '1.50'],
    ['-0', '0'],
    ['-0.00', '0.00'],
    ['007', '7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1e3', '1000'],
    ['1.5e3', '1500'],
    ['1.5E-3', '0.0015'],
    ['0e5', '0'],
    ['00.00e2', '0'],
    ['nan', 'NaN'],
    ['inf', 'Infinity'],
    ['-INFINITY', '-Infinity'],
    ['', null],
    ['.', null],
    ['-', null],
    ['1e', null],
    ['0x1f', null],
    ['1_000', null],
    [' 1', null],
    ['1,5', null],
  ]
  for (const [from, to] of cases) assert.equal(canonicalDecimal(from), to, from)
  fc.assert(fc.property(scaled, number => assert.equal(canonicalDecimal(text(number)), text(number))))
})

test('a number numeric cannot hold throws RangeError before it is made', () => {
  for (const from of ['1e131072', '1e999999999', '1e-16384']) assert.throws(() => canonicalDecimal(from), RangeError, from)
  assert.equal(canonicalDecimal('1e131071')?.length, 131_072)
  const largest = '9'.repeat(131_072)
  assert.throws(() => addDecimals(largest, '1'), RangeError)
  assert.throws(() => multiplyDecimals(largest, '10'), RangeError)
  const smallest = `0.${'0'.repeat(16_382)}1`
  assert.equal(multiplyDecimals(smallest, '0.5').length, smallest.length)
})

test('rounding goes half away from zero to exactly the scale asked for', () => {
  const cases: [string, number, string][] = [
    ['2.5', 0, '3'],
    ['-2.5', 0, '-3'],
    ['2.4999', 0, '2'],
    ['-0.004', 2, '0.00'],
    ['1.005', 2, '1.01'],
    ['7', 2, '7.00'],
    ['NaN', 2, 'NaN'],
  ]
  for (const [from, scale, to] of cases) assert.equal(roundDecimal(from, scale), to)
})

test('NaN equals itself and is above everything, and infinities are the ends', () => {
  const order = ['-Infinity', '-1.5', '0', '1.5', 'Infinity', 'NaN']
  for (const [i, a] of order.entries())
    for (const [j, b] of order.entries()) assert.equal(Math.sign(compareDecimals(a, b)), Math.sign(i - j), `${a} ${b}`)
})

test('arithmetic with NaN and infinities is that of IEEE numbers', () => {
  const any = fc.oneof(special, fc.constantFrom('0', '0.00', '-1.5', '2'))
  const word = (value: number) =>
    Number.isNaN(value) ? 'NaN' : value === Number.POSITIVE_INFINITY ? 'Infinity' : value === Number.NEGATIVE_INFINITY ? '-Infinity' : null
  fc.assert(
    fc.property(special, any, (a, b) => {
      for (const [x, y] of [
        [a, b],
        [b, a],
      ] as const) {
        assert.equal(addDecimals(x, y), word(Number(x) + Number(y)))
        assert.equal(subtractDecimals(x, y), word(Number(x) - Number(y)))
        assert.equal(multiplyDecimals(x, y), word(Number(x) * Number(y)))
      }
      assert.equal(negateDecimal(a), word(-Number(a)))
    }),
  )
})
