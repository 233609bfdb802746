import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bed, type Row } from '../../support/memory-migration.ts'
import { relation } from '../../support/survey.ts'

/** Students with their grade, its level (related in turn), a list of wishes shared by all tenants, and places in their class. */
const manifest = (entity: string): string => `
migration: school
sources: { legacy: "postgres://reader@legacy/{tenant.code}", login: "postgres://reader@login/login" }
tenants: [{ code: ADAMS }, { code: BAKER }]
services: { app: { url: "postgres://writer@app/app", tenant_column: tenant_id } }
stop: { quarantined: 100%, errors: 100% }
defaults: { unmapped: warn }
entities:
  student:
    service: app
    from: public.student
    key: id
${entity}
`

const STUDENT = relation('public.student', ['id int4!', 'grade_id int4', 'name text', 'class text', 'mark numeric'])
const GRADE = relation('public.grade', ['id int8!', 'level_id int4', 'title text', 'year int4'], { primaryKey: null })
const LEVEL = relation('public.level', ['id int4!', 'label text'])
const WISH = relation('public.wish', ['id int4!', 'kind text', 'word text'])
const TARGET = relation('core.students', ['id uuid!', 'tenant_id uuid!', 'name text', 'extra text', 'place int4'])

interface Rows {
  readonly student: readonly Row[]
  readonly grade: readonly Row[]
  readonly level: readonly Row[]
  readonly wish: readonly Row[]
}

const ROWS: Rows = {
  student: [
    [1, 10, 'Ann', 'a', '1.5'],
    [2, 11, 'Bob', 'b', null],
    [3, 12, 'Cem', 'a', '1.50'],
    [4, null, 'Dan', 'a', '0.5'],
    [5, 99, 'Eve', null, '2'],
    [6, 13, 'Fay', null, '3'],
  ],
  grade: [
    [10n, 1, 'first', 2020],
    [11n, 2, 'second', 2020],
    [12n, null, 'third', 2020],
    [13n, 1, 'twice', 2020],
    [13n, 2, 'twice', 2021],
  ],
  level: [
    [1, 'low'],
    [2, 'high'],
  ],
  wish: [
    [1, 'colour', 'ANN'],
    [2, 'food', 'ann'],
    [3, 'food', 'Bob'],
  ],
}

function bedOf(entity: string, rows: Partial<Rows> = {}): Bed {
  const of = { ...ROWS, ...rows }
  const both = (list: readonly Row[]): Record<string, readonly Row[]> => ({ ADAMS: list, BAKER: [] })
  return new Bed({
    manifest: manifest(entity),
    sources: {
      legacy: [
        { relation: STUDENT, rows: both(of.student) },
        { relation: GRADE, rows: both(of.grade) },
        { relation: LEVEL, rows: both(of.level) },
      ],
      login: [{ relation: WISH, rows: { ADAMS: of.wish, BAKER: of.wish, '': of.wish } }],
    },
    targets: { app: [TARGET] },
  })
}

const extras = (bed: Bed): readonly Row[] => bed.rows('app', 'core.students', ['name', 'extra', 'place'])

const GRADES = '      grade: { from: public.grade, match: { id: grade_id } }'
const into = (columns: string): string => `    into: { core.students: { columns: { name: name, ${columns} } } }`

test('a related row’s columns are values of the row, NULL where there is none; two that match are quarantine, never "first wins"', async () => {
  const bed = bedOf(`    with:\n${GRADES}\n${into('extra: grade.title')}`)
  const { counts } = await bed.run()
  assert.deepEqual(extras(bed), [
    ['Ann', 'first', null],
    ['Bob', 'second', null],
    ['Cem', 'third', null],
    ['Dan', null, null],
    ['Eve', null, null],
  ])
  assert.deepEqual(counts, { 'student/ADAMS': { read: 6, loaded: 5, quarantined: 1 }, 'student/BAKER': {} })
  assert.deepEqual(await bed.quarantine(), ['student/ADAMS 6 ambiguous_grade'])
})

test('of related rows only those where `where` is true are matched', async () => {
  const bed = bedOf(
    `    with:\n      grade: { from: public.grade, match: { id: grade_id }, where: year = 2020 }\n${into('extra: grade.title')}`,
  )
  await bed.run()
  assert.deepEqual(
    extras(bed).map(row => row[1]),
    ['first', 'second', 'third', null, null, 'twice'],
  )
})

test('a related row is found under the equality of the collation of the column it is matched by', async () => {
  const folded = { name: 'SQL_Latin1_General_CP1_CI_AS', isDeterministic: false, equality: 'fold_trim' as const }
  const place = relation('public.place', ['id int4!', 'class text', 'label text'])
  const collated = place.columns.map(column => (column.name === 'class' ? { ...column, collation: folded } : column))
  const bed = new Bed({
    manifest: manifest(`    with:\n      place: { from: public.place, match: { class: class } }\n${into('extra: place.label')}`),
    sources: {
      legacy: [
        { relation: STUDENT, rows: { ADAMS: ROWS.student, BAKER: [] } },
        {
          relation: { ...place, columns: collated },
          rows: {
            ADAMS: [
              [1, 'A ', 'first'],
              [2, 'C', 'third'],
            ],
            BAKER: [],
          },
        },
      ],
    },
    targets: { app: [TARGET] },
  })
  await bed.run()
  assert.deepEqual(
    extras(bed).map(row => row[1]),
    ['first', null, 'first', 'first', null, null],
  )
})

test('rows related in turn are found by the columns of the row they belong to', async () => {
  const bed = bedOf(
    `    with:\n      grade: { from: public.grade, match: { id: grade_id }, where: year = 2020, with: { level: { from: public.level, match: { id: level_id } } } }\n${into('extra: "grade.title || \'/\' || grade.level.label"')}`,
  )
  await bed.run()
  assert.deepEqual(
    extras(bed).map(row => row[1]),
    ['first/low', 'second/high', null, null, null, 'twice/low'],
  )
})

test('rows of another source are matched by expressions and constants, for every tenant', async () => {
  const bed = bedOf(
    `    with:\n      wish: { from: login/public.wish, match: { lower(word): lower(name), kind: { value: food } } }\n${into('extra: wish.word')}`,
  )
  await bed.run()
  assert.deepEqual(
    extras(bed).map(row => row[1]),
    ['ann', 'Bob', null, null, null, null],
  )
})

test('rules and references may look at related rows', async () => {
  const bed = bedOf(
    `    with:\n${GRADES}\n    rules: [{ when: "grade.id is null and grade_id is not null", exclude: no_grade }]\n${into('extra: grade.title')}`,
  )
  const { counts } = await bed.run()
  assert.deepEqual(counts['student/ADAMS'], { read: 6, loaded: 4, excluded: 1, quarantined: 1 })
})

const PLACES = '      place: { within: [class], order: [mark, "name = \'Cem\'"] }'

test('positions are dense inside `within`, NULL counts as one group and comes last, ties go by the key', async () => {
  const bed = bedOf(`    number:\n${PLACES}\n${into('place: place')}`)
  await bed.run()
  assert.deepEqual(
    extras(bed).map(row => [row[0], row[2]]),
    [
      ['Ann', 2],
      ['Bob', 1],
      ['Cem', 3],
      ['Dan', 1],
      ['Eve', 1],
      ['Fay', 2],
    ],
  )
})

test('rows outside `where` have no position and take none', async () => {
  const bed = bedOf(`    number:\n      place: { order: [id], where: "mark > 1" }\n${into('place: place')}`)
  await bed.run()
  assert.deepEqual(
    extras(bed).map(row => row[2]),
    [1, null, 2, null, 3, 4],
  )
})

test('positions may go by related rows', async () => {
  const bed = bedOf(`    with:\n${GRADES}\n    number:\n      place: { order: [grade.title] }\n${into('place: place')}`)
  await bed.run()
  // Fay has two grades: her row is refused and takes no position.
  assert.deepEqual(
    extras(bed).map(row => [row[0], row[2]]),
    [
      ['Ann', 1],
      ['Bob', 2],
      ['Cem', 3],
      ['Dan', 4],
      ['Eve', 5],
    ],
  )
})

test('positions may go by other columns of related rows than the values of the row', async () => {
  const bed = bedOf(
    `    with:\n${GRADES}\n    number:\n      place: { order: [grade.title] }\n${into('place: place, extra: grade.level_id')}`,
  )
  await bed.run()
  assert.deepEqual(extras(bed), [
    ['Ann', '1', 1],
    ['Bob', '2', 2],
    ['Cem', null, 3],
    ['Dan', null, 4],
    ['Eve', null, 5],
  ])
})

test('positions and related rows are the same in batches of one row, after a kill and in a rerun, which is a no-op', async () => {
  const entity = `    with:\n${GRADES}\n    number:\n${PLACES}\n${into('extra: grade.title, place: place')}`
  const whole = bedOf(entity)
  await whole.run()
  const bed = bedOf(entity)
  let batches = 0
  const hooks = {
    at: (seam: string) => {
      if (seam === 'before_batch_commit' && ++batches === 3) throw new Error('killed')
    },
  }
  await assert.rejects(bed.run({ batchRows: 1, hooks }))
  await bed.run({ batchRows: 1, resume: 'latest' })
  assert.deepEqual(extras(bed), extras(whole))
  const again = await bed.run()
  assert.deepEqual(again.counts['student/ADAMS'], { read: 6, unchanged: 5, quarantined: 1 })
  assert.deepEqual(extras(bed), extras(whole))
})

test('a dry run finds the same', async () => {
  const entity = `    with:\n${GRADES}\n    number:\n${PLACES}\n${into('extra: grade.title, place: place')}`
  const dry = await bedOf(entity).dry()
  assert.deepEqual(dry.counts, (await bedOf(entity).run()).counts)
})

const WRONG: readonly (readonly [what: string, entity: string, expected: RegExp])[] = [
  [
    'a relation there is not',
    `    with: { grade: { from: public.grades, match: { id: grade_id } } }\n${into('extra: grade.title')}`,
    /expected relation public\.grades in source legacy for `grade`, got none; did you mean public\.grade\?/,
  ],
  ['a column there is not', `    with:\n${GRADES}\n${into('extra: grade.titel')}`, /expected a column or value there is, got grade\.titel/],
  [
    'values that cannot be compared',
    `    with: { grade: { from: public.grade, match: { id: "id = 1" } } }\n${into('extra: grade.title')}`,
    /expected a value that can be compared with bigint, got boolean/,
  ],
  [
    'an identifier to match by',
    `    with: { grade: { from: public.grade, match: { id: { ref: student, from: id } } } }\n${into('extra: grade.title')}`,
    /expected an expression or a constant to match `grade` by, got `ref`/,
  ],
]

for (const [what, entity, expected] of WRONG)
  test(`${what} is an error with its place`, async () => {
    await assert.rejects(
      async () => bedOf(entity).run(),
      (error: Error) => {
        assert.match(String(error.message), expected)
        return true
      },
    )
  })

test('a top-up run sees what changed in a related row, and in the numbering of another row', async () => {
  const wish = `    with:\n${GRADES}\n    number:\n      place: { within: [class], order: [id] }\n    rules: [{ when: "name = 'gone'", exclude: not_wanted }]\n${into('extra: grade.title, place: place')}`
  const bed = bedOf(wish)
  await bed.run()
  const place = { source: 'legacy', tenant: 'ADAMS' }
  bed.replaceRows({ ...place, table: 'grade' }, [[10n, 1, 'FIRST', 2020], ...ROWS.grade.slice(1, 3)])
  bed.replaceRows(
    { ...place, table: 'student' },
    [...ROWS.student.slice(1, 4), [5, null, 'gone', null, null], [1, 10, 'Ann', 'a', '1.5']].toSorted(
      (a, b) => Number(a[0]) - Number(b[0]),
    ),
  )
  const selection = { topUp: true, deleteGone: true } as const
  await bed.run({ selection: { topUp: true } })
  const { end } = await bed.run({ selection })
  assert.deepEqual(end.failures, [])
  const fresh = bedOf(wish, {
    grade: [[10n, 1, 'FIRST', 2020], ...ROWS.grade.slice(1, 3)],
    student: ROWS.student.slice(0, 4),
  })
  await fresh.run()
  const sorted = (rows: readonly Row[]): readonly Row[] => rows.toSorted((a, b) => String(a[0]).localeCompare(String(b[0])))
  assert.deepEqual(sorted(extras(bed)), sorted(extras(fresh)))
})
