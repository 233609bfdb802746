import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { arrayOf, builtinType, packNumericModifier } from '../../../src/cast/builtin-types.ts'
import { DONE, LOSSY, REFUSED } from '../../../src/cast/cast.ts'
import { findCast } from '../../../src/cast/find-cast.ts'
import type { SqlType } from '../../../src/model/sql-type.ts'
import { castField, numericField, RANDOM_FIELDS, SERVER } from '../../support/random-fields.ts'

const sides = (source: SqlType, target: SqlType) => ({ source, target, sourceVersion: SERVER, targetVersion: SERVER })
const text = (value: string): Buffer => Buffer.from(value)
const varchar = (length: number): SqlType => builtinType('varchar', length + 4)
const bpchar = (length: number): SqlType => builtinType('bpchar', length + 4)
const numeric = (precision: number, scale: number): SqlType => builtinType('numeric', packNumericModifier(precision, scale))
const own = (rest: Partial<SqlType>): SqlType => ({
  kind: 'base',
  schema: 'public',
  name: 'thing',
  modifier: -1,
  text: 'thing',
  oid: 50_000,
  ...rest,
})

/** Targets of the property: every built-in scalar, and modifiers wide enough for rules without loss. */
const TARGETS = [...Object.keys(RANDOM_FIELDS).map(name => builtinType(name)), varchar(50), numeric(30, 5), bpchar(60)]

for (const [name, fields] of Object.entries(RANDOM_FIELDS)) {
  test(`a random ${name} survives every rule without loss and comes back in the same bytes`, () => {
    const source = builtinType(name)
    const targets = TARGETS.filter(target => findCast(sides(source, target))?.loss === 'never')
    assert.ok(targets.length > 0)
    for (const target of targets) {
      const hasWayBack = findCast(sides(target, source)) !== null
      fc.assert(
        fc.property(fields, field => {
          const there = castField(source, target, field)
          assert.equal(there.result, DONE)
          if (!there.field || !hasWayBack) return
          // NaN has many bit patterns; PostgreSQL's own has none of the others.
          assert.deepEqual(castField(target, source, there.field).field, field, `${source.text} → ${target.text} → ${source.text}`)
        }),
        { numRuns: 100 },
      )
    }
  })
}

test('a value that is not lossy to a narrower type comes back in the same value', () => {
  for (const [from, to] of [
    ['int8', 'int2'],
    ['int8', 'float8'],
    ['float8', 'float4'],
    ['float8', 'int8'],
    ['timestamp', 'date'],
  ] as const) {
    fc.assert(
      fc.property(RANDOM_FIELDS[from] as fc.Arbitrary<Buffer>, field => {
        const there = castField(builtinType(from), builtinType(to), field)
        if (there.result === DONE && there.field)
          assert.deepEqual(castField(builtinType(to), builtinType(from), there.field).field, field, `${from} → ${to}`)
      }),
    )
  }
})

test('a numeric narrowed to a scale is lossy when digits other than zero go, and is written as the server would store it', () => {
  const target = numeric(10, 2)
  const cast = (value: string) => castField(builtinType('numeric'), target, numericField(value))
  assert.deepEqual(cast('1.5'), { result: DONE, field: numericField('1.50') })
  assert.deepEqual(cast('1.5000'), { result: DONE, field: numericField('1.50') })
  assert.deepEqual(cast('1.005'), { result: LOSSY, field: numericField('1.01') })
  assert.deepEqual(cast('-1.005'), { result: LOSSY, field: numericField('-1.01') })
  assert.deepEqual(cast('0.001'), { result: LOSSY, field: numericField('0.00') })
  assert.equal(cast('99999999.995').result, REFUSED)
  assert.equal(cast('100000000').result, REFUSED)
  assert.equal(cast('Infinity').result, REFUSED)
  assert.deepEqual(cast('NaN'), { result: DONE, field: numericField('NaN') })
})

test('text longer than varchar(n) is refused, blanks beyond it are lossy, and characters are counted, not bytes', () => {
  const cast = (value: string) => castField(builtinType('text'), varchar(3), text(value))
  assert.deepEqual(cast('äöü'), { result: DONE, field: text('äöü') })
  assert.deepEqual(cast('😀😀😀'), { result: DONE, field: text('😀😀😀') })
  assert.deepEqual(cast('ab   '), { result: LOSSY, field: text('ab ') })
  assert.equal(cast('abcd').result, REFUSED)
  assert.equal(cast('ab  c').result, REFUSED)
})

test('character(n) is written with its padding and gives it back', () => {
  assert.deepEqual(castField(builtinType('text'), bpchar(4), text('ä')), { result: DONE, field: text('ä   ') })
  assert.deepEqual(castField(builtinType('text'), bpchar(4), text('ä ')), { result: LOSSY, field: text('ä   ') })
  assert.deepEqual(castField(bpchar(4), builtinType('text'), text('ä   ')), { result: DONE, field: text('ä') })
  assert.deepEqual(castField(bpchar(4), bpchar(6), text('ä   ')), { result: DONE, field: text('ä     ') })
})

test('text with NUL or broken UTF-8 from a source that is not PostgreSQL is refused', () => {
  const foreign = { from: 0 }
  const type = builtinType('text')
  assert.equal(castField(type, type, Buffer.of(97, 0, 98), foreign).result, REFUSED)
  assert.equal(castField(type, type, Buffer.of(97, 0xc3), foreign).result, REFUSED)
  assert.deepEqual(castField(type, type, text('ä'), foreign), { result: DONE, field: text('ä') })
  assert.equal(findCast({ ...sides(type, type), sourceVersion: 0 })?.isPassThrough, false)
})

test('the padding of a character(n) of a source that is not PostgreSQL is no loss, however wide that engine counts it', () => {
  const foreign = { from: 0 }
  assert.deepEqual(castField(bpchar(6), bpchar(6), text('en    '), foreign), { result: DONE, field: text('en    ') })
  assert.deepEqual(castField(bpchar(6), bpchar(6), text('\u{1f600}    '), foreign), { result: DONE, field: text('\u{1f600}     ') })
  assert.deepEqual(castField(bpchar(6), builtinType('text'), text('en    '), foreign), { result: DONE, field: text('en') })
  assert.equal(castField(bpchar(6), bpchar(6), text('longer!'), foreign).result, REFUSED)
})

test('the modifier of a source that is not PostgreSQL promises nothing', () => {
  const rule = findCast({ ...sides(numeric(10, 2), numeric(10, 2)), sourceVersion: 0 })
  assert.equal(rule?.isPassThrough, false)
  assert.deepEqual(castField(numeric(10, 2), numeric(10, 2), numericField('1.5'), { from: 0 }), {
    result: DONE,
    field: numericField('1.50'),
  })
})

test('an infinite interval is refused by a server before 17, and the longest interval of one is not taken for an infinity', () => {
  const type = builtinType('interval')
  const longest = Buffer.from('7fffffffffffffff7fffffff7fffffff', 'hex')
  const day = Buffer.from('00000000000000000000000100000000', 'hex')
  assert.equal(castField(type, type, longest, { from: 180_000, to: 150_000 }).result, REFUSED)
  assert.equal(castField(type, type, longest, { from: 150_000, to: 180_000 }).result, REFUSED)
  assert.equal(castField(type, builtinType('text'), longest, { from: 150_000 }).result, REFUSED)
  assert.deepEqual(castField(type, type, day, { from: 180_000, to: 150_000 }), { result: DONE, field: day })
  assert.equal(findCast({ ...sides(type, type), sourceVersion: 170_000 })?.isPassThrough, true)
})

test('an infinite numeric is refused by a server before 14', () => {
  const type = builtinType('numeric')
  assert.equal(castField(type, type, numericField('-Infinity'), { to: 130_000 }).result, REFUSED)
  assert.equal(castField(type, type, numericField('NaN'), { to: 130_000 }).result, DONE)
})

test('an enum goes where its labels exist, and only they', () => {
  const source = own({ kind: 'enum', labels: ['a', 'b'] })
  assert.equal(findCast(sides(source, own({ kind: 'enum', labels: ['c', 'b', 'a'] })))?.isPassThrough, true)
  const narrow = own({ kind: 'enum', labels: ['b'] })
  assert.equal(castField(source, narrow, text('b')).result, DONE)
  assert.equal(castField(source, narrow, text('a')).result, REFUSED)
})

test('an array carries the element OID of the target', () => {
  const source = arrayOf(own({ kind: 'enum', labels: ['a'], oid: 111 }))
  const target = arrayOf(own({ kind: 'enum', labels: ['a'], oid: 222 }))
  const field = Buffer.from('0000000100000000' + '0000006f' + '00000001' + '00000001' + '0000000161', 'hex')
  const { field: written } = castField(source, target, field)
  assert.equal(written?.readUInt32BE(8), 222)
  assert.equal(findCast(sides(source, arrayOf(own({ kind: 'enum', labels: ['a'], oid: 0 })))), null)
})

test('types that mean nothing elsewhere, and unknown types of other versions or schemas, lead nowhere', () => {
  assert.equal(findCast(sides(builtinType('regclass'), builtinType('regclass'))), null)
  assert.equal(findCast(sides(builtinType('bool'), builtinType('int4'))), null)
  assert.equal(findCast(sides(own({}), own({})))?.isPassThrough, true)
  assert.equal(findCast({ ...sides(own({}), own({})), targetVersion: 150_000 }), null)
  assert.equal(findCast(sides(own({}), own({ schema: 'other' }))), null)
  assert.equal(findCast(sides(own({}), builtinType('text'))), null)
})

test('json becomes the text PostgreSQL prints of jsonb; the last of equal keys wins and is lossy; \\u0000 is refused', () => {
  const cast = (value: string) => {
    const { result, field } = castField(builtinType('json'), builtinType('jsonb'), text(value))
    return [result, field?.toString('utf8', 1)]
  }
  assert.deepEqual(cast('{"bb":1.50,"a":[1e2,{}]}'), [DONE, '{"a": [100, {}], "bb": 1.50}'])
  assert.deepEqual(cast('{"a":1,"a":2}'), [LOSSY, '{"a": 2}'])
  assert.equal(cast('"\\u0000"')[0], REFUSED)
  assert.equal(cast('{"a":}')[0], REFUSED)
})
