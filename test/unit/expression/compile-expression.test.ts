import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileExpression } from '../../../src/expression/compile-expression.ts'
import { loadParser, parseExpression } from '../../../src/expression/parse-expression.ts'
import { scopeOf, typeExpression } from '../../../src/expression/type-expression.ts'
import { ValueError } from '../../../src/expression/value-error.ts'
import type { SqlType } from '../../../src/model/sql-type.ts'
import type { Value } from '../../../src/model/value.ts'

await loadParser()

type Cells = Readonly<Record<string, readonly [string, Value]>>

function builtIn(name: string): SqlType {
  return { kind: 'base', schema: 'pg_catalog', name, modifier: -1, text: name, oid: 0 }
}

/** The value of an expression over named cells of a type and a value each. */
function evaluate(text: string, cells: Cells = {}): Value {
  const entries = Object.entries(cells)
  const scope = scopeOf(entries.map(([name, [type]], slot) => ({ name: [name], slot, type: builtIn(type) })))
  const typed = typeExpression(parseExpression({ text, at: { file: 'x', line: 1, column: 1 } }), scope)
  return compileExpression(typed)({ value: slot => entries[slot]?.[1][1] ?? null })
}

function codeOf(text: string, cells: Cells): string {
  try {
    evaluate(text, cells)
  } catch (error) {
    assert.ok(error instanceof ValueError, `${text}: ${error}`)
    return error.code
  }
  return assert.fail(`expected ${text} to fail`)
}

const a = (value: Value): Cells => ({ a: ['bool', value], b: ['bool', null] })

test('and, or and not follow three-valued logic', () => {
  const values: Value[] = [true, false, null]
  const and = (x: Value, y: Value) => (x === false || y === false ? false : x === null || y === null ? null : true)
  for (const x of values)
    for (const y of values) {
      const cells: Cells = { a: ['bool', x], b: ['bool', y] }
      assert.equal(evaluate('a and b', cells), and(x, y))
      const either = and(x === null ? null : !x, y === null ? null : !y)
      assert.equal(evaluate('a or b', cells), either === null ? null : !either)
      assert.equal(evaluate('not a', cells), x === null ? null : !x)
    }
})

test('a comparison with NULL is NULL, and is distinct from takes it for a value', () => {
  assert.equal(evaluate('a = b', a(true)), null)
  assert.equal(evaluate('a <> b', a(true)), null)
  assert.equal(evaluate('a is distinct from b', a(true)), true)
  assert.equal(evaluate('a is not distinct from b', a(null)), true)
  assert.equal(evaluate('b is null', a(true)), true)
})

test('in and not in are NULL where only a NULL could decide', () => {
  const cells: Cells = { n: ['int4', 5] }
  assert.equal(evaluate('n in (1, 5, null)', cells), true)
  assert.equal(evaluate('n in (1, null)', cells), null)
  assert.equal(evaluate('n not in (1, null)', cells), null)
  assert.equal(evaluate('n not in (1, 2)', cells), true)
  assert.equal(evaluate('n in (1, 2)', { n: ['int4', null] }), null)
})

test('text compares by code point, whatever the collation', () => {
  const cells: Cells = { t: ['text', 'é'], astral: ['text', '😀'], high: ['text', '\uffee'] }
  assert.equal(evaluate("'Z' < 'a'"), true)
  assert.equal(evaluate("t > 'z'", cells), true)
  assert.equal(evaluate('astral > high', cells), true)
  assert.equal(evaluate("t = 'e\u0301'", cells), false)
})

test('blanks at the end count in text and varchar, not in char', () => {
  assert.equal(evaluate("t = 'a'", { t: ['text', 'a '] }), false)
  assert.equal(evaluate("c = 'a'", { c: ['bpchar', 'a   '] }), true)
  assert.equal(evaluate("c || '!'", { c: ['bpchar', 'a   '] }), 'a!')
  assert.equal(evaluate('length(c)', { c: ['bpchar', 'a   '] }), 1)
})

test('length counts characters and trim takes only blanks away', () => {
  assert.equal(evaluate("length('é😀')"), 2)
  assert.equal(evaluate('trim(t)', { t: ['text', ' \tx\u00a0 '] }), '\tx\u00a0')
  assert.equal(evaluate("btrim('😀é😀', '😀')"), 'é')
  assert.equal(evaluate("ltrim('xyxa', 'yx')"), 'a')
})

test('upper and lower map by Unicode, of no particular language', () => {
  assert.equal(evaluate("upper('straße')"), 'STRASSE')
  assert.equal(evaluate("lower('ÀÉÎ')"), 'àéî')
  assert.equal(evaluate("lower('ΟΔΟΣ')"), 'οδος')
  assert.equal(evaluate("upper('iı')"), 'II')
})

test('numbers keep every digit', () => {
  assert.equal(evaluate('b + 1', { b: ['int8', 9007199254740993n] }), 9007199254740994n)
  assert.equal(evaluate('n * 1.10', { n: ['numeric', '12345678901234567890.05'] }), '13580246791358024679.0550')
  assert.equal(evaluate('n = 1.5', { n: ['numeric', '1.500'] }), true)
  assert.equal(evaluate('i < n', { i: ['int8', 9007199254740993n], n: ['numeric', '9007199254740993.1'] }), true)
  assert.ok(Object.is(evaluate('i * 0', { i: ['int4', -5] }), 0))
})

test('members of a document keep their digits and their spelling', () => {
  const cells: Cells = { j: ['json', '{"n": 1.10, "deep": {"k" : [1e2, "\\u00e9\\"", null]}, "n": 12345678901234567890.000}'] }
  assert.equal(evaluate("j -> 'n'", cells), '12345678901234567890.000')
  assert.equal(evaluate("j -> 'deep'", cells), '{"k" : [1e2, "\\u00e9\\"", null]}')
  assert.equal(evaluate("j -> 'deep' -> 'k' ->> 1", cells), 'é"')
  assert.equal(evaluate("j -> 'deep' -> 'k' ->> 2", cells), null)
  assert.equal(evaluate("j -> 'deep' -> 'k' -> -1", cells), 'null')
  assert.equal(evaluate("j ->> 'none'", cells), null)
})

test('a document nested 100,000 deep is walked without overflowing the stack', () => {
  const deep = `{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}, "b": 1}`
  assert.equal(evaluate("j ->> 'b'", { j: ['jsonb', deep] }), '1')
})

test('an error of a value is a ValueError with the SQLSTATE, and its message does not hold the value', () => {
  const cases: [string, Cells, string][] = [
    ['n + 1', { n: ['int4', 2147483647] }, '22003'],
    ['- n', { n: ['int2', -32768] }, '22003'],
    ['n * n', { n: ['int8', 3037000500n] }, '22003'],
    ['n::int2', { n: ['int4', 40000] }, '22003'],
    ['t::int4', { t: ['text', 'secret'] }, '22P02'],
    ['t::uuid', { t: ['text', 'secret'] }, '22P02'],
    ['t::bool', { t: ['text', 'secret'] }, '22P02'],
    ['t::date', { t: ['text', 'secret'] }, '22007'],
    ['t::date', { t: ['text', '2021-02-29'] }, '22008'],
    ['n::int4', { n: ['numeric', 'NaN'] }, '0A000'],
    ['n::numeric(3,1)', { n: ['numeric', '99.95'] }, '22003'],
    ["j ->> 'a'", { j: ['json', '{"a":"\\u0000"}'] }, '22P05'],
    ["j ->> 'a'", { j: ['json', '{"b":"\\ud800"}'] }, '22P02'],
  ]
  for (const [text, cells, code] of cases) assert.equal(codeOf(text, cells), code, text)
  assert.throws(
    () => evaluate('t::int4', { t: ['text', 'secret'] }),
    (error: Error) => !error.message.includes('secret'),
  )
})

test('what is not needed is not computed', () => {
  const cells: Cells = { t: ['text', 'x'], b: ['bool', false] }
  assert.equal(evaluate('b and t::int4 = 1', cells), false)
  assert.equal(evaluate('not b or t::int4 = 1', cells), true)
  assert.equal(evaluate('case when b then t::int4 else 7 end', cells), 7)
  assert.equal(evaluate('coalesce(t, t::int4::text)', cells), 'x')
})

test('only the ISO form of a date is read', () => {
  assert.equal(evaluate('t::date', { t: ['text', ' 2000-01-02 '] }), 1)
  for (const form of ['1/2/2000', '20000102', 'Jan 2 2000', '2000-01-02 10:00'])
    assert.equal(codeOf('t::date', { t: ['text', form] }), '22007')
})
