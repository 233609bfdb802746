import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { migrate, types } from '../../src/index.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'

/** Constructs of the mapping language on real servers; what they give is compared with SQL that was written by hand. */
interface Ground {
  readonly source: TestDatabase
  readonly target: TestDatabase
  readonly folder: string
  readonly options: Parameters<typeof migrate>[0]
}

async function ground(
  t: Parameters<typeof newDatabase>[0],
  of: { readonly source: string; readonly target: string; readonly top?: string; readonly entities: string },
): Promise<Ground> {
  const [source, target] = [await newDatabase(t), await newDatabase(t)]
  await source.script(of.source)
  await target.script(of.target)
  const folder = mkdtempSync(join(tmpdir(), 'rehouse-constructs-'))
  const manifest = join(folder, 'rehouse.yaml')
  writeFileSync(
    manifest,
    `migration: constructs
sources: { legacy: "${await source.readerUrl()}" }
tenants: single
services: { app: { url: "${await target.writerUrl({ ownsTables: true })}" } }
stop: { quarantined: 100%, errors: 100% }
${of.top ?? ''}
entities:
${of.entities}`,
  )
  return { source, target, folder, options: { manifest, env: {}, batchRows: 100 } }
}

test('elements of lists of every kind arrive as SQL unnests them, counted by the source itself; a rerun writes nothing', async t => {
  const { source, target, options } = await ground(t, {
    source: `create table holder (id int primary key, title text, items jsonb, raw json, words text[], numbers int[]);
      insert into holder select i, 'title ' || i,
        case when i % 11 = 0 then null when i % 13 = 0 then '[]' when i % 17 = 0 then '{"no": "list"}' when i % 19 = 0 then 'null'
          else (select jsonb_agg(jsonb_build_object('id', 'k' || j, 'n', i * 1.50 + j, 'text', 'ä,]"' || j)) from generate_series(1, i % 5 + 1) j) end,
        case when i % 7 = 0 then '[ 1 , {"a" : [2, 3]} ,"x" ]' else '[]' end::json,
        case when i % 3 = 0 then array['a', null, 'b,c'] when i % 3 = 1 then '{}' end,
        case when i % 5 = 0 then array[[1, 2], [3, i]] end
      from generate_series(1, 400) i`,
    target: `create table items (id uuid primary key, holder int, item text, place int, n numeric, whole jsonb);
      create table raws (id uuid primary key, holder int, place int, whole json);
      create table words (id uuid primary key, holder int, place int, word text);
      create table numbers (id uuid primary key, holder int, place bigint, number int)`,
    entities: `
  item:
    service: app
    from: { table: public.holder, each: items, as: m, empty: { exclude: no_items }, not_a_list: { quarantine: odd } }
    key: [id, m.id]
    into: { public.items: { columns: { holder: id, item: m.id, place: ordinal(m), n: m.n::numeric, whole: m } } }
  raw:
    service: app
    from: { table: public.holder, each: raw, as: r }
    key: [id, ordinal(r)]
    into: { public.raws: { columns: { holder: id, place: ordinal(r), whole: r } } }
  word:
    service: app
    from: { table: public.holder, each: words, as: w, empty: { exclude: no_words } }
    key: [id, ordinal(w)]
    into: { public.words: { columns: { holder: id, place: ordinal(w), word: w } } }
  number:
    service: app
    from: { table: public.holder, each: numbers, as: n }
    key: [id, ordinal(n)]
    into: { public.numbers: { columns: { holder: id, place: ordinal(n), number: n } } }
`,
    top: 'exclude: { columns: { public.holder.title: { reason: not wanted } } }',
  })
  const result = await migrate(options)
  assert.deepEqual(result.failures, [])
  const same = async (mine: string, theirs: string): Promise<void> => assert.deepEqual(await target.sql(mine), await source.sql(theirs))
  await same(
    'select holder::text, place::text, item, n::text, whole::text from items order by holder, place',
    `select id::text, o::text, m ->> 'id', m ->> 'n', m::text from holder,
      lateral jsonb_array_elements(case when jsonb_typeof(items) = 'array' then items else '[]' end) with ordinality x (m, o) order by id, o`,
  )
  await same(
    'select holder::text, place::text, whole::text from raws order by holder, place',
    'select id::text, o::text, m::text from holder, lateral json_array_elements(raw) with ordinality x (m, o) order by id, o',
  )
  await same(
    'select holder::text, place::text, word from words order by holder, place',
    'select id::text, o::text, w from holder, lateral unnest(words) with ordinality x (w, o) order by id, o',
  )
  await same(
    'select holder::text, place::text, number::text from numbers order by holder, place',
    'select id::text, o::text, n::text from holder, lateral unnest(numbers) with ordinality x (n, o) order by id, o',
  )
  const [counted] = await source.sql(
    `select count(*) filter (where jsonb_typeof(items) = 'object')::text, count(*) filter (where items is null or items in ('[]', 'null'))::text from holder`,
  )
  const item = result.entities.find(({ entity }) => entity === 'item')
  assert.deepEqual([String(item?.quarantined), String(item?.excluded)], counted)
  assert.equal(item?.read, (item?.loaded ?? 0) + (item?.excluded ?? 0) + (item?.quarantined ?? 0))
  const before = await target.sql('select xmin::text, id::text from items order by id')
  const again = await migrate(options)
  assert.deepEqual([again.totals.loaded, again.totals.read], [0, result.totals.read])
  assert.deepEqual(await target.sql('select xmin::text, id::text from items order by id'), before)
})

test('rows of a table excluded with `rows: audit` are read last, counted by the source and listed by key in the ledger, once however often', async t => {
  const { source, target, options } = await ground(t, {
    source: `create table person (id int primary key); insert into person values (1);
      create table teacher (course int, person text, primary key (course, person)); insert into teacher select i, 'p' || i from generate_series(1, 250) i;
      create table log (at timestamptz, line text); insert into log values (now(), 'a'), ('2020-01-01', 'b'), ('2020-01-01', 'b')`,
    target: 'create table people (id uuid primary key, legacy_id int)',
    entities: `
  person:
    service: app
    from: public.person
    key: id
    into: { public.people: { columns: { legacy_id: id } } }
`,
    top: `exclude:
  tables:
    public.teacher: { reason: dropped on purpose, rows: audit }
    public.log: { reason: of no value, rows: audit }`,
  })
  const listed = `select key from rehouse.exclusion x join rehouse.entity e on e.number = x.entity where e.name = 'excluded_public_teacher' order by key`
  for (const _ of [1, 2]) {
    const result = await migrate(options)
    assert.deepEqual([result.failures, result.status], [[], 'clean'])
    const found = result.entities.filter(({ entity }) => entity.startsWith('excluded_'))
    assert.deepEqual(
      found.map(({ entity, read, excluded }) => [entity, read, excluded]),
      [
        ['excluded_public_teacher', 250, 250],
        ['excluded_public_log', 3, 3],
      ],
    )
    const keys = await source.sql(`select course || ',' || person from teacher order by course || ',' || person collate "C"`)
    assert.deepEqual([...(await target.sql(listed))].map(String).sort(), keys.map(String).sort())
  }
  const dry = await migrate({ ...options, dryRun: true })
  assert.equal(dry.entities.find(({ entity }) => entity === 'excluded_public_log')?.excluded, 3)
})

test('shapes, the rest of the columns, cleansing and functions give what SQL written by hand gives; a dry run before counts the same', async t => {
  const { source, target, folder, options } = await ground(t, {
    source: `create table material (id int primary key, kind text, path text, title text, size bigint, price numeric(10,2), made timestamptz, more jsonb);
      insert into material select i, (array['file', 'link', 'file'])[i % 3 + 1], case when i % 4 = 0 then null else '/f' || i end, '  Title ' || chr(9) || i || ' ',
        9007199254740993 + i, i * 1.50, timestamptz '2020-01-01 00:00:00+00' + i * interval '1.5 seconds', case when i % 5 = 0 then null else jsonb_build_object('n', i * 1.10) end
      from generate_series(1, 300) i`,
    target: `create table rows (id uuid primary key, legacy_id int, title text, made text, doubled numeric, rest jsonb);
      create table parts (id uuid primary key, row_id uuid references rows, kind text, body text)`,
    top: 'cleanse: { tidy: [trim, collapse] }',
    entities: `
  material:
    service: app
    from: public.material
    key: id
    let: { work: { fn: functions/work.ts#work, uses: [price, made, more] } }
    into:
      public.rows:
        columns:
          legacy_id: id
          title: { from: title, cleanse: tidy }
          made: work.made
          doubled: { from: work.n, as: numeric }
          rest: { rest: true, types: { size: text } }
      public.parts:
        - when: kind = 'file' and path is not null
          columns: &part { row_id: { ref: material, from: id }, kind: kind, body: path }
        - when: kind = 'file'
          note: file_missing
          columns: { <<: *part, kind: { value: markdown }, body: "'missing'" }
        - columns: { <<: *part, body: { value: null } }
`,
  })
  mkdirSync(join(folder, 'functions'))
  writeFileSync(
    join(folder, 'functions/work.ts'),
    `import type { Decimal, Instant, MappingFunction } from 'rehouse'
interface Uses { price: Decimal; made: Instant; more: { n: JsonNumber } | null }
export const work: MappingFunction<Uses, { made: string; n: JsonNumber | null }> = ({ price, made, more }) =>
  price === '15.00' ? { exclude: 'fifteen' } : price === '30.00' ? { quarantine: 'thirty' } : { value: { made, n: more === null ? null : more.n } }
`,
  )
  const { functions } = await types({ manifest: options.manifest, env: {} })
  assert.deepEqual(
    functions.map(({ name, uses }) => [name, ...uses.map(use => `${use.name}: ${use.type}`)]),
    [['work', 'price: Decimal | null', 'made: Instant | null', 'more: Json']],
  )
  const dry = await migrate({ ...options, dryRun: true })
  const result = await migrate(options)
  assert.deepEqual(result.failures, [])
  assert.deepEqual(dry.totals, result.totals)
  assert.deepEqual([result.totals.loaded, result.totals.excluded, result.totals.quarantined], [298, 1, 1])
  assert.deepEqual(
    await target.sql('select legacy_id::text, title, made, doubled::text, rest::text from rows r order by r.legacy_id'),
    await source.sql(`select id::text, regexp_replace(trim(both from title, ' ' || chr(9)), '\\s+', ' ', 'g'), to_char(made at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      more ->> 'n', jsonb_build_object('size', size::text)::text from material m where id not in (10, 20) order by m.id`),
  )
  assert.deepEqual(
    await target.sql('select r.legacy_id::text, p.kind, p.body from parts p join rows r on r.id = p.row_id order by r.legacy_id'),
    await source.sql(`select id::text, case when kind = 'file' and path is null then 'markdown' else kind end,
      case when kind = 'file' then coalesce(path, 'missing') end from material m where id not in (10, 20) order by m.id`),
  )
  const [noted] = await source.sql(`select count(*)::text from material where kind = 'file' and path is null and id not in (10, 20)`)
  assert.deepEqual(await target.sql(`select count(*)::text from rehouse.note where code = 'file_missing'`), [noted])
  const again = await migrate(options)
  assert.deepEqual([again.totals.loaded, again.totals.unchanged, again.totals.excluded, again.totals.quarantined], [0, 298, 1, 1])
})
