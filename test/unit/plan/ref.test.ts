import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Column, KeyEquality } from '../../../src/model/catalogue.ts'
import { Program, type ProgramWish, type Row } from '../../support/row-program.ts'
import { relation, table } from '../../support/survey.ts'

const PARENT = '    key: id\n    into: { core.parents: { columns: { name: name } } }'
const PARENTS = table('core.parents', ['id uuid!', 'name text'])

/** A program whose column `p_id` refers to `parent`, of which some keys are known. */
function referring(ref: string, more: Partial<ProgramWish> = {}): Program {
  return new Program({
    columns: { p_id: ref },
    source: ['id int4!', 'p int4', 'w text'],
    target: ['p_id uuid'],
    others: { parent: PARENT },
    relations: [relation('public.parent', ['id int4!', 'name text'])],
    tables: [PARENTS],
    known: { parent: { loaded: [['1'], ['-7']], quarantined: [['2']], excluded: [['3']] } },
    ...more,
  })
}

const rows = (...values: readonly Row[number][]): readonly Row[] => values.map((value, i): Row => [i + 1, value, 'w'])
const written = (program: Program, of: readonly Row[]) => program.run(of).tables['core.rows']?.map(row => row[1])

test('a reference is the identifier the row referred to has, by its key alone; NULL stays NULL', () => {
  const own = referring('{ ref: parent, from: p }')
  assert.deepEqual(written(own, rows(1, null, -7)), [idOf(1), null, idOf(-7)])
})

/** What `core.parents` holds for a key: entity number 1, as `parent` comes first. */
function idOf(key: number): unknown {
  return written(referring('{ ref: parent, from: p, missing: { allow: true } }'), rows(key))?.[0]
}

test('a reference finds its row under the equality of the key’s collation', () => {
  const spelt = (equality: KeyEquality | undefined, spelling: string) => {
    const parent = relation('public.parent', ['id text!', 'name text'])
    const id = { ...parent.columns[0], collation: { name: 'c', isDeterministic: false, ...(equality && { equality }) } } as Column
    const program = referring('{ ref: parent, from: w }', {
      relations: [{ ...parent, columns: [id, ...parent.columns.slice(1)] }],
      known: { parent: { loaded: [[equality?.startsWith('fold') ? 'abc' : 'ABC']], quarantined: [], excluded: [] } },
    })
    const { tables, quarantine } = program.run([[1, 1, spelling]])
    return tables['core.rows']?.[0]?.[1] ?? quarantine[0]
  }
  const found = spelt('fold_trim', 'ABC')
  assert.match(String(found), /^[0-9a-f-]{36}$/)
  for (const spelling of ['abc', 'Abc  ']) assert.equal(spelt('fold_trim', spelling), found)
  assert.equal(spelt('trim', 'ABC '), spelt(undefined, 'ABC'))
  assert.match(String(spelt('trim', 'abc')), /orphan/)
  assert.match(String(spelt(undefined, 'ABC ')), /orphan/)
})

test('a reference to the row’s own entity is the identifier that row gets', () => {
  const program = new Program({ columns: { boss: '{ ref: row, from: p }' }, source: ['id int4!', 'p int4'], target: ['boss uuid'] })
  const { tables, ids } = program.run([
    [1, 2],
    [2, 1],
  ])
  assert.deepEqual(
    tables['core.rows']?.map(row => row[1]),
    [ids[1], ids[0]],
  )
})

test('a missing row has the code of what became of it', () => {
  const { quarantine } = referring('{ ref: parent, from: p }').run(rows(1, 2, 3, 4))
  assert.deepEqual(quarantine, ['2 parent_quarantined core.rows.p_id -', '3 parent_excluded core.rows.p_id -', '4 orphan core.rows.p_id -'])
})

test('missing says what becomes of a row instead: another value, the row’s end, in turn', () => {
  assert.deepEqual(written(referring('{ ref: parent, from: p, missing: { value: null } }'), rows(4, 1)), [null, idOf(1)])
  assert.deepEqual(referring('{ ref: parent, from: p, missing: { quarantine: lost } }').run(rows(4)).quarantine, [
    '1 lost core.rows.p_id -',
  ])
  assert.deepEqual(referring('{ ref: parent, from: p, missing: { exclude: lost } }').run(rows(4)).exclusions, ['1 lost core.rows.p_id'])
  const noted = referring('{ ref: parent, from: p, missing: [{ note: lost }, { value: null }] }').run(rows(4))
  assert.deepEqual(noted.notes, ['1 lost core.rows.p_id'])
  assert.deepEqual(noted.outcomes, ['value core.rows.p_id default 1', 'note core.rows.p_id lost 1'])
})

test('allow writes the reference although the row is missing, counted and noted', () => {
  const { tables, notes, outcomes } = referring('{ ref: parent, from: p, missing: { allow: true, note: dangling } }').run(rows(1, 4))
  assert.equal(tables['core.rows']?.length, 2)
  assert.notEqual(tables['core.rows']?.[1]?.[1], null)
  assert.deepEqual(notes, ['2 dangling core.rows.p_id'])
  assert.deepEqual(outcomes, ['value core.rows.p_id dangling 1', 'note core.rows.p_id dangling 1'])
})

test('a reference whose `when` is not true is NULL and asks for no row', () => {
  const program = referring(`{ ref: parent, from: p, when: "w = 'yes'" }`)
  assert.deepEqual(
    written(program, [
      [1, 1, 'yes'],
      [2, 4, 'no'],
      [3, 4, null],
    ]),
    [idOf(1), null, null],
  )
})

test('a value is brought to the type of the key; one that can be no key refers to nothing', () => {
  const source = ['id int4!', 'p text']
  const program = referring('{ ref: parent, from: p }', { source })
  assert.deepEqual(written(program, [[1, '1']]), [idOf(1)])
  assert.deepEqual(
    program.run([
      [2, 'one'],
      [3, '99999999999'],
    ]).quarantine,
    ['2 orphan core.rows.p_id -', '3 orphan core.rows.p_id -'],
  )
  assert.deepEqual(
    referring('{ ref: parent, from: p, missing: { value: null } }', { source })
      .run([[2, 'one']])
      .tables['core.rows']?.map(row => row[1]),
    [null],
  )
  assert.deepEqual(referring('{ ref: parent, from: p, missing: { allow: true } }', { source }).run([[2, 'one']]).quarantine, [
    '2 orphan core.rows.p_id -',
  ])
  assert.deepEqual(written(referring('{ ref: parent, from: "p::int8 + 0" }', { source }), [[1, '1']]), [idOf(1)])
})

test('of several candidates the first in which the key exists is meant', () => {
  const more: Partial<ProgramWish> = {
    others: { parent: PARENT, second: PARENT.replace('core.parents', 'core.seconds') },
    relations: [relation('public.parent', ['id int4!', 'name text']), relation('public.second', ['id int4!', 'name text'])],
    tables: [PARENTS, table('core.seconds', ['id uuid!', 'name text'])],
    known: { parent: { loaded: [['1']], quarantined: [['3']] }, second: { loaded: [['1'], ['2']], excluded: [['3'], ['5']] } },
  }
  const both = referring('{ ref: [parent, second], from: p }', more)
  const first = referring('{ ref: parent, from: p, missing: { allow: true } }', more)
  const second = referring('{ ref: second, from: p, missing: { allow: true } }', more)
  assert.deepEqual(written(both, rows(1, 2, null)), [written(first, rows(1))?.[0], written(second, rows(2))?.[0], null])
  assert.deepEqual(both.run(rows(3, 4, 5)).quarantine, [
    '1 parent_quarantined core.rows.p_id -',
    '2 orphan core.rows.p_id -',
    '3 parent_excluded core.rows.p_id -',
  ])
  assert.deepEqual(written(referring('{ ref: [parent, second], from: p, missing: { allow: true } }', more), rows(9)), [
    written(first, rows(9))?.[0],
  ])
})

test('text and composite keys are met under the source’s equality', () => {
  const parent = '    key: [region, code]\n    into: { core.parents: { columns: { name: name } } }'
  const program = referring('{ ref: parent, from: [r, c] }', {
    source: ['id int4!', 'r char(4)', 'c numeric'],
    others: { parent },
    relations: [relation('public.parent', ['region char(4)!', 'code numeric!', 'name text'])],
    known: {
      parent: {
        loaded: [
          ['N', '1.5'],
          ['a,"b', '2'],
        ],
      },
    },
  })
  const { counts, quarantine } = program.run([
    [1, 'N   ', '1.50'],
    [2, 'a,"b', '2.000'],
    [3, 'n', '1.5'],
    [4, 'N', null],
  ])
  assert.equal(counts.loaded, 3)
  assert.deepEqual(quarantine, ['3 orphan core.rows.p_id -'])
})

test('a kept identifier is referred to by itself', () => {
  const key = '11111111-2222-4333-8444-555555555555'
  const program = referring('{ ref: parent, from: p }', {
    source: ['id int4!', 'p uuid'],
    others: { parent: `    id: keep\n${PARENT}` },
    relations: [relation('public.parent', ['id uuid!', 'name text'])],
    known: { parent: { loaded: [[key]] } },
  })
  assert.deepEqual(
    written(program, [
      [1, key],
      [2, null],
    ]),
    [key, null],
  )
})

test('the same key has another identifier in another entity, and hashed and v5 ones agree between row and reference', () => {
  for (const id of ['hashed', 'v5']) {
    const program = new Program({
      columns: { boss: '{ ref: row, from: p }' },
      entity: `    id: ${id}`,
      source: ['id int4!', 'p int4'],
      target: ['boss uuid'],
      known: { row: {} },
    })
    const { tables, ids } = program.run([
      [1, 1],
      [2, 1],
    ])
    assert.deepEqual(
      tables['core.rows']?.map(row => row[1]),
      [ids[0], ids[0]],
    )
    assert.notEqual(ids[0], idOf(1))
  }
})

test('rows of all tenants are referred to by identifiers without a tenant', () => {
  const shared = (tenant: string): unknown =>
    written(
      new Program({
        columns: { p_id: '{ ref: parent, from: p, missing: { allow: true } }' },
        source: ['id int4!', 'p int4'],
        target: ['p_id uuid'],
        top: '',
        others: { parent: `${tenant}${PARENT}` },
        relations: [relation('public.parent', ['id int4!', 'name text'])],
        tables: [PARENTS],
        sharedSource: true,
      }),
      [[1, 1]],
    )?.[0]
  assert.match(String(shared('    tenant: none\n')), /^0000/)
  assert.match(String(shared('')), /^0007/)
})

test('a part refers to its own head by the row’s own identifier, and needs no look-up', () => {
  const program = new Program({
    into: `      core.rows: { columns: { name: name } }
      core.parts: { columns: { row_id: { ref: row, from: ID }, name: name } }`,
    source: ['id int4!', 'name text'],
    target: ['name text'],
    tables: [table('core.parts', ['id uuid!', 'row_id uuid!', 'name text'])],
    known: { row: {} },
  })
  const { tables, ids } = program.run([[1, 'a']])
  assert.deepEqual(tables['core.parts']?.[0]?.slice(1), [ids[0], 'a'])
  assert.deepEqual(program.compiled.settled, [])
  assert.equal(program.compiled.tables[1]?.headColumn, 'row_id')
})

test('references to the entity itself wait: nothing is looked up now, and they say what a missing row is called', () => {
  const program = new Program({
    columns: { boss: '{ ref: row, from: p, missing: { quarantine: no_boss } }' },
    source: ['id int4!', 'p int4'],
    target: ['boss uuid'],
    known: { row: {} },
  })
  assert.equal(program.run([[1, 99]]).counts.loaded, 1)
  assert.deepEqual(
    program.compiled.settled.map(({ column, missingCode, isLate }) => [column, missingCode, isLate]),
    [['core.rows.boss', 'no_boss', false]],
  )
})
