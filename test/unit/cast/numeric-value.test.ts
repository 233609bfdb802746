import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TupleWriter } from '../../../src/base/tuple-writer.ts'
import { NumericValue } from '../../../src/cast/numeric-value.ts'

const decimal = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 60n }), fc.integer({ min: 0, max: 70 }))
  .map(([isNegative, digits, scale]) => ({ value: isNegative ? -digits : digits, scale }))

/** Exact text of value × 10^-scale. */
function plain(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${value < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(digits.length - scale)}`}`
}

/** Half away from zero, on integers. */
function rounded(value: bigint, drop: number): bigint {
  if (drop <= 0) return value * 10n ** BigInt(-drop)
  const unit = 10n ** BigInt(drop)
  const size = value < 0n ? -value : value
  const result = (size + unit / 2n) / unit
  return value < 0n ? -result : result
}

test('decimal text goes into the binary form and back with every digit and its scale', () => {
  const [value, again, out] = [new NumericValue(), new NumericValue(), new TupleWriter()]
  fc.assert(
    fc.property(decimal, given => {
      const text = plain(given.value, given.scale)
      assert.ok(value.parse(text))
      assert.equal(value.text(), text)
      out.reset()
      value.write(out)
      again.read(out.buf, 4, out.at - 4)
      assert.equal(again.text(), text)
    }),
  )
})

test('rounding is half away from zero at any scale, and says whether digits were lost', () => {
  const value = new NumericValue()
  fc.assert(
    fc.property(decimal, fc.integer({ min: -20, max: 75 }), (given, scale) => {
      value.parse(plain(given.value, given.scale))
      const isLost = value.round(scale)
      const kept = rounded(given.value, given.scale - scale)
      const expected = scale >= 0 ? plain(kept, scale) : plain(kept * 10n ** BigInt(-scale), 0)
      assert.equal(value.text(), expected)
      assert.equal(isLost, scale < given.scale && kept * 10n ** BigInt(given.scale - scale) !== given.value)
    }),
  )
})

test('whole digits, whole numbers and trimmed scales are those of the decimal text', () => {
  const value = new NumericValue()
  fc.assert(
    fc.property(decimal, given => {
      const text = plain(given.value, given.scale)
      value.parse(text)
      const whole = given.value / 10n ** BigInt(given.scale)
      assert.equal(value.wholeBigint, whole)
      if (whole !== 0n) assert.equal(value.wholeDigits, String(whole < 0n ? -whole : whole).length)
      value.trimScale()
      assert.equal(value.text(), text.includes('.') ? text.replace(/\.?0+$/, '').replace(/^-0$/, '0') : text)
    }),
  )
})

test('integers are set exactly', () => {
  const value = new NumericValue()
  fc.assert(
    fc.property(fc.maxSafeInteger(), integer => {
      value.setInteger(integer)
      assert.equal(value.text(), String(integer + 0))
      assert.equal(value.wholeNumber + 0, integer + 0)
    }),
  )
})

test('text that is no number, or one numeric cannot hold, is not read', () => {
  const value = new NumericValue()
  for (const text of ['', '.', '-', '1..2', '1e', 'abc', '0x1F', '1_000', '1e200000', '1e-20000', 'in', '1 2'])
    assert.equal(value.parse(text), false, text)
  for (const [text, shown] of [
    [' 1.50 ', '1.50'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['+1e3', '1000'],
    ['1.5e-3', '0.0015'],
    ['nan', 'NaN'],
    ['-inf', '-Infinity'],
  ] as const) {
    assert.ok(value.parse(text))
    assert.equal(value.text(), shown)
  }
})

test('a field that is not a numeric is not read', () => {
  const value = new NumericValue()
  assert.throws(() => value.read(Buffer.alloc(4), 0, 4), RangeError)
  assert.throws(() => value.read(Buffer.from('0002000000000000', 'hex'), 0, 8), RangeError)
})
