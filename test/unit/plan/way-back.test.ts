import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compatOf } from '../../../src/plan/compat.ts'
import { waysBack } from '../../../src/plan/way-back.ts'
import { Program, type ProgramWish } from '../../support/row-program.ts'
import { relation, table } from '../../support/survey.ts'

/** What `plan --compat` says of the legacy columns, as `column: way back, from, why`; of `public.row` unless said. */
function said(wish: ProgramWish, of = 'public.row'): readonly string[] {
  const program = new Program(wish)
  const { compiled, source, mapping, facts } = program
  assert.deepEqual(
    program.findings.filter(({ severity }) => severity === 'error'),
    [],
  )
  const ways = waysBack({
    entity: facts.entity,
    relation: facts.relation,
    related: facts.related,
    described: compiled.described,
    key: compiled.key?.source.kind === 'columns' ? compiled.key.source.names : [],
    rest: compiled.rest,
  })
  const tables = compatOf({
    mapping,
    sources: [{ source: 'legacy', relations: [source, ...(wish.relations ?? [])] }],
    readings: [{ entity: 'row', source: 'legacy', relation: source, ways }],
  })
  return tables.find(one => one.table === of)?.columns.map(one => `${one.column}: ${one.way_back}, ${one.from ?? '-'}, ${one.why}`) ?? []
}

function columns(
  values: Readonly<Record<string, string>>,
  source: readonly string[],
  target: readonly string[],
  more: Partial<ProgramWish> = {},
): ProgramWish {
  return { columns: values, source: ['id int4!', ...source], target, ...more }
}

const KEY = 'id: read_only, -, key, from the id map'

test('a column whose bytes pass comes back and can be written; one cast with loss, or part of an expression, can be read', () => {
  assert.deepEqual(
    said(
      columns(
        { a: 'a', b: 'b', c: '"c || d"' },
        ['a text', 'b numeric', 'c text', 'd text', 'e text'],
        ['a text', 'b numeric(4,1)', 'c text'],
        { top: 'exclude: { columns: { "*.e": { reason: unused } } }' },
      ),
    ),
    [
      KEY,
      'a: updatable, core.rows.a, column',
      'b: read_only, core.rows.b, cast that loses',
      'c: read_only, core.rows.c, part of an expression',
      'd: read_only, core.rows.c, part of an expression',
      'e: no, -, left out: unused',
    ],
  )
})

test('the best of several ways counts', () => {
  assert.deepEqual(said(columns({ a: 'lower(a)', whole: 'a', id_too: 'id' }, ['a text'], ['a text', 'whole text', 'id_too int4'])), [
    'id: updatable, core.rows.id_too, column',
    'a: updatable, core.rows.whole, column',
  ])
})

test('what only decides does not come back: rules, matches, the order of positions', () => {
  const wish = columns({ place: 'place' }, ['gone bool', 'kind_id int4', 'sort int4', 'unit int4'], ['place int4'], {
    entity: `    with: { kind: { from: public.kind, match: { id: kind_id }, where: name is not null } }
    number: { place: { within: unit, order: sort } }
    rules: [{ when: gone, exclude: gone }, { when: kind.id is null, note: no_kind }]`,
    relations: [relation('public.kind', ['id int4!', 'name text'])],
  })
  assert.deepEqual(said(wish), [
    KEY,
    'gone: no, -, only decides',
    'kind_id: no, -, only decides',
    'sort: no, -, only its place is kept',
    'unit: no, -, only decides',
  ])
  assert.deepEqual(said(wish, 'public.kind'), ['id: no, -, only decides', 'name: no, -, only decides'])
})

test('maps and replacements: one to one can be turned round, several to one and a value for NULL can be read', () => {
  const wish = columns(
    {
      a: '{ from: a, map: { x: X, y: Y } }',
      b: '{ from: b, map: { x: X, y: X } }',
      c: '{ from: c, if_null: [{ from: d }, { value: none }] }',
    },
    ['a text', 'b text', 'c text', 'd text'],
    ['a text', 'b text', 'c text'],
  )
  assert.deepEqual(said(wish), [
    KEY,
    'a: updatable, core.rows.a, column',
    'b: read_only, core.rows.b, map of several to one',
    'c: read_only, core.rows.c, replaced where it is NULL, cleansed or left out',
    'd: read_only, core.rows.c, stands in for another',
  ])
})

test('a reference comes back by the id map, a kept identifier as it is, groups by their label, the rest by its names', () => {
  const wish: ProgramWish = {
    source: ['id uuid!', 'parent_id int4', 'mother text', 'father text', 'q1 int4'],
    into: `      core.rows: { columns: { id: { id: keep }, parent: { ref: parent, from: parent_id }, rest: { rest: true } } }
      core.parts: { each: [{ n: mother, s: "'m'" }, { n: father, s: "'f'" }], as: g, key: g.s, columns: { row_id: { ref: row, from: id }, name: g.n } }`,
    target: ['parent uuid', 'rest jsonb'],
    tables: [table('core.parts', ['id uuid!', 'row_id uuid', 'name text']), table('core.parents', ['id uuid!', 'name text'])],
    others: { parent: '    key: id\n    into: { core.parents: { columns: { name: name } } }' },
    relations: [relation('public.parent', ['id int4!', 'name text'])],
  }
  assert.deepEqual(said(wish), [
    'id: updatable, core.rows.id, kept',
    'parent_id: updatable, core.rows.parent, reference, by the id map',
    'mother: updatable, core.parts.name, row of a group, by its label',
    'father: updatable, core.parts.name, row of a group, by its label',
    'q1: updatable, core.rows.rest, member of the rest',
  ])
})

test('a function without inverse leads nowhere, one with an inverse back; named values are followed', () => {
  const source = 'export const work = uses => ({ value: uses })\nexport const back = uses => ({ value: uses })'
  const wish = (inverse: string): ProgramWish =>
    columns({ v: 'made.a', w: 'b' }, ['a text'], ['v text', 'w text'], {
      functions: { 'f.ts': source },
      entity: `    let: { made: { fn: f.ts#work, uses: [a]${inverse} }, b: id::text }`,
    })
  assert.deepEqual(said(wish('')), [KEY, 'a: no, core.rows.v, function without inverse'])
  assert.deepEqual(said(wish(', inverse: f.ts#back'))[1], 'a: updatable, core.rows.v, back by f.ts#back')
})

test('members of a collection come back where it keeps what tells them apart; what is read through a related row can be read', () => {
  const wish = (value: string): ProgramWish =>
    columns({ v: value, name: 'one.name' }, ['one_id int4'], ['v jsonb', 'name text'], {
      entity: `    with:
      many: { from: public.member, match: { row_id: id }, many: true }
      one: { from: public.one, match: { id: one_id } }`,
      relations: [relation('public.member', ['id int4!', 'row_id int4', 'a text']), relation('public.one', ['id int4!', 'name text'])],
    })
  const keeps = wish('{ collect: many, into: array, value: { json: { id: id, a: a } } }')
  assert.deepEqual(said(keeps, 'public.member'), [
    'id: updatable, core.rows.v, member of a collection',
    'row_id: no, -, only decides',
    'a: updatable, core.rows.v, member of a collection',
  ])
  assert.equal(
    said(wish('{ collect: many, into: array, value: a }'), 'public.member')[2],
    'a: read_only, core.rows.v, member of a collection that keeps no key',
  )
  assert.deepEqual(said(keeps, 'public.one'), ['id: no, -, only decides', 'name: read_only, core.rows.name, read through a related row'])
})

test('a list whose elements are rows comes back where they keep their key', () => {
  const wish = (target: Readonly<Record<string, string>>): ProgramWish =>
    columns(
      target,
      ['items jsonb'],
      Object.keys(target).map(name => `${name} text`),
      { from: '{ table: public.row, each: items, as: m }', key: '[id, m.id]' },
    )
  assert.equal(said(wish({ item: 'm.id', title: 'm.title' }))[1], 'items: updatable, core.rows.item, element of a list')
  assert.equal(said(wish({ title: 'm.title' }))[1], 'items: read_only, core.rows.title, element of a list whose key is kept nowhere')
})

test('a table that is left out does not come back, and says why', () => {
  const wish = columns({ a: 'a' }, ['a text'], ['a text'], {
    top: 'exclude: { tables: { public.log: { reason: of no value } } }',
    relations: [relation('public.log', ['id int4!'])],
  })
  assert.deepEqual(said(wish, 'public.log'), ['id: no, -, left out: of no value'])
})
