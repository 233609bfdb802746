import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RehouseError } from '../../../src/errors.ts'
import { loadParser, parseExpression } from '../../../src/expression/parse-expression.ts'
import { asColumn, asConstant, scopeOf, type TypedExpression, typeExpression } from '../../../src/expression/type-expression.ts'
import type { SqlType } from '../../../src/model/sql-type.ts'

await loadParser()

const AT = { file: 'rehouse.yaml', line: 7, column: 20 }

function builtIn(name: string, modifier = -1): SqlType {
  return { kind: 'base', schema: 'pg_catalog', name, modifier, text: modifier === -1 ? name : `${name}(${modifier})`, oid: 0 }
}

const MOOD: SqlType = { kind: 'enum', schema: 'public', name: 'mood', modifier: -1, text: 'mood', oid: 0, labels: ['sad', 'ok'] }
const EMAIL: SqlType = {
  kind: 'domain',
  schema: 'public',
  name: 'email',
  modifier: -1,
  text: 'email',
  oid: 0,
  element: builtIn('varchar', 54),
}
const NAMES: readonly [string, SqlType][] = [
  ['FirstName', builtIn('varchar', 14)],
  ['IsActive', builtIn('bool')],
  ['Count', builtIn('int4')],
  ['Big', builtIn('int8')],
  ['Price', builtIn('numeric', 655_366)],
  ['Score', builtIn('float8')],
  ['Small', builtIn('float4')],
  ['Doc', builtIn('jsonb')],
  ['Raw', builtIn('bytea')],
  ['At', builtIn('timestamptz')],
  ['Mood', MOOD],
  ['Email', EMAIL],
  ['Nick', { ...builtIn('citext'), schema: 'public' }],
  ['dup', builtIn('text')],
  ['DUP', builtIn('text')],
  ['g.slot', builtIn('int4')],
]
const SCOPE = scopeOf(NAMES.map(([name, type], slot) => ({ name: name.split('.'), slot, type })))

function type(text: string): TypedExpression {
  return typeExpression(parseExpression({ text, at: AT }), SCOPE)
}

function refusal(text: string): RehouseError {
  try {
    type(text)
  } catch (error) {
    assert.ok(error instanceof RehouseError, `${text}: ${error}`)
    return error
  }
  return assert.fail(`expected a refusal of ${text}`)
}

test('a name is resolved exactly, else as the only one that differs in case alone', () => {
  for (const text of ['FirstName', 'firstname', 'FIRSTNAME', '"FirstName"']) assert.equal(asColumn(type(text)), 0, text)
  assert.equal(asColumn(type('dup')), 13)
  assert.equal(asColumn(type('DUP')), 14)
  assert.equal(asColumn(type('g.slot')), 15)
  assert.equal(asColumn(type('G.Slot')), 15)
})

test('an ambiguous or unknown name is refused at its place with the nearest known name', () => {
  const ambiguous = refusal("Count = 1 and Dup = 'x'")
  assert.equal(ambiguous.code, 'MAPPING_UNKNOWN_COLUMN')
  assert.match(ambiguous.message, /dup or DUP/)
  assert.deepEqual(ambiguous.where, { file: AT.file, line: 7, column: 34 })
  assert.equal(refusal("'x' || FristName").next, 'Did you mean FirstName?')
  assert.equal(refusal('"firstname" is null').code, 'MAPPING_UNKNOWN_COLUMN')
  assert.equal(refusal('g.slots').next, 'Did you mean g.slot?')
})

test('a single column is recognised as such, also when a cast changes nothing', () => {
  assert.equal(asColumn(type('Email')), 11)
  assert.deepEqual(type('Email').type, EMAIL)
  assert.equal(asColumn(type('(firstName)::text')), 0)
  assert.equal(asColumn(type('coalesce(null, Count)')), 2)
  for (const text of ["FirstName || ''", 'Count + 0', 'Big::int4', 'not IsActive', 'Price::numeric(5,1)'])
    assert.equal(asColumn(type(text)), null, text)
})

test('what is the same for every row is recognised as a constant', () => {
  const cases: [string, unknown][] = [
    ["'a' || 'b'", 'ab'],
    ['1 + 2 * 3', 7],
    ['null', null],
    ['Count + null', null],
    ['IsActive and false', false],
    ['coalesce(null, 5, Count)', 5],
    ["case when 1 > 2 then FirstName else 'x' end", 'x'],
    ['nullif(null, Count)', null],
    ["'7'::int8", 7n],
  ]
  for (const [text, value] of cases) assert.deepEqual(asConstant(type(text)), { value }, text)
  assert.equal(asConstant(type('Count')), null)
})

test('a literal takes the type of what it meets, alone it is text', () => {
  assert.equal(type("'x'").type.name, 'text')
  assert.equal(type('null').type.name, 'text')
  assert.equal(type("coalesce(Count, '5')").type.name, 'int4')
  assert.equal(type("coalesce(Mood, 'ok')").type, MOOD)
  assert.equal(type("coalesce(FirstName, 'much longer than the column allows')").type.modifier, -1)
  assert.equal(type('coalesce(FirstName, FirstName)').type.modifier, 14)
  assert.equal(type("case when IsActive then 'a' end").type.name, 'text')
})

test('the result has the type PostgreSQL gives it', () => {
  const cases: [string, string][] = [
    ['Count = 1', 'bool'],
    ['Count + 1', 'int4'],
    ['Count + 3000000000', 'int8'],
    ['Count * Price', 'numeric'],
    ['coalesce(Count, Big)', 'int8'],
    ['coalesce(Big, 1.5)', 'numeric'],
    ['nullif(Count, Big)', 'int4'],
    ["nullif(FirstName, '')", 'text'],
    ["Doc -> 'a'", 'jsonb'],
    ["Doc ->> 'a'", 'text'],
    ['length(FirstName)', 'int4'],
    ['Count::int2', 'int2'],
    ['FirstName || Count', 'text'],
  ]
  for (const [text, name] of cases) assert.equal(type(text).type.name, name, text)
})

test('types that do not fit are refused with what to write instead', () => {
  const cases: [string, RegExp, RegExp][] = [
    ['IsActive = 0', /bool and integer/, /IsActive = false/],
    ['IsActive in (0, 1)', /bool and integer/, /not IsActive/],
    ['case IsActive when 1 then 2 end', /bool and integer/, /IsActive = false/],
    ['Count = FirstName', /int4 and varchar/, /::text/],
    ['Count and IsActive', /condition \(boolean\), got int4/, /Count <> 0/],
    ['not FirstName', /condition/, /is not null/],
    ['Score + 1', /integers or numeric/, /exact/],
    ['- Score', /integers or numeric/, /exact/],
    ["'1' + '2'", /integers or numeric/, /exact/],
    ['Count || Big', /text on one side/, /::text/],
    ['Doc || FirstName', /one text form/, /::text/],
    ['lower(Count)', /text for lower/, /::text/],
    ['Doc = Doc', /compared/, /->>/],
    ['Nick = FirstName', /compared/, /lower/],
    ["FirstName -> 'a'", /json or jsonb/, /json/],
    ['Doc -> 1.5', /name or position/, /'name'/],
    ['coalesce(Count, FirstName)', /one type/, /::text/],
    ['coalesce(Small, Big)', /one type/, /::text/],
    ['case when IsActive then 1 else FirstName end', /one type/, /::text/],
    ['Raw = Raw', /compared/, /::text/],
    ['Raw::text', /cast to text/, /as:/],
    ['Score::text', /cast to text/, /not exact/],
    ['At::date', /cast to date/, /time zone/],
    ['Big::bool', /cast to boolean/, /as:/],
    ["Mood = 'angry'", /label/, /literal/],
    ["Count = 'x'", /integer/, /literal/],
    ["At > '2020-01-01 00:00'", /offset/, /literal/],
    ["'2020-02-30'::date", /exists/, /literal/],
    ['2147483647 + 1', /range of integer/, /literal/],
    ["Count in ('1', 'x')", /integer/, /literal/],
  ]
  for (const [text, message, next] of cases) {
    const error = refusal(text)
    assert.equal(error.code, 'EXPRESSION_TYPE', text)
    assert.match(error.message, message, text)
    assert.match(error.next, next, text)
    assert.equal(error.where.file, AT.file)
  }
})

test('a number numeric cannot hold is refused', () => {
  assert.equal(refusal('1e200000').code, 'EXPRESSION_INVALID')
})
