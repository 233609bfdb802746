import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { lookup, migrate, quarantine, retryQuarantine, verify } from '../../src/index.ts'
import { newDatabase, type TestDatabase, type TestLike } from '../support/postgres.ts'

/** Words every district has beside the shared ones, doubles among them, and students who use them; what is expected is said by SQL. */
const LOGIN = `create table lookup (id int primary key, kind text, value text);
  insert into lookup select i, 'k' || i % 3, 'Value ' || i from generate_series(1, 40) i`
const DISTRICT = `create table lookup (id int primary key, kind text, value text, twin int);
  insert into lookup select i, 'k' || i % 3, case when i % 2 = 0 then upper('Value ' || i) else 'Own ' || i end, case when i % 5 = 0 and i % 2 = 1 then i - 2 end from generate_series(1, 60) i;
  create table student (id int primary key, name text, word int references lookup);
  insert into student select i, 'Student ' || i, i % 60 + 1 from generate_series(1, 500) i`
const TARGET = `create table shared_lookups (id uuid primary key, value text not null);
  create table lookups (id uuid primary key, tenant_id uuid not null, legacy_id int, value text not null, unique (tenant_id, legacy_id));
  create table students (id uuid primary key, tenant_id uuid not null, legacy_id int, name text, word_id uuid, unique (tenant_id, legacy_id));
  create index students_word on students (word_id)`

/** What a word of a district is in the end: the shared one of the same value, or the end of its chain of twins. */
const ENDS = `with recursive ends as (select l.id as word, l.id, l.twin from lookup l
    union all select e.word, l.id, l.twin from ends e join lookup l on l.id = e.twin where e.id % 2 = 1)
  select word, case when id % 2 = 0 and id <= 40 then 'Value ' || id else (select l.value from lookup l where l.id = ends.id) end as value
  from ends where twin is null or (id % 2 = 0)`

interface Ground {
  readonly district: TestDatabase
  readonly target: TestDatabase
  readonly options: Parameters<typeof migrate>[0]
}

async function ground(t: TestLike): Promise<Ground> {
  const [login, district, target] = [await newDatabase(t), await newDatabase(t), await newDatabase(t)]
  await login.script(LOGIN)
  await district.script(DISTRICT)
  await target.script(TARGET)
  const manifest = join(mkdtempSync(join(tmpdir(), 'rehouse-same-as-')), 'rehouse.yaml')
  writeFileSync(
    manifest,
    `migration: same-as
sources: { district: env:DISTRICT, login: env:LOGIN }
tenants: [{ code: north, id: 6b1f0a52-0f5e-4a57-9a53-000000000001 }]
services: { app: { url: env:APP, tenant_column: tenant_id } }
stop: { quarantined: 100%, errors: 100% }
defaults: { unmapped: warn }
phases: [{ base: [shared_lookup] }, { rest: [lookup_value, student] }]
entities:
  shared_lookup: { service: app, tenant: none, from: login/public.lookup, key: id, into: { public.shared_lookups: { columns: { value: value } } } }
  lookup_value:
    service: app
    from: public.lookup
    key: id
    with: { shared: { from: login/public.lookup, match: { lower(value): lower(value) } } }
    rules:
      - { when: shared.value <> value, note: other_spelling }
      - { when: shared.id is not null, same_as: { ref: shared_lookup, from: shared.id } }
      - { when: twin is not null, same_as: { ref: lookup_value, from: twin } }
    into: { public.lookups: { columns: { legacy_id: id, value: value } } }
  student:
    service: app
    from: public.student
    key: id
    into: { public.students: { columns: { legacy_id: id, name: name, word_id: { ref: lookup_value, from: word } } } }
`,
  )
  const env = { DISTRICT: await district.readerUrl(), LOGIN: await login.readerUrl(), APP: await target.writerUrl({ ownsTables: true }) }
  return { district, target, options: { manifest, env, batchRows: 20 } }
}

const WORDS_OF = `select s.legacy_id, coalesce(h.value, l.value) from students s left join shared_lookups h on h.id = s.word_id left join lookups l on l.id = s.word_id order by 1`

test('words of a district that are shared ones or doubles get no row; students lead to the right word, as SQL says; verify proves it', async t => {
  const { district, target, options } = await ground(t)
  const dry = await migrate({ ...options, dryRun: true })
  const result = await migrate(options)
  assert.deepEqual(result.failures, [])
  assert.deepEqual(dry.totals, result.totals)
  const words = result.entities.find(({ entity }) => entity === 'lookup_value')
  const [[merged, loaded] = []] = await district.sql(
    'select count(*) filter (where (id % 2 = 0 and id <= 40) or (twin is not null)), count(*) filter (where not (id % 2 = 0 and id <= 40) and twin is null) from lookup',
  )
  assert.deepEqual([words?.read, String(words?.merged), String(words?.loaded)], [60, merged, loaded])
  assert.ok(result.outcomes.some(({ entity, code, count }) => entity === 'lookup_value' && code === 'other_spelling' && count === 20))
  assert.deepEqual(
    await target.sql(WORDS_OF),
    await district.sql(`select s.id, e.value from student s join (${ENDS}) e on e.word = s.word order by 1`),
  )
  const again = await migrate(options)
  assert.deepEqual([again.totals.unchanged, again.totals.loaded, again.totals.merged], [600, 0, 0])
  for (const level of ['standard', 'rigorous'] as const) {
    const proof = await verify({ manifest: options.manifest, env: options.env ?? {}, level })
    assert.equal(proof.outcome, 'equal', JSON.stringify([proof.differences.slice(0, 3), proof.reasons]))
  }
})

test('look-ups go both ways: from a merged key to the row it is, and from that to every key', async t => {
  const { target, options } = await ground(t)
  await migrate(options)
  const of = { manifest: options.manifest, env: options.env ?? {}, entity: 'lookup_value', tenant: 'north' }
  const { matches } = await lookup({ ...of, legacy: [['2'], ['5'], ['3']] })
  const ids = matches.map(({ id }) => id)
  assert.deepEqual(
    matches.map(({ table }) => table),
    ['public.shared_lookups', 'public.lookups', 'public.lookups'],
  )
  assert.deepEqual(await target.sql('select value from shared_lookups where id = $1::uuid', ids[0] ?? ''), [['Value 2']])
  assert.equal(ids[1], ids[2], '5 is 3')
  const back = await lookup({ ...of, ids: [ids[0] ?? '', ids[2] ?? ''] })
  assert.deepEqual(
    back.matches.map(({ key }) => key.join()),
    ['2', '3', '5'],
  )
  assert.deepEqual(await target.sql("select count(*) from rehouse.id_map where entity_type = 'lookup_value'"), [['60']])
})

test('a row the server takes back takes along the rows that are it and what refers to them; mended, a retry brings them all', async t => {
  const { district, target, options } = await ground(t)
  await target.script("alter table lookups add constraint no_own_3 check (value <> 'Own 3')")
  await migrate(options)
  const held = (await quarantine({ manifest: options.manifest, env: options.env ?? {} })).rows
  const words = held.filter(({ entity }) => entity === 'lookup_value').map(({ key, code }) => `${key.join()} ${code}`)
  assert.deepEqual(words.toSorted(), ['3 check_violation', '5 parent_quarantined'])
  const [[waiting] = []] = await district.sql('select count(*) from student where word in (3, 5)')
  assert.equal(String(held.filter(({ entity, code }) => entity === 'student' && code === 'parent_quarantined').length), waiting)
  await target.sql('alter table lookups drop constraint no_own_3')
  const retried = await retryQuarantine(options)
  assert.deepEqual(retried.failures, [])
  assert.deepEqual((await quarantine({ manifest: options.manifest, env: options.env ?? {} })).rows, [])
  assert.deepEqual(
    await target.sql(WORDS_OF),
    await district.sql(`select s.id, e.value from student s join (${ENDS}) e on e.word = s.word order by 1`),
  )
})
