import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { errorsOf, Program, type ProgramWish, valuesOf } from '../../support/row-program.ts'

/** `name` has a column of its own; everything else goes into `extra`. */
function rest(options = '', more: Partial<ProgramWish> = {}): Program {
  return new Program(wish(options, more))
}

function wish(options = '', more: Partial<ProgramWish> = {}): ProgramWish {
  return {
    into: `      core.rows: { columns: { name: name, extra: { rest: true${options === '' ? '' : `, ${options}`} } } }`,
    source: ['id int4!', 'name text', 'Score int8', 'ratio numeric', 'at timestamp', 'is_new bool', 'note text'],
    target: ['name text', 'extra jsonb'],
    ...more,
  }
}

const ROW = [1, 'Ada', 9_007_199_254_740_993n, '1.50', 0n, true, 'x'] as const

test('rest gathers every column nothing else uses, keys in the order of jsonb, numbers with their digits', () => {
  assert.deepEqual(valuesOf(rest(), 'extra', [ROW]), [
    '{"at": "2000-01-01T00:00:00", "note": "x", "Score": 9007199254740993, "ratio": 1.50, "is_new": true}',
  ])
})

test('rest keeps a NULL as null', () => {
  assert.deepEqual(valuesOf(rest(), 'extra', [[1, 'a', null, null, null, null, null]]), [
    '{"at": null, "note": null, "Score": null, "ratio": null, "is_new": null}',
  ])
})

test('rest leaves out the key, excluded columns and those a rule, a named value or another column uses', () => {
  const program = rest('', {
    top: 'exclude: { columns: { "public.row.note": { reason: not wanted } } }',
    entity: '    let: { half: ratio }\n    rules: [{ when: score > 99, note: high }]',
  })
  assert.deepEqual(program.compiled.used, ['name', 'Score', 'ratio', 'at', 'is_new'])
  assert.deepEqual(valuesOf(program, 'extra', [ROW]), ['{"at": "2000-01-01T00:00:00", "is_new": true}'])
})

test('columns rest gathers count as used', () => {
  assert.deepEqual(rest().compiled.used, ['name', 'Score', 'ratio', 'at', 'is_new', 'note'])
})

test('a named value that has the name of a column does not stand in for it', () => {
  const program = rest('', { entity: '    let: { note: { value: mine } }' })
  assert.match(String(valuesOf(program, 'extra', [ROW])[0]), /"note": "x"/)
})

test('a declared type is what the value takes before it becomes JSON; what it cannot take is the row’s trouble', () => {
  const program = rest('types: { note: integer, score: text }')
  const { tables, quarantine } = program.run([
    [1, 'a', 7n, '1', 0n, true, '012'],
    [2, 'b', 7n, '1', 0n, true, 'twelve'],
  ])
  assert.deepEqual(tables['core.rows']?.[0]?.[2], '{"at": "2000-01-01T00:00:00", "note": 12, "Score": "7", "ratio": 1, "is_new": true}')
  assert.equal(quarantine.length, 1)
  assert.match(quarantine[0] ?? '', /^2 lossy_cast core\.rows\.extra\.note /)
})

test('an undeclared column is noted, replaced or refused as said, where it has a value at all', () => {
  const only = { source: ['id int4!', 'name text', 'score int8', 'note text'] }
  const types = 'types: { score: integer }'
  const noted = rest(`${types}, undeclared: { note: no_field }`, only).run([
    [1, 'a', 1n, 'x'],
    [2, 'b', 2n, null],
  ])
  assert.deepEqual(noted.notes, ['1 no_field core.rows.extra.note'])
  assert.deepEqual(
    noted.tables['core.rows']?.map(row => row[2]),
    ['{"note": "x", "score": 1}', '{"note": null, "score": 2}'],
  )
  const refused = rest(`${types}, undeclared: { quarantine: no_field }`, only).run([
    [1, 'a', 1n, 'x'],
    [2, 'b', 2n, null],
  ])
  assert.deepEqual(refused.quarantine, ['1 no_field core.rows.extra.note -'])
  const replaced = rest(`${types}, undeclared: { value: "?", note: hidden }`, only).run([[1, 'a', 1n, 'x']])
  assert.deepEqual(replaced.tables['core.rows']?.[0]?.[2], '{"note": "?", "score": 1}')
  assert.deepEqual(replaced.outcomes, ['value core.rows.extra.note hidden 1', 'note core.rows.extra.note hidden 1'])
  const emptied = rest(`${types}, undeclared: { value: null }`, only).run([[1, 'a', 1n, 'x']])
  assert.deepEqual(emptied.tables['core.rows']?.[0]?.[2], '{"note": null, "score": 1}')
})

test('rest may stand inside a document', () => {
  const program = new Program({
    into: '      core.rows: { columns: { extra: { json: { who: name, more: { rest: true } } } } }',
    source: ['id int4!', 'name text', 'b int4'],
    target: ['extra jsonb'],
  })
  assert.deepEqual(valuesOf(program, 'extra', [[1, 'a', 5]]), ['{"who": "a", "more": {"b": 5}}'])
})

test('a row without a rest gives an empty document', () => {
  assert.deepEqual(valuesOf(rest('', { source: ['id int4!', 'name text'] }), 'extra', [[1, 'a']]), ['{}'])
})

test('whatever texts and names there are, rest reads back as JSON with the same values', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
    .filter(text => /^[^\0\s!]+$/.test(text) && text !== 'id' && text !== 'name')
  const fields = fc.dictionary(
    name,
    fc.string({ unit: 'grapheme', maxLength: 8 }).filter(text => !text.includes('\0')),
    { maxKeys: 5 },
  )
  fc.assert(
    fc.property(fields, of => {
      const names = Object.keys(of)
      const program = rest('', { source: ['id int4!', 'name text', ...names.map(column => `${column} text`)] })
      const [text] = valuesOf(program, 'extra', [[1, 'a', ...names.map(column => of[column] ?? null)]])
      const entries = (document: object): readonly unknown[] => Object.entries(document).sort()
      assert.deepEqual(entries(JSON.parse(String(text))), entries(of))
    }),
    { numRuns: 60 },
  )
})

test('says what is wrong with `types` and `undeclared`, with a way out', () => {
  assert.deepEqual(errorsOf(wish('types: { scores: integer }')), [
    'MAPPING_UNKNOWN_COLUMN: expected a column of public.row under `types`, got scores; did you mean Score?',
  ])
  assert.deepEqual(errorsOf(wish('types: { name: text }')), [
    'MANIFEST_INVALID: expected a column that nothing else uses under `types`, got name',
  ])
  assert.deepEqual(errorsOf(wish('types: { note: nonsense }')), ['MAPPING_TYPE: expected the name of a built-in type, got "nonsense"'])
  assert.deepEqual(errorsOf(wish('types: { note: text }, undeclared: { from: name }')), [
    'MANIFEST_INVALID: expected `value`, `exclude`, `quarantine`, `allow` or `note` under `undeclared`, got `from`',
  ])
})

test('a declared column some tenants lack is no error where `may_lack` names it', () => {
  const program = rest('types: { bonus: integer }', { from: '{ table: public.row, may_lack: [bonus] }' })
  assert.deepEqual(program.findings, [])
})
