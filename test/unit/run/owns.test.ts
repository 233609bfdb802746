import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RelatedWay } from '../../../src/plan/related-way.ts'
import { Bed, placeName, type Row, withoutZeros } from '../../support/memory-migration.ts'
import { relation } from '../../support/survey.ts'

const WAYS: readonly RelatedWay[] = ['memory', 'merge']

const manifest = (related: string, more = ''): string => `
migration: school
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }]
services: { app: { url: "postgres://writer@app/app", tenant_column: tenant_id } }
stop: { quarantined: 100%, errors: 100% }
defaults: { unmapped: warn }
entities:
  student:
    service: app
    from: public.student
    key: id
    with: { attribute: { from: public.attribute, match: { student_id: id }, ${related} } }
${more}
`

// Nothing makes the key unique, and it may be NULL.
const STUDENT = { ...relation('public.student', ['id int4', 'name text', 'friend int4'], { primaryKey: null }), uniqueKeys: [] }
const ATTRIBUTE = relation('public.attribute', ['id int4!', 'student_id int8', 'value numeric'])
const TARGET = relation('core.students', ['id uuid!', 'tenant_id uuid!', 'name text', 'total int8', 'friend_id uuid'])

const STUDENTS: readonly Row[] = [
  [2, 'Bob', null],
  [3, 'left out', null],
  [4, 'refused', null],
  [5, 'Eve', null],
  [5, 'Eve again', null],
  [7, 'Gus', null],
  [null, 'nobody', null],
]
const ATTRIBUTES: readonly Row[] = [
  [10, 1n, '1'],
  [11, 2n, '1'],
  [12, 2n, '2'],
  [13, 2n, null],
  [14, 3n, '1'],
  [15, 4n, '1'],
  [16, 4n, '9'],
  [17, 5n, '9'],
  [18, 5n, '3'],
  [19, 6n, '1'],
  [20, null, '1'],
  [21, 8n, '1'],
  [22, 8n, '2'],
]

const RULES = '    rules: [{ when: "name = \'left out\'", exclude: not_wanted }, { when: "name = \'refused\'", quarantine: no_good }]'
const MANY = `many: true, owns: { orphans: { quarantine: orphan_attribute } }, rules: [{ when: value is null, exclude: no_value }, { when: value > 8, quarantine: too_large }]`
const INTO = '    into: { core.students: { columns: { name: name, total: count(attribute) } } }'

interface Wish {
  readonly way: RelatedWay
  readonly related?: string
  readonly more?: string
  readonly students?: readonly Row[]
  readonly attributes?: readonly Row[]
}

function bedOf({ way, related = MANY, more = `${RULES}\n${INTO}`, students = STUDENTS, attributes = ATTRIBUTES }: Wish): Bed {
  return new Bed({
    manifest: manifest(related, more),
    sources: {
      legacy: [
        { relation: STUDENT, rows: { ADAMS: students } },
        { relation: ATTRIBUTE, rows: { ADAMS: attributes } },
      ],
    },
    targets: { app: [TARGET] },
    relatedWay: way,
  })
}

async function lines(bed: Bed, run: string): Promise<unknown> {
  const ledger = bed.ledger('app')
  const entities = new Map((await ledger.entities()).map(({ number, name }) => [number, name]))
  return (await ledger.ownedLines(run)).map(({ entity, relation: name, counts, sourceCount }) => [
    placeName(entities.get(entity) ?? '', name),
    sourceCount,
    withoutZeros(counts),
  ])
}

const LINE = 'student/legacy/public.attribute'
const FIRST = { read: 13, loaded: 3, excluded: 2, quarantined: 8 }
for (const way of WAYS) {
  test(`every owned row has exactly one end, as many as the source counts (${way})`, async () => {
    const bed = bedOf({ way })
    const { end, outcomes } = await bed.run()
    assert.deepEqual(end.failures, [])
    assert.deepEqual(await lines(bed, end.run), [[LINE, '13', FIRST]])
    assert.deepEqual(
      (await bed.quarantine()).filter(row => row.includes('attribute[')),
      [
        'student/ADAMS 1 orphan_attribute attribute[10]',
        'student/ADAMS 5 too_large attribute[17]',
        'student/ADAMS 6 orphan_attribute attribute[19]',
        'student/ADAMS 8 orphan_attribute attribute[21]',
        'student/ADAMS 8 orphan_attribute attribute[22]',
        'student/ADAMS \\N orphan_attribute attribute[20]',
      ],
    )
    assert.ok(outcomes.includes('student quarantine attribute orphan_attribute 5'), outcomes.join('\n'))
  })

  test(`a rerun finds every owned row as it was (${way})`, async () => {
    const bed = bedOf({ way })
    await bed.run()
    const before = await bed.quarantine()
    const { end } = await bed.run()
    assert.deepEqual(await lines(bed, end.run), [[LINE, '13', { read: 13, unchanged: 3, excluded: 2, quarantined: 8 }]])
    assert.deepEqual(await bed.quarantine(), before)
  })

  for (const dies of [1, 2, 3, 4, 5])
    test(`a run killed at batch ${dies} of one row and taken up again counts each owned row once (${way})`, async () => {
      const whole = bedOf({ way })
      await whole.run()
      const bed = bedOf({ way })
      let batches = 0
      const hooks = {
        at: (seam: string) => {
          if (seam === (dies % 2 === 0 ? 'before_batch_commit' : 'after_batch_commit') && ++batches === dies) throw new Error('killed')
        },
      }
      await assert.rejects(bed.run({ batchRows: 1, hooks }))
      const { end } = await bed.run({ batchRows: 1, resume: 'latest' })
      assert.deepEqual(await lines(bed, end.run), [[LINE, '13', FIRST]])
      assert.deepEqual(await bed.quarantine(), await whole.quarantine())
    })

  test(`orphans may be left out, which is counted (${way})`, async () => {
    const bed = bedOf({ way, related: MANY.replace('quarantine: orphan_attribute', 'exclude: no_student') })
    const { end, outcomes } = await bed.run()
    assert.deepEqual(await lines(bed, end.run), [[LINE, '13', { read: 13, loaded: 3, excluded: 7, quarantined: 3 }]])
    assert.ok(outcomes.includes('student exclude attribute no_student 5'), outcomes.join('\n'))
  })

  test(`of one row that is owned a second one refuses the row both belong to, and both are in quarantine with it (${way})`, async () => {
    const bed = bedOf({
      way,
      related: 'owns: { orphans: { quarantine: orphan_attribute } }',
      more: '    into: { core.students: { columns: { name: name, total: attribute.value } } }',
    })
    const { end } = await bed.run()
    // Bob has three, `refused` and Eve two each; `left out` has one.
    assert.deepEqual(await lines(bed, end.run), [[LINE, '13', { read: 13, loaded: 1, quarantined: 12 }]])
    assert.ok((await bed.quarantine()).includes('student/ADAMS 2 ambiguous_attribute'))
  })

  test(`rows that are taken back take their owned rows with them (${way})`, async () => {
    const students = STUDENTS.map(([id, name]): Row => [id ?? null, name ?? null, name === 'Bob' ? 5 : name === 'Eve' ? 99 : null])
    const bed = bedOf({
      way,
      students,
      more: `${RULES}\n    into: { core.students: { columns: { name: name, total: count(attribute), friend_id: { ref: student, from: friend } } } }`,
    })
    const { end } = await bed.run()
    assert.deepEqual(end.failures, [])
    assert.deepEqual(bed.rows('app', 'core.students', ['name']), [['Gus']])
    assert.deepEqual(await lines(bed, end.run), [[LINE, '13', { read: 13, excluded: 1, quarantined: 12 }]])
  })

  test(`a quarantined row that is tried again brings its owned rows back (${way})`, async () => {
    const bed = bedOf({ way })
    await bed.run()
    bed.replaceRows(
      { source: 'legacy', tenant: 'ADAMS', table: 'student' },
      STUDENTS.map(([id, name, friend]): Row => [id ?? null, name === 'refused' ? 'Dan' : (name ?? null), friend ?? null]),
    )
    const { end } = await bed.run({ selection: { retries: true } })
    assert.deepEqual(await lines(bed, end.run), [[LINE, '13', { read: 13, loaded: 1, unchanged: 3, excluded: 2, quarantined: 7 }]])
  })

  test(`a top-up run counts the owned rows of updated rows as updated (${way})`, async () => {
    const bed = bedOf({ way })
    await bed.run()
    bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'attribute' }, [...ATTRIBUTES, [23, 2n, '5']])
    const { end } = await bed.run({ selection: { topUp: true } })
    assert.deepEqual(end.failures, [])
    assert.deepEqual(await lines(bed, end.run), [[LINE, '14', { read: 14, updated: 3, unchanged: 1, excluded: 2, quarantined: 8 }]])
  })

  test(`an owned row that finds its row in a later run is an orphan no more (${way})`, async () => {
    const bed = bedOf({ way })
    await bed.run()
    bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'student' }, [[1, 'Ann', null], ...STUDENTS])
    const { end } = await bed.run()
    assert.deepEqual(await lines(bed, end.run), [[LINE, '13', { read: 13, loaded: 1, unchanged: 3, excluded: 2, quarantined: 7 }]])
    assert.ok(!(await bed.quarantine()).some(row => row.startsWith('student/ADAMS 1 ')))
  })
}

test('a key that is beyond what the owned relation can hold leaves nothing to be counted twice', async () => {
  const wide = { ...relation('public.student', ['id int8', 'name text', 'friend int4'], { primaryKey: null }), uniqueKeys: [] }
  const narrow = relation('public.attribute', ['id int4!', 'student_id int4', 'value numeric'])
  const bed = new Bed({
    manifest: manifest(MANY, INTO),
    sources: {
      legacy: [
        {
          relation: wide,
          rows: {
            ADAMS: [
              [-5000000000n, 'low', null],
              [2n, 'Bob', null],
              [5000000000n, 'high', null],
              [5000000001n, 'higher', null],
            ],
          },
        },
        {
          relation: narrow,
          rows: {
            ADAMS: [
              [1, 1, '1'],
              [2, 2, '2'],
              [3, 3, '3'],
              [4, null, '4'],
            ],
          },
        },
      ],
    },
    targets: { app: [TARGET] },
    relatedWay: 'merge',
  })
  let batches = 0
  const hooks = {
    at: (seam: string) => {
      if (seam === 'after_batch_commit' && ++batches === 3) throw new Error('killed')
    },
  }
  await assert.rejects(bed.run({ batchRows: 1, hooks }))
  const { end } = await bed.run({ batchRows: 1, resume: 'latest' })
  assert.deepEqual(end.failures, [])
  assert.deepEqual(await lines(bed, end.run), [[LINE, '4', { read: 4, loaded: 1, quarantined: 3 }]])
})

test('a dry run finds the orphans', async () => {
  const { end } = await bedOf({ way: 'merge' }).dry()
  assert.deepEqual(
    end.results[0]?.outcomes.filter(({ code }) => code === 'orphan_attribute').map(({ column, count }) => [column, count]),
    [['attribute', 5]],
  )
  assert.deepEqual(end.failures, [])
})

test('owned rows must be matched with the whole key', async () => {
  const bed = new Bed({
    manifest: manifest('many: true, owns: { orphans: { exclude: x } }', INTO).replace('student_id: id', 'student_id: friend'),
    sources: {
      legacy: [
        { relation: STUDENT, rows: { ADAMS: STUDENTS } },
        { relation: ATTRIBUTE, rows: { ADAMS: ATTRIBUTES } },
      ],
    },
    targets: { app: [TARGET] },
  })
  await assert.rejects(
    async () => bed.run(),
    /expected `attribute`, whose rows are owned, to be matched with the whole key \(id\), got friend/,
  )
})

const WRONG: readonly (readonly [what: string, related: string, expected: RegExp])[] = [
  [
    'owned rows some of which are left out',
    'where: value > 1, owns: { orphans: { exclude: x } }',
    /expected all rows of `attribute` to be accounted for, got `where`, which leaves some out/,
  ],
  [
    'owned rows that are related to related rows',
    'with: { inner: { from: public.attribute, match: { id: id }, owns: { orphans: { exclude: x } } } }',
    /expected `owns` on rows that are related to the entity itself, got it on `inner`/,
  ],
  ['what becomes of orphans left unsaid', 'owns: {}', /orphans/],
]

for (const [what, related, expected] of WRONG)
  test(`${what}: refused with its place`, () => {
    assert.throws(
      () => bedOf({ way: 'memory', related }),
      (error: Error) => {
        assert.match(`${error.message} ${JSON.stringify((error as { findings?: unknown }).findings ?? '')}`, expected)
        return true
      },
    )
  })

test('a relation is owned once', () => {
  const twice =
    'many: true, owns: { orphans: { exclude: x } } }, other: { from: public.attribute, match: { student_id: id }, many: true, owns: { orphans: { exclude: x } }'
  assert.throws(() => bedOf({ way: 'memory', related: twice }), /expected one `owns` of public\.attribute, got another in student/)
})

for (const way of WAYS)
  test(`owned rows of a row that was another row and is taken back move with it, in their own relation (${way})`, async () => {
    const more = `    rules: [{ when: "name = 'same'", same_as: { ref: student, from: friend } }]
    into: { core.students: { columns: { name: name, total: count(attribute), friend_id: { ref: student, from: friend } } } }`
    const students: readonly Row[] = [
      [1, 'Ann', 99],
      [2, 'same', 1],
      [3, 'Cem', null],
    ]
    const attributes: readonly Row[] = [
      [10, 1n, '1'],
      [11, 2n, '1'],
      [12, 2n, '2'],
      [13, 3n, '1'],
    ]
    const bed = bedOf({ way, more, students, attributes })
    await bed.run()
    const lines = [...(bed.stores.get('app')?.batches.values() ?? [])].flatMap(batch => batch.counts)
    assert.deepEqual([...new Set(lines.map(({ relation: name }) => name))].toSorted(), ['legacy/public.attribute', 'legacy/public.student'])
    const owned = lines.filter(({ relation: name }) => name === 'legacy/public.attribute').map(({ counts }) => counts)
    const sum = (fate: 'loaded' | 'merged' | 'quarantined'): number => owned.reduce((all, counts) => all + counts[fate], 0)
    assert.deepEqual([sum('loaded'), sum('merged'), sum('quarantined')], [1, 0, 3])
  })
