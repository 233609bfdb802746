import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { circlesOf } from '../../../src/profile/circles.ts'
import { isLikelyKey, nameLikeness } from '../../../src/profile/name-likeness.ts'
import { sourceResult } from '../../../src/profile/profile-result.ts'
import { profileSource } from '../../../src/profile/profile-source.ts'
import type { SourceFacts } from '../../../src/profile/table-facts.ts'
import { MemorySource } from '../../../src/source/memory/memory-source.ts'
import { fieldsOf, type Row, relationOf, type TableSpec } from '../../contract/table-spec.ts'
import { type Watch, watched } from '../../support/watched-source.ts'

interface Table {
  readonly spec: TableSpec
  readonly rows: readonly Row[]
}

async function profiled(
  tables: readonly Table[],
  mostRows: number | null = null,
): Promise<{ facts: SourceFacts; reads: readonly string[] }> {
  const watch: Watch = { reads: [], confirms: 0 }
  const source = watched(
    new MemorySource(
      'm',
      tables.map(({ spec, rows }) => ({ relation: relationOf(spec), rows: rows.map(row => fieldsOf(spec, row)) })),
      { capability: 'scan' },
    ),
    watch,
  )
  const facts = await profileSource({
    tenant: 't',
    source,
    catalogue: await source.describe(),
    mostRows,
    signal: new AbortController().signal,
    emit: () => undefined,
  })
  await source.close()
  return { facts, reads: watch.reads }
}

const PARENT: TableSpec = {
  name: 'parent',
  columns: [
    { name: 'a', type: 'int4' },
    { name: 'b', type: 'text' },
  ],
  primaryKey: ['a', 'b'],
}
const CHILD: TableSpec = {
  name: 'child',
  columns: [
    { name: 'x', type: 'int8', isNullable: true },
    { name: 'y', type: 'text', isNullable: true },
  ],
  foreignKeys: [{ name: 'fk', columns: ['x', 'y'], references: 'parent', referenced: ['a', 'b'] }],
}

test('orphans of a declared key of several columns, and repeated keys, are as many as comparing every pair of rows gives', async () => {
  const small = fc.integer({ min: 0, max: 3 })
  const word = fc.constantFrom('', 'u', 'v')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(small, word), { maxLength: 12 }),
      fc.array(fc.tuple(fc.option(small), fc.option(word)), { maxLength: 20 }),
      async (parents, children) => {
        const { facts } = await profiled([
          { spec: PARENT, rows: parents },
          { spec: CHILD, rows: children.map(([x, y]) => [x === null ? null : BigInt(x), y]) },
        ])
        const names = new Set(parents.map(([a, b]) => `${a},${b}`))
        const checked = children.filter(([x, y]) => x !== null && y !== null)
        const key = facts.tables[0]?.keys[0]
        assert.equal(key?.duplicates, parents.length - names.size)
        const reference = facts.references.find(({ isDeclared }) => isDeclared)
        if (children.length === 0) return
        assert.equal(reference?.checked, checked.length)
        assert.equal(reference?.orphans, checked.filter(([x, y]) => !names.has(`${x},${y}`)).length)
      },
    ),
    { numRuns: 60 },
  )
})

const numbered = (name: string, columns: readonly string[]): TableSpec => ({
  name,
  columns: [{ name: 'id', type: 'int4' }, ...columns.map(column => ({ name: column, type: 'int4', isNullable: true }))],
  primaryKey: ['id'],
})
const SCHOOL = { spec: numbered('Schools', []), rows: Array.from({ length: 50 }, (_, i) => [1000 + i * 37]) }
const STEPS = { spec: numbered('step', []), rows: Array.from({ length: 200 }, (_, i) => [i + 1]) }

test('a column of keys is a reference by its name or by its values, and small numbers are none by values alone', async () => {
  const spec = numbered('pupil', ['school_id', 'origin', 'rank', 'home_school_id', 'StepNo'])
  const rows = Array.from({ length: 100 }, (_, i) => [
    i + 1,
    i < 5 ? 3 : 1000 + (i % 50) * 37,
    1000 + (i % 40) * 37,
    1 + (i % 30),
    null,
    1 + (i % 9),
  ])
  const { facts } = await profiled([SCHOOL, STEPS, { spec, rows }])
  const found = facts.references.map(({ columns, parent, orphans }) => [columns[0], parent.name, orphans])
  assert.deepEqual(found, [
    ['school_id', 'Schools', 5],
    ['StepNo', 'step', 0],
    ['origin', 'Schools', 0],
  ])
})

test('each table is read once, and once more where something may refer to another', async () => {
  const spec = numbered('pupil', ['school_id'])
  const { reads } = await profiled([SCHOOL, STEPS, { spec, rows: [[1, 1000]] }])
  assert.deepEqual(reads, ['Schools', 'step', 'pupil', 'pupil'])
})

test('of the first rows only nothing is said about references to them', async () => {
  const spec = {
    ...numbered('pupil', ['school_id']),
    foreignKeys: [{ name: 'f', columns: ['school_id'], references: 'Schools', referenced: ['id'] }],
  }
  const { facts } = await profiled([SCHOOL, { spec, rows: [[1, 1000]] }], 10)
  assert.deepEqual(
    facts.tables.map(({ rows, isWhole }) => [rows, isWhole]),
    [
      [10, false],
      [1, true],
    ],
  )
  assert.deepEqual(
    facts.references.map(({ checked }) => checked),
    [null],
  )
})

test('names say what a column refers to', () => {
  const like = (child: string, parent: string, column = 'Id', isOwn = false): number =>
    nameLikeness({ table: 'x', column: child }, { table: parent, column }, isOwn)
  for (const [child, parent] of [
    ['StudentID', 'Student'],
    ['student_id', 'students'],
    ['FK_Student', 'tblStudent'],
    ['home_school_id', 'School'],
    ['CategoryNo', 'categories'],
  ] as const)
    assert.ok(like(child, parent) >= 0.8, child)
  assert.ok(like('parent_id', 'chunk', 'id', true) >= 0.8)
  assert.ok(like('parent_id', 'chunk') < 0.5)
  assert.ok(like('student_no', 'Pupil', 'StudentNo') >= 0.8)
  assert.equal(like('Name', 'Product', 'Name'), 0)
  assert.equal(like('id', 'Student'), 0)
  for (const name of ['id', 'Code', 'StudentIdentifier', 'email', 'student_id']) assert.ok(isLikelyKey('Student', name), name)
  for (const name of ['school_id', 'points', 'code_date', 'title', 'postal_code', 'PhoneNumber'])
    assert.ok(!isLikelyKey('Student', name), name)
})

test('tables in a circle are told once, tables that refer to themselves are not', () => {
  const table = (name: string, parents: readonly string[]) =>
    relationOf({
      name,
      columns: [{ name: 'id', type: 'int4' }],
      primaryKey: ['id'],
      foreignKeys: parents.map(parent => ({ name: `${name}_${parent}`, columns: ['id'], references: parent, referenced: ['id'] })),
    })
  const circles = circlesOf([table('a', ['b']), table('b', ['c']), table('c', ['a', 'd']), table('d', ['d']), table('e', ['a'])])
  assert.deepEqual(
    circles.map(circle => circle.map(({ name }) => name)),
    [['a', 'b', 'c']],
  )
})

test('the smallest and largest text is shown of codes alone, never of a word or a name, whatever the column is called', async () => {
  const spec: TableSpec = { name: 'thing', columns: [{ name: 'signed', type: 'text' }] }
  const shownOf = async (values: readonly string[]): Promise<string | null | undefined> => {
    const rows = Array.from({ length: 40 }, (_, i) => [values[i % values.length] ?? ''])
    const { facts } = await profiled([{ spec, rows }])
    return sourceResult(facts).tables[0]?.columns[0]?.min
  }
  assert.equal(await shownOf(['A-17', 'B-03']), 'A-17')
  assert.equal(await shownOf(['M', 'F', 'X']), 'F')
  for (const values of [
    ['SMITH', 'JONES'],
    ['Ada', 'Grace'],
    ['A-17', 'Smith'],
    ['+49 30 1234567'],
    ['ada1@example.org'],
    ['x1 is what somebody wrote at length'],
  ])
    assert.equal(await shownOf(values), null, values.join())
})
