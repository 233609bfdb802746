import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Program, type ProgramWish } from '../../support/row-program.ts'
import { table } from '../../support/survey.ts'

const PARTS = table('core.parts', ['id uuid!', 'row_id uuid!', 'kind text', 'body text'])
const SOURCE = ['id int4!', 'kind text', 'path text']

/** The material of learning.yaml in small: a file that is there, a file that is missing, anything else. */
const MATERIAL = `
        - when: kind = 'file' and path is not null
          columns: &own { row_id: { ref: row, from: id }, kind: kind, body: path }
        - when: kind = 'file'
          note: file_missing
          columns: { <<: *own, kind: { value: markdown }, body: "'*missing*'" }`
const LAST = `
        - columns: { <<: *own, body: { value: null } }`

function parts(shapes: string, more: Partial<ProgramWish> = {}): Program {
  const into = `      core.rows: { columns: { kind: kind } }\n      core.parts:${shapes}`
  return new Program({ into, source: SOURCE, target: ['kind text'], tables: [PARTS], ...more })
}

const ROWS = [
  [1, 'file', '/a'],
  [2, 'file', null],
  [3, 'link', null],
] as const

test('of a list of shapes the first whose `when` holds is written, with its own note', () => {
  const { tables, notes, counts } = parts(MATERIAL + LAST).run(ROWS)
  assert.deepEqual(counts, { read: 3, loaded: 3, excluded: 0, quarantined: 0, parts: 0 })
  assert.deepEqual(
    tables['core.parts']?.map(row => row.slice(2)),
    [
      ['file', '/a'],
      ['markdown', '*missing*'],
      ['link', null],
    ],
  )
  assert.deepEqual(notes, ['2 file_missing -'])
})

test('where no shape of a part holds, no row of that table is written', () => {
  const { tables, counts } = parts(MATERIAL).run(ROWS)
  assert.equal(counts.loaded, 3)
  assert.equal(tables['core.parts']?.length, 2)
})

test('where no shape of the first table holds, the row goes into quarantine as no_shape', () => {
  const program = new Program({
    into: `      core.rows:\n        - { when: kind = 'a', columns: { kind: kind } }\n        - { when: kind = 'b', columns: { kind: "'not a'" } }`,
    source: SOURCE,
    target: ['kind text'],
  })
  const { tables, quarantine } = program.run([
    [1, 'a', null],
    [2, 'b', null],
    [3, 'c', null],
    [4, null, null],
  ])
  assert.deepEqual(
    tables['core.rows']?.map(row => row[1]),
    ['a', 'not a'],
  )
  assert.deepEqual(quarantine, ['3 no_shape core.rows -', '4 no_shape core.rows -'])
})

test('a row’s identifiers do not depend on the shape chosen', () => {
  const ids = (kind: string): readonly unknown[] => {
    const { tables } = parts(MATERIAL + LAST).run([[1, kind, '/a']])
    return [tables['core.rows']?.[0]?.[0], tables['core.parts']?.[0]?.[0]]
  }
  assert.deepEqual(ids('file'), ids('link'))
})

test('columns may stand in another order in each shape', () => {
  const { tables } = parts(`
        - { when: kind = 'a', columns: { row_id: { ref: row, from: id }, kind: kind, body: path } }
        - { columns: { body: path, kind: "'other'", row_id: { ref: row, from: id } } }`).run([
    [1, 'a', 'x'],
    [2, 'b', 'y'],
  ])
  assert.deepEqual(
    tables['core.parts']?.map(row => row.slice(2)),
    [
      ['a', 'x'],
      ['other', 'y'],
    ],
  )
})

test('the plan says of a column what each shape fills it with, and calls it read-only where they differ', () => {
  const { described } = parts(MATERIAL + LAST).compiled
  const kind = described.find(({ table: name, column }) => name === 'core.parts' && column === 'kind')
  assert.deepEqual([kind?.from, kind?.how, kind?.inverse], ['kind, or constant "markdown"', 'expression', 'read_only'])
  const row = described.find(({ column }) => column === 'row_id')
  assert.deepEqual([row?.how, row?.inverse], ['reference', 'updatable'])
})

test('a reference checked after the load counts only where its shape is the one written', () => {
  const program = new Program({
    into: `      core.rows:
        - { when: kind = 'a', columns: { kind: kind, boss_id: { value: null } } }
        - { when: "true", columns: { kind: kind, boss_id: { ref: row, from: boss } } }`,
    source: ['id int4!', 'kind text', 'boss int4'],
    target: ['kind text', 'boss_id uuid'],
  })
  program.run([[1, 'a', 9]])
  const { settled, state } = program.compiled
  assert.equal(settled.length, 1)
  assert.equal(settled[0]?.when?.(state), false)
  program.run([[1, 'b', 9]])
  assert.equal(settled[0]?.when?.(state), true)
})
