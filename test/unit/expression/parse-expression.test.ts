import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RehouseError } from '../../../src/errors.ts'
import type { ExpressionNode } from '../../../src/expression/expression-node.ts'
import { loadParser, namesIn, parseExpression } from '../../../src/expression/parse-expression.ts'

await loadParser()

const AT = { file: 'rehouse.yaml', line: 7, column: 20 }

function parse(text: string): ExpressionNode {
  return parseExpression({ text, at: AT })
}

function refusal(text: string): RehouseError {
  try {
    parse(text)
  } catch (error) {
    assert.ok(error instanceof RehouseError, `${text.slice(0, 80)}: ${error}`)
    return error
  }
  return assert.fail(`expected a refusal of ${text.slice(0, 80)}`)
}

function nameOf(text: string): readonly string[] {
  const node = parse(text)
  assert.equal(node.kind, 'name')
  return node.kind === 'name' ? node.parts.map(part => part.text) : []
}

test('a text that is only one word is a column name, in its own spelling, even if SQL reserves the word', () => {
  for (const word of ['FirstName', 'order', 'USER', 'end', 'select', 'current_date', 'Größe', '名前', '_x$1', 'a'.repeat(200), ' Id\n']) {
    assert.deepEqual(nameOf(word), [word.trim()])
  }
})

test('true, false and null alone are constants in any case', () => {
  for (const word of ['true', 'FALSE', 'Null']) assert.equal(parse(word).kind, 'literal')
})

test('names keep the spelling and length they were written with', () => {
  assert.deepEqual(namesIn(parse('FirstName || LastName || "Odd ""Name""" || g.Slot.order || FirstName')), [
    ['FirstName'],
    ['LastName'],
    ['Odd "Name"'],
    ['g', 'Slot', 'order'],
  ])
  const long = `X${'é'.repeat(60)}`
  assert.deepEqual(namesIn(parse(`${long} = 1`)), [[long]])
  assert.deepEqual(namesIn(parse(`"${long}" = 'é' and Ünïcode . B = 2`)), [[long], ['Ünïcode', 'B']])
})

test('every construct of the subset is read as what it is', () => {
  const kinds: [string, ExpressionNode['kind']][] = [
    ["'text'", 'literal'],
    ['-1.5', 'literal'],
    ['a <> 1', 'compare'],
    ['a != 1', 'compare'],
    ['a is distinct from b', 'distinct'],
    ['a and b and c', 'and'],
    ['a or b', 'or'],
    ['not a', 'not'],
    ['a is null', 'null_test'],
    ['a is not null', 'null_test'],
    ['a in (1, 2)', 'in'],
    ['a not in (1)', 'in'],
    ['a between 1 and 2', 'between'],
    ['a not between 1 and 2', 'between'],
    ['a + b', 'arithmetic'],
    ['- a', 'negate'],
    ["a || 'x'", 'concat'],
    ["a -> 'x'", 'member'],
    ['a ->> 0', 'member'],
    ['case when a then 1 else 2 end', 'case'],
    ['case a when 1 then 2 end', 'case'],
    ['coalesce(a, b)', 'coalesce'],
    ["nullif(a, '')", 'nullif'],
    ['trim(a)', 'call'],
    ["trim(leading 'x' from a)", 'call'],
    ['btrim(a)', 'call'],
    ['lower(a)', 'call'],
    ['length(a)', 'call'],
    ['a::numeric(10, 2)', 'cast'],
    ['cast(a as bigint)', 'cast'],
    ["date '2020-01-01'", 'cast'],
    ['(((a)))', 'name'],
  ]
  for (const [text, kind] of kinds) assert.equal(parse(text).kind, kind, text)
})

test('every part has the place where it stands, counted in characters', () => {
  const node = parse("é || '😀' || lower(Name)")
  assert.ok(node.kind === 'concat' && node.right.kind === 'call')
  assert.deepEqual(node.right.at, { ...AT, column: AT.column + 13 })
  assert.deepEqual(node.right.args[0]?.at, { ...AT, column: AT.column + 19 })
  const lines = parse('a\nand\n  b.C = 1')
  assert.ok(lines.kind === 'and')
  assert.deepEqual(lines.items[1]?.kind === 'compare' && lines.items[1].left.at, { file: AT.file, line: AT.line + 2, column: 3 })
})

test('what the subset does not have is refused by name, at its place', () => {
  const cases: [string, RegExp, number][] = [
    ['1; select 2', /end of a statement/, 1],
    ["'; drop table x; --", /quotes to end/, 0],
    ['a; drop table b', /end of a statement/, 1],
    ['(select 1)', /subquery/, 0],
    ['a in (select b from c)', /subquery/, 2],
    ['exists (select 1)', /subquery/, 0],
    ['a = $1', /parameter/, 4],
    ['$$x$$', /parameter or dollar/, 0],
    ['a -- comment', /comment/, 2],
    ['a /* comment */', /comment/, 2],
    ["U&'d\\0061t'", /prefix U&/, 0],
    ['U&"d\\0061t" = 1', /prefix U&/, 0],
    ["E'\\n'", /prefix E/, 0],
    ["x = b'01'", /prefix b/, 4],
    ["'a' 'b'", /operator between/, 4],
    ['a b', /name b after/, 2],
    ['a as b', /name b after/, 5],
    ['a, b', /several/, 3],
    ['a from b', /fromClause/, 0],
    ['distinct a', /distinctClause/, 0],
    ['all a', /all/, 0],
    ['*', /\*/, 0],
    ['a.*', /\*/, 0],
    ['now()', /now/, 0],
    ['pg_sleep(1) is null', /pg_sleep/, 0],
    ['x.lower(a)', /x\.lower/, 0],
    ['lower(distinct a)', /distinct/, 0],
    ['lower(a, b)', /expected 1 arguments/, 0],
    ['lower(a) over ()', /over/, 0],
    ['a like b', /like/, 2],
    ["a ~ 'x'", /~/, 2],
    ['a / b', /\//, 2],
    ['a operator(pg_catalog.+) b', /pg_catalog/, 2],
    ['a = any(b)', /any/, 2],
    ['a between symmetric 1 and 2', /between symmetric/, 2],
    ['array[1]', /array/, 0],
    ['a[1]', /part of a value/, 0],
    ['(a).b', /part of a value/, 1],
    ['row(1, 2)', /row/, 0],
    ['(a, b) = (1, 2)', /row/, 0],
    ['a is true', /is true/, 2],
    ['a collate "C"', /collate/, 2],
    ['user = 1', /when and by whom/, 0],
    ['greatest(a, b)', /greatest/, 0],
    ['a::varchar(3)', /varchar/, 3],
    ['a::int[]', /int4/, 3],
    ['a::numeric(2, 3)', /limit/, 3],
    ['a::timestamptz', /timestamptz/, 3],
    ["interval '1 day'", /interval/, 0],
    ['1_000', /digit/, 0],
    ['0x1f', /digit/, 0],
    ['2ndName', /digit/, 0],
    ['+ a', /\+ before/, 0],
    ['a\u00a0= 1', /U\+00A0/, 1],
    ['a = \u200bb', /U\+200B/, 4],
    ['order = 1', /syntax error/, 6],
    ['case when a', /syntax error/, 11],
    ['é = 1 1', /syntax error/, 6],
    ['()', /syntax error/, 1],
    ['\u0001', /U\+0001/, 0],
  ]
  for (const [text, message, offset] of cases) {
    const error = refusal(text)
    assert.equal(error.code, 'EXPRESSION_INVALID', text)
    assert.match(error.message, message, text)
    assert.deepEqual(error.where, { file: AT.file, line: AT.line, column: AT.column + offset }, text)
    assert.notEqual(error.next, '')
  }
})

test('an empty, huge, half-encoded or NUL-bearing text is refused', () => {
  for (const text of ['', ' \n', 'a\0b', "'\ud800'", 'a'.repeat(65_537), '('.repeat(1 << 20), `'${'x'.repeat(1 << 20)}'`])
    assert.equal(refusal(text).code, 'EXPRESSION_INVALID')
})

test('nesting too deep for a stack is refused, and what is allowed does not overflow it', () => {
  const deep = (n: number): readonly string[] => [
    `${'('.repeat(n)}1${')'.repeat(n)}`,
    `${'not '.repeat(n)}a`,
    `${'- '.repeat(n)}a`,
    `a${' + 1'.repeat(n)}`,
    `${'case when a then '.repeat(n)}1${' end'.repeat(n)}`,
    `${'lower('.repeat(n)}a${')'.repeat(n)}`,
    `a${'::text'.repeat(n)}`,
    `a${' collate "C"'.repeat(n)}`,
    `${'1 union select '.repeat(n)}1`,
    `a${'[1]'.repeat(n)}`,
  ]
  for (const text of [...deep(600), ...deep(5000)]) assert.equal(refusal(text).code, 'EXPRESSION_INVALID', text.slice(0, 30))
  for (const text of deep(240).slice(0, 4)) parse(text)
  assert.equal(parse(`a in (${Array.from({ length: 5000 }, (_, i) => i).join(', ')})`).kind, 'in')
})

test('no text whatever does anything but parse or be refused', () => {
  const soup = fc.array(
    fc.constantFrom(
      'a',
      '"B"',
      "'c'",
      '1',
      '.5',
      '(',
      ')',
      ',',
      '.',
      '=',
      '<',
      '-',
      '->>',
      '||',
      '::',
      'int',
      'text',
      'case',
      'when',
      'then',
      'end',
      'and',
      'not',
      'is',
      'null',
      'in',
      'between',
      'select',
      'from',
      'union',
      ';',
      '$1',
      '--',
      '/*',
      '*/',
      'lower(',
      'coalesce(',
      '[',
      ']',
      "E'",
      'U&"',
      '\\',
      '\u0001',
      'é',
      '😀',
      '\n',
      '%',
      'as',
      'over',
      'order by',
      'limit',
    ),
  )
  fc.assert(
    fc.property(
      fc.oneof(
        soup.map(words => words.join(' ')),
        soup.map(words => words.join('')),
        fc.string({ unit: 'binary' }),
        fc.string(),
      ),
      text => {
        try {
          parse(text)
        } catch (error) {
          assert.ok(error instanceof RehouseError && ['EXPRESSION_INVALID', 'MANIFEST_NOT_SUPPORTED'].includes(error.code), `${error}`)
        }
      },
    ),
    { numRuns: 3000 },
  )
})

test('an aggregate takes the name of a list and nothing else', () => {
  for (const text of ['count(*)', 'count(a + 1)', "min('x')", 'max(a, b)', 'count()', 'count(distinct a)'])
    assert.equal(refusal(text).code, 'EXPRESSION_INVALID', text)
})
