import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bed, type Row } from '../../support/memory-migration.ts'
import { relation } from '../../support/survey.ts'

/** Students and their attributes: names of attributes and words for their values lie in tables of their own. */
const manifest = (entity: string): string => `
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
    with:
      attributes:
        from: public.attribute
        match: { student_id: id }
        many: true
${entity}
`

const STUDENT = relation('public.student', ['id int4!', 'name text'])
const ATTRIBUTE = relation('public.attribute', ['id int4!', 'student_id int4', 'type_id int4', 'value numeric', 'at timestamp'])
const TYPE = relation('public.type', ['id int4!', 'code text'])
const TARGET = relation('core.students', ['id uuid!', 'tenant_id uuid!', 'name text', 'doc jsonb', 'number int8', 'extra numeric'])

const STUDENTS: readonly Row[] = [
  [1, 'Ann'],
  [2, 'Bob'],
  [3, 'Cem'],
]
const ATTRIBUTES: readonly Row[] = [
  [14, 2, 1, '7', null],
  [11, 1, 2, '3.50', 5n],
  [12, 1, 1, '4', null],
  [13, 1, 2, null, 4n],
  [15, 9, 1, '1', null],
]
const TYPES: readonly Row[] = [
  [1, 'ell'],
  [2, 'gifted'],
]

function bedOf(entity: string, attributes: readonly Row[] = ATTRIBUTES): Bed {
  return new Bed({
    manifest: manifest(entity),
    sources: {
      legacy: [
        { relation: STUDENT, rows: { ADAMS: STUDENTS } },
        { relation: ATTRIBUTE, rows: { ADAMS: attributes } },
        { relation: TYPE, rows: { ADAMS: TYPES } },
      ],
    },
    targets: { app: [TARGET] },
  })
}

const into = (columns: string): string => `    into: { core.students: { columns: { name: name, ${columns} } } }`
const docs = (bed: Bed, column = 'doc'): readonly unknown[] => bed.rows('app', 'core.students', [column]).map(row => row[0])
const TYPE_OF = '        with: { type: { from: public.type, match: { id: type_id } } }'

test('a list is collected in its order, ties by content, empty where nothing matches', async () => {
  const bed = bedOf(
    `        order: [value]\n${TYPE_OF}\n${into('doc: { collect: attributes, into: array, value: { json: { type: type.code, value: value } } }')}`,
  )
  await bed.run()
  assert.deepEqual(docs(bed), [
    '[{"type": "gifted", "value": 3.50}, {"type": "ell", "value": 4}, {"type": "gifted", "value": null}]',
    '[{"type": "ell", "value": 7}]',
    '[]',
  ])
})

test('the same rows give the same list whatever order they came in', async () => {
  const entity = `        order: [type_id]\n${into('doc: { collect: attributes, into: array, value: value }')}`
  const bed = bedOf(entity)
  const other = bedOf(entity, ATTRIBUTES.toReversed())
  await bed.run()
  await other.run()
  assert.deepEqual(docs(bed), docs(other))
})

test('an object is collected by key; a key that is NULL or stands twice is quarantine', async () => {
  const bed = bedOf(`${TYPE_OF}\n${into('doc: { collect: attributes, into: object, key: type.code, value: value }')}`)
  await bed.run()
  assert.deepEqual(docs(bed), ['{"ell": 7}', '{}'])
  assert.deepEqual(await bed.quarantine(), ['student/ADAMS 1 duplicate_member'])
})

const SIFTED = `        order: [at]
${TYPE_OF}
        number: { of_type: { within: [type_id], order: [at] } }
        rules:
          - { when: value is null, exclude: no_value }
          - { when: of_type > 1, quarantine: several_values }
${into('doc: { collect: attributes, into: object, key: type.code, value: value }, number: count(attributes)')}`

test('rules sift a list: what is excluded is counted, what is refused is a part of the row in quarantine', async () => {
  const attributes = [...ATTRIBUTES, [16, 2, 1, '8', 9n], [17, 2, 1, '9', 8n]]
  const bed = bedOf(SIFTED, attributes)
  const { counts, outcomes, end } = await bed.run()
  // Of Ann's two `gifted` the earlier has no value: it is left out, and the other is the second of its kind.
  assert.deepEqual(docs(bed), ['{"ell": 4}', '{"ell": 9}', '{}'])
  assert.deepEqual(docs(bed, 'number'), [1n, 1n, 0n])
  assert.deepEqual(await bed.quarantine(), [
    'student/ADAMS 1 several_values attributes[11]',
    'student/ADAMS 2 several_values attributes[14]',
    'student/ADAMS 2 several_values attributes[16]',
  ])
  assert.deepEqual(counts, { 'student/ADAMS': { read: 3, loaded: 3, partsQuarantined: 3 } })
  assert.ok(outcomes.includes('student note attributes no_value 1'), outcomes.join('\n'))
  assert.equal(end.status, 'findings')
  const again = await bed.run()
  assert.deepEqual(again.counts, { 'student/ADAMS': { read: 3, unchanged: 3, partsQuarantined: 3 } })
})

test('count, min and max over a list: count of members or of values, NULL where there is nothing to compare', async () => {
  const bed = bedOf(
    into('number: "count(attributes) * 10 + count(attributes.value)", extra: "max(attributes.value) - min(attributes.value)"'),
  )
  await bed.run()
  assert.deepEqual(docs(bed, 'number'), [32n, 11n, 0n])
  assert.deepEqual(docs(bed, 'extra'), ['0.50', '0', null])
})

test('a rule may look at a list', async () => {
  const bed = bedOf(`    rules: [{ when: count(attributes) = 0, exclude: without_attributes }]\n${into('number: count(attributes)')}`)
  const { counts } = await bed.run()
  assert.deepEqual(counts, { 'student/ADAMS': { read: 3, loaded: 2, excluded: 1 } })
})

test('a dry run finds the same, and one row a batch writes the same', async () => {
  const dry = await bedOf(SIFTED).dry()
  const whole = bedOf(SIFTED)
  const { counts } = await whole.run()
  assert.deepEqual(dry.counts, counts)
  const single = bedOf(SIFTED)
  await single.run({ batchRows: 1 })
  assert.deepEqual(docs(single), docs(whole))
})

const WRONG: readonly (readonly [what: string, entity: string, expected: RegExp])[] = [
  ['a list that is used as one row', into('extra: attributes.value'), /expected a column or value there is, got attributes\.value/],
  ['counting what is no list', into('number: count(name)'), /expected a list for count, got name/],
  [
    'collecting what is no list',
    into('doc: { collect: name, into: array, value: id }'),
    /expected the name of a list to collect, got name/,
  ],
  ['a greatest of members without a column', into('number: max(attributes)'), /expected a value with an order of the members of a list/],
  [
    'an identifier collected',
    into('doc: { collect: attributes, into: array, value: { id: hashed } }'),
    /expected an expression, a constant, a pipeline, a reference or `json` as value of a member, got `id`/,
  ],
]

for (const [what, entity, expected] of WRONG)
  test(`${what} is an error that says what was expected`, async () => {
    await assert.rejects(
      async () => bedOf(entity).run(),
      (error: Error) => {
        assert.match(String(error.message), expected)
        return true
      },
    )
  })

test('an order without a list is refused', () => {
  assert.throws(
    () =>
      bedOf(into('number: id')).mapping &&
      new Bed({
        manifest: manifest('')
          .replace('many: true', 'order: [id]')
          .replace('\n\n', `\n${into('number: id')}`),
        sources: {},
        targets: {},
      }),
    {
      message: /expected `many` beside `order`|many/,
    },
  )
})
