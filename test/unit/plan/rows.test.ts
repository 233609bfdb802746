import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EXCLUDED, LOADED, QUARANTINED } from '../../../src/base/key-index.ts'
import { isBalanced, NO_COUNTS } from '../../../src/model/counts.ts'
import { Program, type ProgramWish, type Row } from '../../support/row-program.ts'
import { table } from '../../support/survey.ts'

const PARTS = table('core.parts', ['id uuid!', 'row_id uuid!', 'label text', 'n int4'])

/** A head and a part, which is refused where `n` is no number. */
function split(part: string, more: Partial<ProgramWish> = {}): Program {
  return new Program({
    into: `      core.rows: { columns: { name: name } }
      core.parts: ${part}`,
    source: ['id int4!', 'name text', 'n text', 'm text'],
    target: ['name text!'],
    tables: [PARTS],
    ...more,
  })
}

test('rules are asked in order: notes go on, the first exclude or quarantine decides', () => {
  const program = new Program({
    entity: `    rules:
      - { when: n > 0, note: positive }
      - { when: n > 1, exclude: big }
      - { when: n > 0, quarantine: small }
      - { when: n > -9, note: never_after }`,
    columns: { n: 'n' },
    source: ['id int4!', 'n int4'],
    target: ['n int4'],
  })
  const { counts, exclusions, quarantine, notes } = program.run([
    [1, 5],
    [2, 1],
    [3, 0],
    [4, null],
  ])
  assert.deepEqual(counts, { read: 4, loaded: 2, excluded: 1, quarantined: 1, parts: 0 })
  assert.deepEqual(exclusions, ['1 big '])
  assert.deepEqual(quarantine, ['2 small - -'])
  assert.deepEqual(notes, ['3 never_after -'])
})

test('a rule whose condition cannot be computed puts the row into quarantine', () => {
  const program = new Program({ entity: '    rules: [{ when: "n::int4 > 0", exclude: x }]', columns: { n: 'n' } })
  assert.deepEqual(program.run([[1, 'ten']]).quarantine, ['1 invalid_value - -'])
})

test('a row is all or nothing: what its other tables wrote is taken back when one is refused', () => {
  const program = split('{ columns: { row_id: { ref: row, from: id }, n: { from: n, as: int4 } } }')
  const { counts, tables, outcomes } = program.run([
    [1, 'a', '1', null],
    [2, 'b', 'x', null],
    [3, null, '3', null],
    [4, 'd', '4', null],
  ])
  assert.deepEqual(counts, { read: 4, loaded: 2, excluded: 0, quarantined: 2, parts: 0 })
  assert.deepEqual(
    tables['core.rows']?.map(row => row[1]),
    ['a', 'd'],
  )
  assert.deepEqual(
    tables['core.parts']?.map(row => row[2]),
    [1, 4],
  )
  assert.deepEqual(outcomes, [])
})

test('a refused optional part goes alone, counted and kept as a part, with the notes and outcomes it took', () => {
  const program = split(
    '{ optional: true, note: has_part, columns: { row_id: { ref: row, from: id }, label: { from: m, if_null: { value: none, note: no_label } }, n: { from: n, as: int4 } } }',
  )
  const { counts, tables, parts, notes, outcomes } = program.run([
    [1, 'a', '1', null],
    [2, 'b', 'x', null],
    [3, 'c', 'y', 'm'],
  ])
  assert.deepEqual(counts, { read: 3, loaded: 3, excluded: 0, quarantined: 0, parts: 2 })
  assert.deepEqual(tables['core.rows']?.length, 3)
  assert.deepEqual(
    tables['core.parts']?.map(row => row.slice(2)),
    [['none', 1]],
  )
  assert.deepEqual(parts, ['2 lossy_cast core.parts.n core.parts', '3 lossy_cast core.parts.n core.parts'])
  assert.deepEqual(notes, ['1 no_label core.parts.label', '1 has_part -'])
  assert.deepEqual(outcomes, ['value core.parts.label no_label 1', 'note core.parts.label no_label 1', 'note - has_part 1'])
})

test('an optional part that cannot be computed, or whose named value ends the row, goes alone too', () => {
  const lets = '    let:\n      must: { from: m, if_null: { quarantine: no_m } }'
  for (const n of ['n::int4 + 1', "length(must || 'x')", '{ from: must, as: int4 }']) {
    const { counts, parts } = split(
      `{ optional: true, columns: { row_id: { ref: row, from: id }, n: "${n.startsWith('{') ? '' : n}" } }`.replace('""', n),
      { entity: lets },
    ).run([[1, 'a', 'x', n.includes('n::') ? '1' : null]])
    assert.deepEqual([counts.loaded, counts.parts], [1, 1], n)
    assert.equal(parts.length, 1)
  }
})

test('an optional part cannot exclude its row quietly: what excludes a row excludes all of it', () => {
  const { counts } = split(
    '{ optional: true, columns: { row_id: { ref: row, from: id }, n: { from: n, as: int4, on_loss: { exclude: bad } } } }',
  ).run([[1, 'a', 'x', null]])
  assert.deepEqual(counts, { read: 1, loaded: 0, excluded: 1, quarantined: 0, parts: 0 })
})

test('a part dropped before its row is refused is no part any more', () => {
  const { counts, parts } = new Program({
    into: `      core.rows: { columns: { name: name } }
      core.parts: { optional: true, columns: { row_id: { ref: row, from: id }, n: { from: n, as: int4 } } }
      core.more: { columns: { row_id: { ref: row, from: id }, n: { from: m, as: int4 } } }`,
    source: ['id int4!', 'name text', 'n text', 'm text'],
    target: ['name text'],
    tables: [PARTS, table('core.more', ['id uuid!', 'row_id uuid!', 'n int4'])],
  }).run([
    [1, 'a', 'x', 'y'],
    [2, 'b', 'x', '2'],
  ])
  assert.deepEqual(counts, { read: 2, loaded: 1, excluded: 0, quarantined: 1, parts: 1 })
  assert.deepEqual(
    parts.map(line => line.split(' ')[0]),
    ['2'],
  )
})

test('a named value first computed in a dropped part is computed again, and counted again, where it is used next', () => {
  const program = new Program({
    entity: '    let:\n      shown: { from: name, if_null: { value: nobody, note: no_name } }',
    into: `      core.rows: { columns: { name: { value: x } } }
      core.parts: { optional: true, columns: { row_id: { ref: row, from: id }, label: shown, n: { from: n, as: int4 } } }
      core.more: { columns: { row_id: { ref: row, from: id }, label: shown } }`,
    source: ['id int4!', 'name text', 'n text'],
    target: ['name text'],
    tables: [PARTS, table('core.more', ['id uuid!', 'row_id uuid!', 'label text'])],
  })
  const { outcomes, tables } = program.run([[1, null, 'x']])
  assert.deepEqual(outcomes, ['value shown no_name 1', 'note shown no_name 1'])
  assert.deepEqual(tables['core.more']?.[0]?.at(-1), 'nobody')
})

test('a shape is written where its `when` is true, and its note is left only then', () => {
  const { tables, notes } = split('{ when: "n = \'1\'", note: has_part, columns: { row_id: { ref: row, from: id }, label: m } }').run([
    [1, 'a', '1', 'x'],
    [2, 'b', '2', 'y'],
    [3, 'c', null, 'z'],
  ])
  assert.deepEqual(
    tables['core.parts']?.map(row => row[2]),
    ['x'],
  )
  assert.deepEqual(notes, ['1 has_part -'])
})

test('each group is one row, told apart by its label, not its place', () => {
  const each = (groups: string) =>
    `{ each: [${groups}], as: g, key: g.label, when: g.phone is not null, columns: { row_id: { ref: row, from: id }, label: g.label, n: { from: g.phone, as: int4 } } }`
  const rows = [
    [1, 'a', '11', '12'],
    [2, 'b', null, '22'],
    [3, 'c', null, null],
  ] as const
  const program = split(each(`{ label: "'home'", phone: n }, { label: "'work'", phone: m }`))
  const { tables } = program.run(rows)
  assert.deepEqual(
    tables['core.parts']?.map(row => row.slice(2)),
    [
      ['home', 11],
      ['work', 12],
      ['work', 22],
    ],
  )
  const ids = new Map(tables['core.parts']?.map(row => [`${row[2]} ${row[3]}`, row[0]]))
  assert.equal(new Set(ids.values()).size, 3)
  const turned = split(each(`{ label: "'work'", phone: m }, { label: "'home'", phone: n }`)).run(rows).tables['core.parts']
  assert.deepEqual(new Map(turned?.map(row => [`${row[2]} ${row[3]}`, row[0]])), ids)
})

test('a group’s names are known in its shape only, and a refused group refuses the row', () => {
  const { counts } = split(
    `{ each: [{ phone: n }, { phone: m }], as: g, key: g.phone, columns: { row_id: { ref: row, from: id }, n: { from: g.phone, as: int4 } } }`,
  ).run([
    [1, 'a', '1', 'x'],
    [2, 'b', '1', '2'],
  ])
  assert.deepEqual([counts.loaded, counts.quarantined], [1, 1])
})

test('the row’s own identifier and the tenant fill the columns the mapping leaves to them', () => {
  const program = new Program({
    into: `      core.rows: { columns: { name: name } }
      core.parts: { columns: { row_id: { ref: row, from: id }, label: name } }`,
    source: ['id int4!', 'name text'],
    target: ['tenant_id uuid!', 'name text'],
    tables: [table('core.parts', ['id uuid!', 'tenant_id uuid!', 'row_id uuid!', 'label text'])],
    tenantColumn: 'tenant_id',
  })
  const { tables, ids } = program.run([[1, 'a']])
  const tenant = '00000000-0000-4000-8000-000000000007'
  const [head, part] = [tables['core.rows']?.[0], tables['core.parts']?.[0]]
  assert.deepEqual(new Set(head), new Set([ids[0], tenant, 'a']))
  assert.ok(part?.includes(tenant) && part.includes(ids[0] ?? ''))
  assert.equal(program.compiled.tables[0]?.idColumn, 'id')
  assert.equal(new Set(part).size, 4)
})

test('a column marked as id holds the row’s identifier, by the strategy it names', () => {
  const strategies = { ordered: /^00070060-0000-8/, hashed: /^[0-9a-f]{8}-[0-9a-f]{4}-8/, v5: /^[0-9a-f]{8}-[0-9a-f]{4}-5/ }
  for (const [strategy, form] of Object.entries(strategies)) {
    const { tables, ids } = new Program({
      columns: { id: `{ id: ${strategy} }`, name: 'name' },
      source: ['id int8!', 'name text'],
      target: ['name text'],
    }).run([[1n, 'a']])
    assert.equal(tables['core.rows']?.[0]?.includes(ids[0] ?? ''), true)
    assert.match(ids[0] ?? '', form)
  }
  const kept = '11111111-2222-4333-8444-555555555555'
  assert.deepEqual(
    new Program({ columns: { name: 'name' }, entity: '    id: keep', source: ['id uuid!', 'name text'] }).run([[kept, 'a']]).ids,
    [kept],
  )
})

test('an identifier made of other values is the row’s identifier everywhere; without them there is none', () => {
  const kept = '11111111-2222-4333-8444-555555555555'
  const program = new Program({
    into: `      core.rows: { columns: { id: { id: keep, from: other }, name: name } }
      core.parts: { columns: { row_id: { ref: row, from: id }, label: name } }`,
    source: ['id int4!', 'name text', 'other uuid'],
    target: ['name text'],
    tables: [PARTS],
  })
  const { tables, ids, quarantine } = program.run([
    [1, 'a', kept],
    [2, 'b', null],
  ])
  assert.deepEqual(ids, [kept])
  assert.deepEqual(tables['core.rows'], [[kept, 'a']])
  assert.equal(tables['core.parts']?.[0]?.[1], kept)
  assert.deepEqual(quarantine, ['2 null_key row.id -'])
  const made = new Program({
    columns: { id: '{ id: hashed, from: id }', name: 'name' },
    source: ['id int4!', 'name text'],
    target: ['name text'],
  })
  const plain = new Program({ columns: { id: '{ id: hashed }', name: 'name' }, source: ['id int4!', 'name text'], target: ['name text'] })
  assert.deepEqual(made.run([[1, 'a']]).ids, plain.run([[1, 'a']]).ids)
})

test('an id of a part from other values is the same for the same values', () => {
  const program = split('{ columns: { id: { id: hashed, from: [name, n] }, row_id: { ref: row, from: id } } }')
  const { tables, quarantine } = program.run([
    [1, 'a', '1', null],
    [2, 'a', '1', null],
    [3, 'a', '2', null],
    [4, 'a', null, null],
  ])
  const [one, two, three] = tables['core.parts']?.map(row => row[0]) ?? []
  assert.equal(one, two)
  assert.notEqual(one, three)
  assert.deepEqual(quarantine, ['4 null_key core.parts.id -'])
})

test('a row without a whole key, or with the key of another, goes into quarantine under a key of its own', () => {
  const program = new Program({
    columns: { name: 'name' },
    key: '[k, id]',
    source: ['id int4', 'k text', 'name text'],
    sourceChange: { uniqueKeys: [] },
    known: { row: {} },
  })
  const { quarantine, counts } = program.run([
    [1, 'a', 'x'],
    [1, 'a', 'y'],
    [1, 'a', 'z'],
    [2, 'a', 'x'],
    [null, 'b', 'x'],
    [3, null, 'x'],
  ])
  assert.deepEqual(quarantine, ['a,1,#2 duplicate_key - -', 'a,1,#3 duplicate_key - -', 'b,\\N,#1 null_key - -', '\\N,3,#2 null_key - -'])
  assert.equal(counts.loaded, 2)
  assert.equal(program.index('row').state(program.index('row').findText('a,1')), LOADED)
})

test('the first row of a doubled key stands, even where its copies are refused', () => {
  const program = new Program({
    columns: { name: 'name' },
    key: 'k',
    source: ['id int4!', 'k int4', 'name text'],
    target: ['name text!'],
    known: { row: {} },
  })
  program.run([
    [1, 5, 'x'],
    [2, 5, null],
    [3, 6, null],
    [4, 6, 'y'],
  ])
  const index = program.index('row')
  assert.deepEqual([index.state(index.find(0, 5)), index.state(index.find(0, 6))], [LOADED, QUARANTINED])
})

test('rows without a key are told apart by their content and copy number', () => {
  const program = new Program({
    columns: { name: 'name' },
    key: '{ content: true }',
    source: ['name text'],
    sourceChange: { primaryKey: null, uniqueKeys: [] },
  })
  const { counts, ids } = program.run([['a'], ['b'], [null]])
  assert.equal(counts.loaded, 3)
  assert.equal(new Set(ids).size, 3)
  assert.deepEqual(program.compiled.key?.names, ['digest', 'copy'])
})

test('the index remembers what became of each key', () => {
  const program = new Program({
    columns: { n: 'n' },
    entity: '    rules: [{ when: n = 1, exclude: x }, { when: n = 2, quarantine: y }]',
    source: ['id int4!', 'n int4'],
    target: ['n int4'],
    known: { row: {} },
  })
  program.run([
    [1, 1],
    [2, 2],
    [-3, 3],
  ])
  const index = program.index('row')
  assert.deepEqual(
    [index.state(index.find(0, 1)), index.state(index.find(0, 2)), index.state(index.find(-1, -3))],
    [EXCLUDED, QUARANTINED, LOADED],
  )
})

const value = fc.option(
  fc.string({ maxLength: 12 }).filter(text => !text.includes('\0')),
  { nil: null },
)

test('equal rows have equal hashes, and any changed byte changes the hash', () => {
  const program = split('{ when: "m is not null", columns: { row_id: { ref: row, from: id }, label: m } }')
  const hash = (row: Row): string => program.run([row]).hashes[0] ?? ''
  fc.assert(
    fc.property(value, value, value, (name, m, other) => {
      const row: Row = [1, name ?? 'n', null, m]
      assert.equal(hash(row), hash([...row]))
      if (other !== m) assert.notEqual(hash(row), hash(row.with(3, other)))
      if (other !== null && other !== (name ?? 'n')) assert.notEqual(hash(row), hash(row.with(1, other)))
      assert.notEqual(hash(row), hash(row.with(0, 2)))
    }),
  )
})

test('every row read has exactly one outcome, whatever the rows are', () => {
  const program = split(
    '{ optional: true, when: "m <> \'skip\'", columns: { row_id: { ref: row, from: id }, label: m, n: { from: n, as: int4 } } }',
    {
      entity: `    rules:
      - { when: "name = 'a'", exclude: a }
      - { when: "length(name) > 8", quarantine: long }
      - { when: "m::int4 > 5", note: big }`,
      sourceChange: { uniqueKeys: [] },
      key: 'id',
    },
  )
  const row = fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.option(fc.constantFrom('a', 'b', 'much too long'), { nil: null }),
    fc.option(fc.constantFrom('1', 'x'), { nil: null }),
    fc.option(fc.constantFrom('7', 'skip', 'y'), { nil: null }),
  )
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), rows => {
      const { counts, tables, hashes, ids } = program.run(
        rows.toSorted((a, b) => a[0] - b[0]).map((row, i): Row => [i, ...row.slice(1), row[0]]),
      )
      assert.ok(isBalanced({ ...NO_COUNTS, ...counts }))
      assert.equal(tables['core.rows']?.length, counts.loaded)
      assert.equal(hashes.length, counts.loaded)
      assert.equal(new Set(ids).size, counts.loaded)
    }),
  )
})
