import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bed, type Row, type SourceTable } from '../../support/memory-migration.ts'
import { relation } from '../../support/survey.ts'

/** Forms and the tables their answers lie in. */
const manifest = (from: string, columns = '{ form_id: form_id, nr: id, score: score, rest: { rest: true } }', more = ''): string => `
migration: forms
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }, { code: BAKER }]
services: { app: { url: "postgres://writer@app/app", tenant_column: tenant_id } }
stop: { quarantined: 100%, errors: 100% }
entities:
  form: { service: app, from: public.form, into: { core.forms: { columns: { name: name } } } }
  answer:
    service: app
    from: ${from}
    key: [form_id, id]
${more}
    into: { core.answers: { columns: ${columns} } }
`

const FROM = '{ tables: public.form, name: storage, carry: { form_id: id } }'
const FORM = relation('public.form', ['id int4!', 'name text', 'storage text'])
const ANSWERS = {
  one: relation('public.Answers_1', ['id int4!', 'score int4', 'colour text']),
  two: relation('public.Answers_2', ['id int8!', 'score int4', 'size numeric', 'colour int4']),
  three: relation('public.Answers_3', ['id int4!', 'score int4']),
}
const TARGETS = [
  relation('core.forms', ['id uuid!', 'tenant_id uuid!', 'name text']),
  relation('core.answers', ['id uuid!', 'tenant_id uuid!', 'form_id int4', 'nr int8', 'score int4', 'rest jsonb']),
]

const FORMS: readonly Row[] = [
  [1, 'first', 'Answers_1'],
  [2, 'second', 'public."Answers_2"'],
  [3, 'third', 'answers_3'],
  [4, 'empty', null],
]

interface Rows {
  readonly form: readonly Row[]
  readonly one: readonly Row[]
  readonly two: readonly Row[]
  readonly three: readonly Row[]
}

const ROWS: Rows = {
  form: FORMS,
  one: [
    [1, 10, 'red'],
    [2, null, null],
  ],
  two: [
    [1n, 20, '1.50', 7],
    [9_000_000_000n, 21, null, null],
  ],
  three: [[1, 30]],
}

function tablesOf(rows: Partial<Rows> = {}): readonly SourceTable[] {
  const of = { ...ROWS, ...rows }
  const both = (list: readonly Row[]): Record<string, readonly Row[]> => ({ ADAMS: list, BAKER: [] })
  return [
    { relation: FORM, rows: both(of.form) },
    { relation: ANSWERS.one, rows: both(of.one) },
    { relation: ANSWERS.two, rows: both(of.two) },
    { relation: ANSWERS.three, rows: both(of.three) },
  ]
}

function bedOf(of: { readonly manifest?: string; readonly rows?: Partial<Rows> } = {}): Bed {
  return new Bed({ manifest: of.manifest ?? manifest(FROM), sources: { legacy: tablesOf(of.rows) }, targets: { app: TARGETS } })
}

const answers = (bed: Bed): readonly Row[] => bed.rows('app', 'core.answers', ['form_id', 'nr', 'score', 'rest'])

test('every table a column names is read as one relation, each row with the columns carried, the rest under the names its own table has', async () => {
  const bed = bedOf()
  const { counts } = await bed.run()
  assert.deepEqual(answers(bed), [
    [1, 1n, 10, '{"colour": "red"}'],
    [1, 2n, null, '{"colour": null}'],
    [2, 1n, 20, '{"size": 1.50, "colour": 7}'],
    [2, 9_000_000_000n, 21, '{"size": null, "colour": null}'],
    [3, 1n, 30, '{}'],
  ])
  assert.deepEqual(counts['answer/ADAMS'], { read: 5, loaded: 5 })
})

test('rows of many tables come out the same however often the run is broken off, and a second run changes nothing', async () => {
  const whole = bedOf()
  await whole.run()
  const expected = answers(whole)
  for (let stop = 1; stop <= 6; stop++) {
    const bed = bedOf()
    let batches = 0
    const broken = bed.run({
      batchRows: 1,
      hooks: {
        at: name => {
          if (name === 'before_batch_commit' && ++batches > stop) throw new Error('the process dies')
          return Promise.resolve()
        },
      },
    })
    await assert.rejects(broken, /the process dies/)
    const { counts } = await bed.run({ resume: 'run-1', batchRows: 2 })
    assert.deepEqual(answers(bed), expected, `broken off after ${stop} batches`)
    assert.deepEqual(counts['answer/ADAMS'], { read: 5, loaded: 5 })
    assert.deepEqual((await bed.run()).counts['answer/ADAMS'], { read: 5, unchanged: 5 })
  }
})

test('a dry run reads many tables as a run does', async () => {
  const { counts, written } = await bedOf().dry()
  assert.deepEqual(counts['answer/ADAMS'], { read: 5, loaded: 5 })
  assert.deepEqual(written['answer/ADAMS'], { 'core.answers': 5 })
})
