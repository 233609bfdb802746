import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RehouseError } from '../../../src/errors.ts'
import { Bed, type Row } from '../../support/memory-migration.ts'
import { foreignKey, relation } from '../../support/survey.ts'
import { schoolBed } from './school.ts'

interface Wish {
  /** Lines of `phases` and `entities`. */
  readonly phases: string
  readonly entities: string
  readonly rows: Readonly<Record<string, readonly Row[]>>
  readonly sources?: string
}

/** Entities a, b, c … each of one table with references to others; columns `id`, `x` and `y` in the source, `id`, `x_id` and `y_id` in the target. */
function letters({ phases, entities, rows, sources }: Wish): Bed {
  const source = (name: string) => relation(`public.${name}`, ['id int4!', 'x int4', 'y int4'])
  const keyed = (name: string) => relation(`core.${name}`, ['id uuid!', 'x_id uuid', 'y_id uuid'])
  return new Bed({
    manifest: `
migration: letters
sources: ${sources ?? '{ legacy: "postgres://reader@legacy/{tenant.code}" }'}
tenants: [{ code: ADAMS }, { code: BAKER }]
services: { app: { url: "postgres://writer@app/app" } }
stop: { quarantined: 100%, errors: 100% }
phases: ${phases}
entities:
${entities}
`,
    sources: {
      legacy: ['a', 'b', 'c'].map(name => ({ relation: source(name), rows: { ADAMS: rows[name] ?? [] } })),
      common: ['s', 't'].map(name => ({ relation: source(name), rows: { '': rows[name] ?? [] } })),
    },
    targets: { app: ['a', 'b', 'c', 's', 't'].map(keyed) },
  })
}

const entity = (name: string, columns: string, more = ''): string =>
  `  ${name}: { service: app, from: public.${name}, key: id${more}, into: { core.${name}: { columns: { ${columns} } } } }`
const x = (parent: string, more = ''): string => `x_id: { ref: ${parent}, from: x${more} }`
const y = (parent: string, more = ''): string => `y_id: { ref: ${parent}, from: y${more} }`

test('a chain of 10 000 rows that leads nowhere is taken back whole', async () => {
  const staff = Array.from({ length: 10_000 }, (_, i): Row => [i + 1, i === 0 ? 99_999 : i, `person ${i}`])
  const bed = schoolBed({ ADAMS: { staff: [...staff, [20_000, null, 'Head']] } })
  const { counts } = await bed.run({ selection: { tenants: ['ADAMS'] } })
  assert.deepEqual(counts['staff/ADAMS'], { read: 10_001, loaded: 1, quarantined: 10_000 })
})

test('a child loaded between the members of a circle goes when its parent is taken back', async () => {
  const bed = letters({
    phases: '[{ all: [a, c, b] }]',
    entities: [entity('a', x('b')), entity('b', x('a')), entity('c', x('a'))].join('\n'),
    rows: {
      a: [
        [1, 1],
        [2, 9],
      ],
      b: [[1, 1]],
      c: [
        [1, 1],
        [2, 2],
        [3, 8],
      ],
    },
  })
  const { counts } = await bed.run()
  assert.deepEqual(await bed.quarantine(), ['a/ADAMS 2 orphan', 'c/ADAMS 2 parent_quarantined', 'c/ADAMS 3 orphan'])
  assert.deepEqual(counts['c/ADAMS'], { read: 3, loaded: 1, quarantined: 2 })
  assert.deepEqual((await bed.dry()).counts['c/ADAMS'], { read: 3, unchanged: 1, quarantined: 2 })
})

test('a reference to a later phase is settled when that phase is loaded, with all children loaded meanwhile', async () => {
  const bed = letters({
    phases: '[{ first: [a, b] }, { second: [c] }]',
    entities: [entity('a', x('c')), entity('b', x('a', ', missing: { quarantine: no_a }')), entity('c', 'x_id: { value: null }')].join(
      '\n',
    ),
    rows: {
      a: [
        [1, 1],
        [2, 7],
      ],
      b: [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      c: [[1]],
    },
  })
  const dry = await bed.dry()
  const { counts, end } = await bed.run()
  assert.deepEqual(end.failures, [])
  assert.deepEqual(await bed.quarantine(), ['a/ADAMS 2 orphan', 'b/ADAMS 2 no_a', 'b/ADAMS 3 no_a'])
  assert.deepEqual(dry.counts, counts)
  assert.equal((await bed.run()).end.status, 'findings')
})

test('a child that may do without its parent is loaded without it, also when the parent may still be taken back', async () => {
  const bed = letters({
    phases: '[{ first: [a, b] }, { second: [c] }]',
    entities: [entity('a', x('c')), entity('b', x('a', ', missing: { value: null }')), entity('c', 'x_id: { value: null }')].join('\n'),
    rows: {
      a: [
        [1, 1],
        [2, 7],
      ],
      b: [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      c: [[1]],
    },
  })
  const { counts } = await bed.run()
  assert.deepEqual(counts['b/ADAMS'], { read: 3, loaded: 2, quarantined: 1 })
  assert.deepEqual(await bed.quarantine(), ['a/ADAMS 2 orphan', 'b/ADAMS 2 parent_quarantined'])
})

test('a reference is settled only where its `when` holds', async () => {
  const bed = letters({
    phases: '[{ all: [a] }]',
    entities: entity('a', x('a', ', when: "y = 1"')),
    rows: {
      a: [
        [1, 9, 1],
        [2, 9, 0],
        [3, 9, null],
        [4, 2, 1],
      ],
    },
  })
  await bed.run()
  assert.deepEqual(await bed.quarantine(), ['a/ADAMS 1 orphan'])
  assert.deepEqual(
    bed.rows('app', 'core.a', ['x_id']).map(([id]) => id === null),
    [true, true, false],
  )
})

test('a reference of a part is settled only where the part is written', async () => {
  const bed = new Bed({
    manifest: `
migration: parts
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }]
services: { app: { url: "postgres://writer@app/app" } }
stop: { quarantined: 100%, errors: 100% }
phases: [{ all: [a] }]
entities:
  a:
    service: app
    from: public.a
    key: id
    into:
      core.a: { columns: { x_id: { ref: a, from: x } } }
      core.b: { when: "y = 1", columns: { a_id: { ref: a, from: id }, x_id: { ref: a, from: y + 6 } } }
      core.c: { each: [{ n: "7" }, { n: y }], as: g, key: g.n, when: g.n > 5, columns: { a_id: { ref: a, from: id }, x_id: { ref: a, from: g.n } } }
`,
    sources: {
      legacy: [
        {
          relation: relation('public.a', ['id int4!', 'x int4', 'y int4']),
          rows: {
            ADAMS: [
              [1, null, 0],
              [2, null, 1],
              [3, null, 8],
              [7, null, 0],
            ],
          },
        },
      ],
    },
    targets: {
      app: [
        relation('core.a', ['id uuid!', 'x_id uuid']),
        relation('core.b', ['id uuid!', 'a_id uuid!', 'x_id uuid']),
        relation('core.c', ['id uuid!', 'a_id uuid!', 'x_id uuid']),
      ],
    },
  })
  await bed.run()
  assert.deepEqual(await bed.quarantine(), ['a/ADAMS 3 orphan'])
  assert.deepEqual(
    ['core.a', 'core.b', 'core.c'].map(table => bed.rows('app', table).length),
    [3, 1, 3],
  )
})

test('rows of all tenants are settled before a tenant refers to them, also in a later phase', async () => {
  const bed = letters({
    sources: '{ legacy: "postgres://reader@legacy/{tenant.code}", common: "postgres://reader@common/all" }',
    phases: '[{ first: [a, s] }, { second: [t, b] }]',
    entities: [
      `  s: { service: app, tenant: none, from: common/public.s, key: id, into: { core.s: { columns: { ${x('s')} } } } }`,
      `  t: { service: app, tenant: none, from: common/public.t, key: id, into: { core.t: { columns: { ${x('s')} } } } }`,
      entity('a', `${x('s')}, ${y('t')}`),
      entity('b', x('a')),
    ].join('\n'),
    rows: {
      s: [
        [1, null],
        [2, 9],
        [3, 2],
      ],
      t: [
        [1, 1],
        [2, 3],
      ],
      a: [
        [1, 1, 1],
        [2, 3, 1],
        [3, 1, 2],
        [4, null, 5],
      ],
      b: [
        [1, 1],
        [2, 3],
        [3, 4],
      ],
    },
  })
  const dry = await bed.dry()
  const { counts, end } = await bed.run({ lanes: 2 })
  assert.deepEqual(end.failures, [])
  assert.deepEqual(await bed.quarantine(), [
    'a/ADAMS 2 parent_quarantined',
    'a/ADAMS 3 parent_quarantined',
    'a/ADAMS 4 orphan',
    'b/ADAMS 2 parent_quarantined',
    'b/ADAMS 3 parent_quarantined',
    's 2 orphan',
    's 3 parent_quarantined',
    't 2 parent_quarantined',
  ])
  assert.deepEqual(dry.counts, counts)
})

test('a failure while rows are taken back does not make the run forget them', async () => {
  for (const seam of ['before_settle', 'before_correction_commit', 'after_correction_commit'] as const) {
    const bed = schoolBed({
      ADAMS: {
        staff: [
          [1, 9, 'Ann'],
          [2, 1, 'Bob'],
          [3, null, 'Cem'],
        ],
      },
    })
    let failures = 2
    const hooks = {
      at: (at: string) => {
        if (at === seam && failures-- > 0)
          throw new RehouseError('TARGET_UNREACHABLE', 'expected an answer, got none', { next: 'Try again.' })
      },
    }
    const { counts, end } = await bed.run({ hooks, selection: { tenants: ['ADAMS'] } })
    assert.deepEqual(end.failures, [], seam)
    assert.deepEqual(counts['staff/ADAMS'], { read: 3, loaded: 1, quarantined: 2 }, seam)
    assert.equal(bed.rows('app', 'core.staff').length, 1, seam)
  }
})

test('where the foreign key stays in force, references are set in a second step and rows are taken back all the same', async () => {
  const rows: Row[] = [
    [1, 2, 'Ann'],
    [2, 1, 'Bob'],
    [3, 9, 'Cem'],
    [4, 3, 'Dora'],
    [5, 1, 'Eve'],
  ]
  const bed = schoolBed({ BAKER: { staff: rows } })
  await bed.run({ selection: { tenants: ['ADAMS'] } })
  const { counts, end } = await bed.run({ selection: { tenants: ['BAKER'] } })
  assert.deepEqual(end.failures, [])
  assert.deepEqual(counts['staff/BAKER'], { read: 5, loaded: 3, quarantined: 2 })
  const free = schoolBed({ BAKER: { staff: rows } })
  await free.run({ selection: { tenants: ['BAKER'] } })
  const staff = (of: Bed, wanted: string) =>
    of.rows('app', 'core.staff', ['boss_id', 'name']).filter(([, name]) => wanted.includes(String(name)))
  assert.deepEqual(
    staff(bed, 'Ann Bob Eve').map(([boss]) => boss === null),
    staff(free, 'Ann Bob Eve').map(([boss]) => boss === null),
  )
  assert.deepEqual(
    staff(bed, 'Ann Bob Eve').map(([boss]) => boss === null),
    [false, false, false],
  )
})

test('text keys are settled as integers are', async () => {
  const bed = new Bed({
    manifest: `
migration: words
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }]
services: { app: { url: "postgres://writer@app/app" } }
stop: { quarantined: 100%, errors: 100% }
phases: [{ all: [word] }]
entities:
  word: { service: app, from: public.word, key: [lang, name], into: { core.words: { columns: { root_id: { ref: word, from: [lang, root] }, name: name } } } }
`,
    sources: {
      legacy: [
        {
          relation: relation('public.word', ['lang text!', 'name text!', 'root text']),
          rows: {
            ADAMS: [
              ['en', 'going', 'go'],
              ['en', 'go', null],
              ['de', 'ging', 'go'],
              ['en', 'a,"b', 'going'],
              ['de', 'c', 'ging'],
            ],
          },
        },
      ],
    },
    targets: {
      app: [
        relation('core.words', ['id uuid!', 'root_id uuid', 'name text'], {
          foreignKeys: [foreignKey('root', ['root_id'], 'core.words (id)')],
        }),
      ],
    },
  })
  const { counts } = await bed.run()
  assert.deepEqual(counts['word/ADAMS'], { read: 5, loaded: 3, quarantined: 2 })
  assert.deepEqual(await bed.quarantine(), ['word/ADAMS de,c parent_quarantined', 'word/ADAMS de,ging orphan'])
  assert.deepEqual((await bed.run()).counts['word/ADAMS'], { read: 5, unchanged: 3, quarantined: 2 })
})
