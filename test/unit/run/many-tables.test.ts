import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grantsFor } from '../../../src/checks/grants-for.ts'
import { surveyMigration } from '../../../src/run/survey-migration.ts'
import type { Source } from '../../../src/source/source.ts'
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

const FIELD = relation('public.field', ['id int4!', 'form_id int4', 'column_name text', 'kind text'])
const TYPES = `{ from: public.field, match: { form_id: form_id, column_name: rest.name }, as: { from: kind, map: { choice: integer, decimal: "numeric(5,2)", words: text }, else: { quarantine: unknown_kind } } }`
const typed = (undeclared: string): string =>
  manifest(FROM, `{ form_id: form_id, nr: id, score: score, rest: { rest: true, types: ${TYPES}${undeclared} } }`)

function typedBed(fields: readonly Row[], undeclared = ''): Bed {
  const field = { relation: FIELD, rows: { ADAMS: fields, BAKER: [] } }
  return new Bed({ manifest: typed(undeclared), sources: { legacy: [...tablesOf(), field] }, targets: { app: TARGETS } })
}

test('rows of a relation say the types of the rest, each table its own; words without a type and columns nobody declares have their own fates', async () => {
  const fields: readonly Row[] = [
    [1, 1, 'colour', 'words'],
    [2, 2, 'COLOUR', 'words'],
    [3, 2, 'size', 'smell'],
    [4, 9, 'size', 'choice'],
  ]
  const bed = typedBed(fields, ', undeclared: { note: no_field }')
  const { counts } = await bed.run()
  assert.deepEqual(answers(bed), [
    [1, 1n, 10, '{"colour": "red"}'],
    [1, 2n, null, '{"colour": null}'],
    [2, 9_000_000_000n, 21, '{"size": null, "colour": null}'],
    [3, 1n, 30, '{}'],
  ])
  assert.deepEqual(counts['answer/ADAMS'], { read: 5, loaded: 4, quarantined: 1 })
  assert.deepEqual(await bed.quarantine(), ['answer/ADAMS 2,1 unknown_kind'])
})

test('a list or types that changed since the plan are noticed before a row is read, and a run after shows what they change', async () => {
  const fields = (kind: string): readonly Row[] => [[1, 2, 'colour', kind]]
  const bed = typedBed(fields('words'))
  await bed.run()
  assert.deepEqual((await bed.run()).counts['answer/ADAMS'], { read: 5, unchanged: 5 })
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'field' }, fields('choice'))
  const changed = await bed.run()
  assert.deepEqual(changed.counts['answer/ADAMS'], { read: 5, unchanged: 4, skipped: 1 })
  const survey = await surveyMigration(bed.migration, null)
  const relation = survey.plans.flatMap(plan => plan.entities.get('answer')?.relation ?? [])[0] ?? assert.fail()
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'form' }, FORMS.slice(0, 2))
  const source = await bed.migration.openSource('legacy', (await bed.migration.tenants())[0] ?? null)
  await assert.rejects(source.openSnapshot([relation]), {
    code: 'SOURCE_CHANGED',
    message: /^expected public\.form to say what it did when the run was planned/,
  })
})

test('a top-up run takes over what changed in any of the tables, and tables that came into the list', async () => {
  const bed = bedOf({ rows: { form: FORMS.slice(0, 2) }, manifest: manifest(FROM).replace('defaults', 'defaults') })
  await bed.run()
  const place = { source: 'legacy', tenant: 'ADAMS' }
  bed.replaceRows({ ...place, table: 'Answers_2' }, [
    [1n, 22, '1.50', 7],
    [9_000_000_000n, 21, null, null],
    [5n, 5, null, null],
  ])
  bed.replaceRows({ ...place, table: 'form' }, FORMS)
  const { counts } = await bed.run({ selection: { topUp: true } })
  assert.deepEqual(counts['answer/ADAMS'], { read: 6, loaded: 2, updated: 1, unchanged: 3 })
  const whole = bedOf({
    rows: {
      two: [
        [1n, 22, '1.50', 7],
        [9_000_000_000n, 21, null, null],
        [5n, 5, null, null],
      ],
    },
  })
  await whole.run()
  const sorted = (rows: readonly Row[]): readonly string[] => rows.map(row => row.join('|')).toSorted()
  assert.deepEqual(sorted(answers(bed)), sorted(answers(whole)))
})

test('a row of many tables that was refused is loaded by a retry once its data is right', async () => {
  const bed = bedOf({ manifest: manifest(FROM, undefined, '    rules: [{ when: score = 20, quarantine: odd_score }]') })
  await bed.run()
  assert.deepEqual(await bed.quarantine(), ['answer/ADAMS 2,1 odd_score'])
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'Answers_2' }, [
    [1n, 19, '1.50', 7],
    [9_000_000_000n, 21, null, null],
  ])
  const { counts } = await bed.run({ selection: { retries: true } })
  assert.deepEqual(counts['answer/ADAMS'], { read: 5, loaded: 1, unchanged: 4 })
  assert.deepEqual(await bed.quarantine(), [])
})

test('rows without a part of their key come last of all tables, and are refused once however often the run is broken off', async () => {
  const open = {
    ...ANSWERS.one,
    columns: ANSWERS.one.columns.map(column => ({ ...column, isNullable: true })),
    primaryKey: null,
    uniqueKeys: [],
  }
  const rows: readonly Row[] = [
    [null, 1, 'a'],
    [7, 2, 'b'],
    [7, 3, 'c'],
    [null, 4, 'd'],
  ]
  const bed = (): Bed => {
    const [form = assert.fail(), , ...others] = tablesOf()
    const one = { relation: open, rows: { ADAMS: rows, BAKER: [] } }
    return new Bed({ manifest: manifest(FROM), sources: { legacy: [form, one, ...others] }, targets: { app: TARGETS } })
  }
  const whole = bed()
  const { counts } = await whole.run({ batchRows: 1 })
  assert.deepEqual(counts['answer/ADAMS'], { read: 7, loaded: 4, quarantined: 3 })
  assert.deepEqual(await whole.quarantine(), [
    'answer/ADAMS 1,7,#2 duplicate_key',
    'answer/ADAMS 1,\\N,#1 null_key',
    'answer/ADAMS 1,\\N,#2 null_key',
  ])
  for (let stop = 1; stop <= 5; stop++) {
    const own = bed()
    let batches = 0
    const hooks = {
      at: (seam: string) => {
        if (seam === 'after_batch_commit' && ++batches === stop) throw new Error('the process dies')
      },
    }
    await own.run({ batchRows: 1, hooks }).catch(() => undefined)
    const resumed = await own.run({ resume: 'latest', batchRows: 1 })
    assert.deepEqual(resumed.counts['answer/ADAMS'], { read: 7, loaded: 4, quarantined: 3 })
    assert.deepEqual(await own.quarantine(), await whole.quarantine())
  }
})

/** What stands in the way, as the survey says it. */
async function findingsOf(text: string, rows: Partial<Rows> = {}, more: readonly SourceTable[] = []): Promise<readonly string[]> {
  const bed = new Bed({ manifest: text, sources: { legacy: [...tablesOf(rows), ...more] }, targets: { app: TARGETS } })
  const { findings } = await surveyMigration(bed.migration, ['ADAMS'])
  return findings.filter(({ severity }) => severity !== 'info').map(({ code, message, next }) => `${code}: ${message}. ${next}`)
}

const keyed = (key: string): string => manifest(FROM).replace('key: [form_id, id]', `key: ${key}`)

test('names out of the list are compared with the catalogue and nothing else: whatever they hold, they are told as missing', async () => {
  const odd: readonly Row[] = [...FORMS, [5, 'x', 'Answers_1"; drop table form; --'], [6, 'y', 'a\u0000b'], [7, 'z', 'x'.repeat(300)]]
  assert.deepEqual(await findingsOf(manifest(FROM), { form: odd }), [
    `SOURCE_TABLE_ABSENT: expected the tables public.form names, got none for 3 of them: "Answers_1\\"; drop table form; --", "a\\u0000b", "${'x'.repeat(60)}…". Say what to do: \`missing: { note: code }\` goes on without them.`,
  ])
})

test('what is wrong with the list of tables is said by name', async () => {
  const cases: readonly (readonly [string, Partial<Rows>, RegExp])[] = [
    [
      manifest('{ tables: public.forms, name: storage }'),
      {},
      /^MAPPING_UNKNOWN_COLUMN: expected relation public\.forms in source legacy, got none; did you mean public\.form\?/,
    ],
    [
      manifest('{ tables: public.form, name: storige }'),
      {},
      /^MAPPING_UNKNOWN_COLUMN: expected a column of public\.form, got storige; did you mean storage\?/,
    ],
    [manifest('{ tables: public.form, name: id }'), {}, /^MAPPING_TYPE: expected names of tables in id, got a column of type integer/],
    [
      manifest('{ tables: public.form, name: storage, carry: { form_id: ident } }'),
      {},
      /^MAPPING_UNKNOWN_COLUMN: expected a column of public\.form, got ident/,
    ],
    [
      manifest('{ tables: public.form, name: storage, carry: { form_id: id, score: name } }'),
      {},
      /^MANIFEST_INVALID: expected a name no table has a column of, got score, which public\.Answers_1 has/,
    ],
    [
      manifest(FROM),
      { form: [...FORMS, [9, 'again', 'Answers_1']] },
      /^MANIFEST_INVALID: expected each table once in the list, got public\.Answers_1 in two rows that differ/,
    ],
    [
      manifest(FROM),
      { form: [] },
      /^MAPPING_UNKNOWN_COLUMN: expected at least one table named in public\.form\.storage of source legacy, got none, for no tenant/,
    ],
    [
      keyed('id'),
      {},
      /^MANIFEST_INVALID: expected a key that begins with what tells the tables apart, got \(id\)\. Begin it with the column that names the table, storage, /,
    ],
    [keyed('[id, form_id]'), {}, /^MANIFEST_INVALID: expected a key that begins with what tells the tables apart, got \(id, form_id\)/],
    [keyed('[form_id]'), {}, /^MANIFEST_INVALID: expected a key that tells rows of one table apart, got \(form_id\)/],
    [
      keyed('[form_id, id, storage]'),
      {},
      /^MANIFEST_INVALID: expected storage before the key within a table, got \(form_id, id, storage\)/,
    ],
    [
      manifest(FROM, '{ form_id: form_id, nr: id, score: colour, rest: { rest: true } }'),
      {},
      /^MAPPING_UNKNOWN_COLUMN: expected a column every table has, of one type, got colour: 2 of 3 have it \(text, integer\)\. Write it under `from\.may_lack`/,
    ],
  ]
  for (const [text, rows, says] of cases) assert.match((await findingsOf(text, rows))[0] ?? 'nothing', says)
})

test('tables that look as if they were listed are named and counted, and need no other reason', async () => {
  const listed = { form: FORMS.slice(0, 2) }
  const unlisted = '{ tables: public.form, name: storage, carry: { form_id: id }, unlisted: public.Answers_% }'
  assert.deepEqual(await findingsOf(manifest(unlisted), listed), [
    'SOURCE_TABLE_UNLISTED: expected public.Answers_3 in the list of tables, got no row that names it: its 1 rows are not migrated. Correct the list, or exclude the table with a reason under exclude.tables.',
  ])
  const excluded = manifest(unlisted).replace('entities:', 'exclude: { tables: { public.Answers_3: { reason: old } } }\nentities:')
  assert.deepEqual(await findingsOf(excluded, listed), [])
  assert.match((await findingsOf(manifest(FROM), listed))[0] ?? '', /^MAPPING_NOT_COVERED: expected table public\.Answers_3 /)
})

test('a column of many tables is used, gathered, or excluded with a reason, in each of them', async () => {
  const named = '{ form_id: form_id, nr: id, score: score }'
  const [first = ''] = await findingsOf(manifest(FROM, named))
  assert.match(
    first,
    /^MAPPING_NOT_COVERED: expected column public\.Answers_1\.colour of source legacy to be used or excluded, got neither/,
  )
  const excluded = manifest(FROM, named).replace(
    'entities:',
    'exclude: { columns: { "*.colour": { reason: old }, public.Answers_2.size: { reason: old } } }\nentities:',
  )
  assert.deepEqual(await findingsOf(excluded), [])
})

test('what is wrong with rows that say types is said by name', async () => {
  const field = (rows: readonly Row[]): SourceTable => ({ relation: FIELD, rows: { ADAMS: rows } })
  const told = (rows: readonly Row[], text = typed('')): Promise<readonly string[]> => findingsOf(text, {}, [field(rows)])
  const twice = await told([
    [1, 1, 'colour', 'words'],
    [2, 1, 'colour', 'choice'],
  ])
  assert.match(
    twice[0] ?? '',
    /^MAPPING_TYPE: expected one type for each column in public\.field, got several for "colour"\. Correct the rows/,
  )
  const otherCase = await told([
    [1, 1, 'colour', 'words'],
    [2, 1, 'Colour', 'choice'],
  ])
  assert.match(otherCase[0] ?? '', /^MAPPING_TYPE: expected one type for each column in public\.field, got several for "Colour"/)
  const bare = typed('').replace(', else: { quarantine: unknown_kind }', '')
  const unknown = await told([[1, 1, 'colour', 'smell']], bare)
  assert.match(
    unknown[0] ?? '',
    /^MAPPING_TYPE: expected a type for each word in public\.field\.kind, got none for "smell"\. Add it under `as\.map`/,
  )
  const noCast = await told([[1, 2, 'size', 'odd']], bare.replace('words: text', 'odd: bytea'))
  assert.match(noCast[0] ?? '', /^MAPPING_TYPE: /)
  const noType = await told([[1, 2, 'size', 'odd']], bare.replace('words: text', 'odd: nonsense'))
  assert.match(noType[0] ?? '', /nonsense/)
  const noRelation = await told([], typed('').replace('from: public.field', 'from: public.feld'))
  assert.match(
    noRelation[0] ?? '',
    /^MAPPING_UNKNOWN_COLUMN: expected relation public\.feld in source legacy for `rest\.types`, got none; did you mean public\.field\?/,
  )
  const noColumn = await told([], typed('').replace('from: kind', 'from: kynd'))
  assert.match(
    noColumn[0] ?? '',
    /^MAPPING_UNKNOWN_COLUMN: expected a column of public\.field for `rest\.types`, got kynd; did you mean kind\?/,
  )
})

test('rows of a relation say the types of the rest of a plain relation too', async () => {
  const rest =
    '{ name: { rest: true, types: { from: public.field, match: { kind: { value: form }, column_name: rest.name }, as: column_type } } }'
  const text = manifest(FROM).replace('columns: { name: name }', `columns: ${rest}`)
  const typesOf = relation('public.field', ['id int4!', 'kind text', 'column_name text', 'column_type text'])
  const field = {
    relation: typesOf,
    rows: {
      ADAMS: [
        [1, 'form', 'id', 'text'],
        [2, 'form', 'storage', 'varchar(3)'],
        [3, 'other', 'name', 'int'],
      ],
      BAKER: [],
    },
  }
  const targets = TARGETS.map(target =>
    target.name === 'forms' ? relation('core.forms', ['id uuid!', 'tenant_id uuid!', 'name jsonb']) : target,
  )
  const bed = new Bed({ manifest: text, sources: { legacy: [...tablesOf(), field] }, targets: { app: targets } })
  await bed.run()
  assert.deepEqual(bed.rows('app', 'core.forms', ['name']), [['{"name": "empty", "storage": null}']])
  assert.deepEqual(
    (await bed.quarantine()).map(line => line.split(' ')[2]),
    ['lossy_cast', 'lossy_cast', 'lossy_cast'],
  )
})

test('related rows and positions are those of all tables together', async () => {
  const more = `    with: { form: { from: public.form, match: { id: form_id } } }
    number: { place: { within: [], order: [score, form_id] } }`
  const columns = '{ form_id: form_id, nr: place, score: score, rest: { json: { form: form.name } } }'
  const text = manifest(FROM, columns, more.replace('within: [], ', '')).replace('stop:', 'defaults: { unmapped: warn }\nstop:')
  const bed = bedOf({ manifest: text })
  await bed.run({ batchRows: 1 })
  assert.deepEqual(answers(bed), [
    [1, 1n, 10, '{"form": "first"}'],
    [1, 5n, null, '{"form": "first"}'],
    [2, 2n, 20, '{"form": "second"}'],
    [2, 3n, 21, '{"form": "second"}'],
    [3, 4n, 30, '{"form": "third"}'],
  ])
})

test('a column some of the tables lack is NULL there where the mapping says it may be lacking', async () => {
  const text = manifest(
    FROM.replace('carry', 'may_lack: [size], carry'),
    '{ form_id: form_id, nr: id, score: score, rest: { json: { size: size } } }',
  )
  const bed = bedOf({ manifest: text.replace('stop:', 'defaults: { unmapped: warn }\nstop:') })
  await bed.run()
  assert.deepEqual(
    answers(bed).map(row => row[3]),
    ['{"size": null}', '{"size": null}', '{"size": 1.50}', '{"size": null}', '{"size": null}'],
  )
})

test('what a login must be granted are the tables listed, the list, and where types are said, each by the columns read', async () => {
  const field = { relation: FIELD, rows: { ADAMS: [], BAKER: [] } }
  const bed = new Bed({ manifest: typed(''), sources: { legacy: [...tablesOf(), field] }, targets: { app: TARGETS } })
  const granted = grantsFor(await surveyMigration(bed.migration, ['ADAMS'])).filter(
    line => /grant select/.test(line) && /"public"/.test(line),
  )
  assert.deepEqual(
    granted.map(line => line.replace(/ to "?rehouse_reader"?;$/, '')),
    [
      'grant select on table "public"."form"',
      'grant select on table "public"."Answers_1"',
      'grant select on table "public"."Answers_2"',
      'grant select on table "public"."Answers_3"',
      'grant select ("form_id", "column_name", "kind") on table "public"."field"',
    ],
  )
})

test('a list the login may not read is said by name; tables nobody lists that it may not read are named and not counted', async () => {
  const denied = (table: SourceTable): SourceTable => {
    const columns = table.relation.columns.map(column => column.name)
    return { ...table, relation: { ...table.relation, denied: { columns, rows: false } } }
  }
  const findings = async (which: string, from: string): Promise<readonly string[]> => {
    const tables = tablesOf({ form: FORMS.slice(0, 2) }).map(table => (table.relation.name === which ? denied(table) : table))
    const bed = new Bed({ manifest: manifest(from), sources: { legacy: tables }, targets: { app: TARGETS } })
    const { findings: all } = await surveyMigration(bed.migration, ['ADAMS'])
    return all.map(({ code, message }) => `${code}: ${message}`)
  }
  assert.ok(
    (await findings('form', FROM)).includes(
      'SOURCE_REFUSED: expected a login that may read public.form, which lists tables, got no right to select storage, id',
    ),
  )
  assert.ok(
    (await findings('Answers_3', FROM.replace('carry', 'unlisted: public.Answers_*, carry'))).includes(
      'SOURCE_TABLE_UNLISTED: expected public.Answers_3 in the list of tables, got no row that names it: its rows, which this login may not count, are not migrated',
    ),
  )
})

test('of the table a reading is taken up in, the rows read before and now come to what the source counts', async () => {
  const wrong = (source: Source): Source => ({
    engine: source.engine,
    capability: source.capability,
    label: source.label,
    describe: () => source.describe(),
    facts: () => source.facts(),
    close: () => source.close(),
    openSnapshot: async relations => {
      const snapshot = await source.openSnapshot(relations)
      const of = { id: snapshot.id, marker: snapshot.marker, origin: snapshot.origin, close: () => snapshot.close() }
      const more = { Answers_1: 1n, Answers_2: -1n }
      return {
        ...of,
        read: request => snapshot.read(request),
        count: async relation => (await snapshot.count(relation)) + (isWrong ? (more[relation.name as keyof typeof more] ?? 0n) : 0n),
      }
    },
  })
  let isWrong = false
  const bed = new Bed({ manifest: manifest(FROM), sources: { legacy: tablesOf() }, targets: { app: TARGETS }, wrap: wrong })
  const hooks = {
    at: (seam: string, { entity }: { readonly entity?: string }) => {
      if (seam === 'after_batch_commit' && entity === 'answer') throw new Error('the process dies')
    },
  }
  await assert.rejects(bed.run({ batchRows: 1, hooks }), /the process dies/)
  isWrong = true
  const { end } = await bed.run({ resume: 'latest', batchRows: 1 })
  assert.deepEqual(
    end.failures.map(({ code, message }) => [code, message]),
    [['SOURCE_COUNT_MISMATCH', 'expected 3 rows of public.Answers_1, as the source counted in the same snapshot, got 2']],
  )
})

test('a listed table that is excluded is left out', async () => {
  const text = manifest(FROM).replace('entities:', 'exclude: { tables: { public.Answers_2: { reason: old } } }\nentities:')
  const bed = bedOf({ manifest: text })
  await bed.run()
  assert.deepEqual(
    answers(bed).map(row => row[0]),
    [1, 1, 3],
  )
})
