import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { embeddedStatus, removeEmbedded } from '../../src/embedded/embedded.ts'
import { migrate, plan, verify } from '../../src/index.ts'
import type { MigrateResult } from '../../src/model/results.ts'
import { serverFolder } from '../../src/staging/staging-server.ts'
import { newDatabase, type Rows, sql, type TestDatabase, type TestLike, testServer } from '../support/postgres.ts'

/** Tables no key of which a file reader could follow: doubled and missing keys, no key at all; and one it can. */
const MANIFEST = (staging: string): string => `
migration: NAME
sources: { legacy: "csv:{tenant.code}" }
staging: ${staging}
tenants: [{ code: north, zone: UTC }, { code: south, zone: UTC }]
services:
  app: { url: "env:TARGET", tenant_column: tenant_id }
stop: { quarantined: 100%, errors: 100% }
phases:
  - all: [school, person, visit]
entities:
  school:
    service: app
    from: csv.school
    key: id
    into:
      public.schools: { columns: { name: name } }
  person:
    service: app
    from: csv.person
    key: id
    into:
      public.persons: { columns: { school_id: { ref: school, from: school }, name: name } }
  visit:
    service: app
    from: csv.visit
    key: { content: true }
    into:
      public.visits: { columns: { room: room, day: day } }
`
const TARGET = `
create table public.schools (id uuid primary key, tenant_id uuid not null, name text not null);
create table public.persons (id uuid primary key, tenant_id uuid not null, school_id uuid references public.schools, name text not null);
create table public.visits (id uuid primary key, tenant_id uuid not null, room text, day date)`

const PERSONS = 400
const person = (i: number): string => `${i % 50 === 7 ? '' : i % 40 === 9 ? i - 1 : i},${(i % 2) + 1},person ${i}`
const VISITS = ['a,2024-01-01', 'a,2024-01-01', 'b,2024-01-02', ',', ',', 'a,2024-01-01']

interface Place {
  readonly manifest: string
  readonly name: string
  readonly staging: string
  readonly env: Readonly<Record<string, string>>
  readonly target: TestDatabase
}

let count = 0

async function place(t: TestLike, staging: 'embedded' | 'server'): Promise<Place> {
  const target = await newDatabase(t)
  await target.script(TARGET)
  const folder = mkdtempSync(join(tmpdir(), `rehouse-test-${process.pid}-staged-`))
  const name = `staged-${process.pid}-${count++}`
  const { url } = await testServer()
  const manifest = join(folder, 'rehouse.yaml')
  writeFileSync(manifest, MANIFEST(staging === 'embedded' ? 'embedded' : 'env:STAGING').replace('NAME', name))
  for (const tenant of ['north', 'south']) {
    mkdirSync(join(folder, tenant))
    writeFileSync(join(folder, tenant, 'school.csv'), `id,name\n2,South school\n1,North school of ${tenant}\n`)
    const persons = Array.from({ length: PERSONS }, (_, i) => person(PERSONS - i))
    writeFileSync(join(folder, tenant, 'person.csv'), `id,school,name\n${persons.join('\n')}\n`)
    writeFileSync(join(folder, tenant, 'visit.csv'), `room,day\n${VISITS.join('\n')}\n`)
  }
  t.after(async () => {
    await removeEmbedded(serverFolder(join(folder, '.rehouse', 'staging')))
    rmSync(folder, { recursive: true, force: true })
    for (const database of await stagedDatabases(name)) await sql(url('postgres'), `drop database "${database}" with (force)`)
  })
  const env = { TARGET: target.url, STAGING: url('postgres'), REHOUSE_SALT: 'a salt for tests, 32 bytes long..' }
  return { manifest, name, staging: join(folder, '.rehouse', 'staging'), env, target }
}

/** On the test server, of one migration. */
async function stagedDatabases(migration: string): Promise<readonly string[]> {
  const { url } = await testServer()
  const rows = await sql(
    url('postgres'),
    `select datname from pg_database where datname like 'rehouse\\_staging\\_%' and shobj_description(oid, 'pg_database')::json ->> 'migration' = $1 order by 1`,
    [migration],
  )
  return rows.map(([name]) => String(name))
}

/** When each relation was staged, and how many rows. */
async function stagedAt(database: string): Promise<Rows> {
  const { url } = await testServer()
  return sql(url(database), 'select relation, rows, finished_at, encode(sha256, $1) from legacy_staging.relation order by 1', ['hex'])
}

const counts = (result: MigrateResult): readonly string[] =>
  result.entities.map(
    ({ entity, tenant, read, loaded, unchanged, quarantined }) => `${tenant} ${entity} ${read} ${loaded} ${unchanged} ${quarantined}`,
  )

const NULLS = Array.from({ length: PERSONS }, (_, i) => person(i + 1)).filter(line => line.startsWith(',')).length
const DOUBLES =
  PERSONS - NULLS - new Set(Array.from({ length: PERSONS }, (_, i) => person(i + 1).split(',')[0]).filter(id => id !== '')).size
const REFUSED = NULLS + DOUBLES
const EXPECTED = ['north', 'south'].flatMap(tenant => [
  `${tenant} school 2 2 0 0`,
  `${tenant} person ${PERSONS} ${PERSONS - REFUSED} 0 ${REFUSED}`,
  `${tenant} visit 6 6 0 0`,
])

test('tables a file cannot be read by a key of go through staging: doubled and missing keys in quarantine, copies told apart, nothing lost; a rerun changes nothing', {
  timeout: 120_000,
}, async t => {
  const at = await place(t, 'server')
  const first = await migrate(at)
  assert.deepEqual(first.failures, [])
  assert.equal(first.status, 'findings')
  assert.deepEqual(counts(first), EXPECTED)
  const codes = first.outcomes.filter(outcome => outcome.kind === 'quarantine').map(({ code, count: n }) => `${code} ${n}`)
  assert.deepEqual(codes.sort(), [`duplicate_key ${DOUBLES * 2}`, `null_key ${NULLS * 2}`])
  assert.deepEqual(await at.target.sql('select count(*), count(distinct id) from public.visits where room = $1', 'a'), [['6', '6']])
  assert.deepEqual(await stagedDatabases(at.name), [], 'a finished run keeps nothing')
  const again = await migrate(at)
  assert.equal(again.totals.loaded, 0)
  assert.equal(again.totals.unchanged, first.totals.loaded)
  assert.equal(again.totals.quarantined, first.totals.quarantined)
})

test('plan says of each table how it is read', async t => {
  const at = await place(t, 'server')
  const { phases } = await plan(at)
  assert.deepEqual(
    phases[0]?.entities.map(({ entity, strategy }) => [entity, strategy.replace(/ \(.*/, '')]),
    [
      ['school', 'streamed from the file'],
      ['person', 'through staging: the key may be NULL'],
      ['visit', 'through staging: rows are told apart by their content'],
    ],
  )
})

test('what was staged for a run that fails is used by the one that resumes it, and goes when that is finished', {
  timeout: 120_000,
}, async t => {
  const at = await place(t, 'server')
  let seen = 0
  const stop = (seam: string, { entity }: { entity?: string }): void => {
    if (seam === 'after_batch_commit' && entity === 'person' && ++seen === 3) throw new Error('the end')
  }
  await assert.rejects(migrate({ ...at, batchRows: 50, lanes: 1, hooks: { at: stop } }), /the end/)
  const [database = ''] = await stagedDatabases(at.name)
  const before = await stagedAt(database)
  assert.deepEqual(
    before.map(([relation, rows]) => [relation, rows]),
    [['csv.person', String(PERSONS)]],
  )
  const during: Rows[] = []
  const look = async (seam: string, { entity, tenant }: { entity?: string; tenant?: string | null }): Promise<void> => {
    if (seam === 'after_batch_commit' && entity === 'visit' && tenant === 'north') during.push(await stagedAt(database))
  }
  const resumed = await migrate({ ...at, resume: true, lanes: 1, hooks: { at: look } })
  assert.deepEqual(counts(resumed), EXPECTED)
  assert.deepEqual(
    during[0]?.filter(([relation]) => relation === 'csv.person'),
    before,
    'not staged again',
  )
  assert.deepEqual(
    resumed.findings.filter(({ code }) => code === 'CONSISTENCY_MIXED'),
    [],
  )
  const consistencies = await at.target.sql(
    `select distinct e.name, t.consistency from rehouse.task t join rehouse.entity e on e.number = t.entity where t.tenant = 1 order by 1`,
  )
  assert.deepEqual(consistencies, [
    ['person', 'frozen'],
    ['school', 'snapshot'],
    ['visit', 'snapshot'],
  ])
  assert.deepEqual(await stagedDatabases(at.name), [])
})

test('--keep-staging keeps it for the next run, which reads the same copies', { timeout: 120_000 }, async t => {
  const at = await place(t, 'server')
  await migrate({ ...at, keepStaging: true })
  const kept = await stagedDatabases(at.name)
  assert.equal(kept.length, 2)
  const before = await stagedAt(kept[0] ?? '')
  await migrate({ ...at, keepStaging: true })
  assert.deepEqual(await stagedDatabases(at.name), kept)
  assert.deepEqual(await stagedAt(kept[0] ?? ''), before)
  await migrate({ ...at, dryRun: true })
  assert.deepEqual(await stagedDatabases(at.name), [])
})

test('another file never finds what was staged of one before, and drops it', { timeout: 120_000 }, async t => {
  const at = await place(t, 'server')
  await migrate({ ...at, keepStaging: true, tenants: ['north'] })
  const [old] = await stagedDatabases(at.name)
  writeFileSync(join(dirname(at.manifest), 'north', 'visit.csv'), `room,day\n${VISITS.join('\n')}\nnew,2024-02-02\n`)
  const result = await migrate({ ...at, keepStaging: true, tenants: ['north'] })
  assert.equal(result.entities.find(({ entity }) => entity === 'visit')?.loaded, 1)
  const now = await stagedDatabases(at.name)
  assert.equal(now.length, 1)
  assert.notEqual(now[0], old)
})

test('staging in the database of a target is refused before anything is done', async t => {
  const at = await place(t, 'server')
  const env = { ...at.env, STAGING: at.target.url }
  await assert.rejects(migrate({ ...at, env }), (error: { code?: string; message: string }) => {
    assert.equal(error.code, 'STAGING_SHARED')
    assert.match(error.message, /got that of service app/)
    return true
  })
  assert.deepEqual(await stagedDatabases(at.name), [])
})

/** The API in a process of its own, which kills itself at a seam. */
async function killedAt(at: Place, seam: string, entity: string): Promise<void> {
  const index = fileURLToPath(new URL('../../src/index.ts', import.meta.url))
  const code = `import { migrate } from ${JSON.stringify(index)}
    const at = (seam, { entity }) => { if (seam === '${seam}' && entity === '${entity}') process.kill(process.pid, 'SIGKILL') }
    await migrate({ manifest: ${JSON.stringify(at.manifest)}, env: ${JSON.stringify(at.env)}, batchRows: 50, lanes: 1, hooks: { at } })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [, signal] = await once(child, 'close')
  assert.equal(signal, 'SIGKILL')
}

test('on the built-in server: private, one for all tenants, stopped at the end; after kill -9 of the run and of the server the next run stages again and ends as if nothing had been', {
  timeout: 240_000,
}, async t => {
  const at = await place(t, 'embedded')
  await killedAt(at, 'after_batch_commit', 'person')
  const folder = serverFolder(at.staging)
  assert.equal(statSync(at.staging).mode & 0o777, 0o700)
  const server = embeddedStatus(folder)
  assert.equal(server.running, true, 'left behind by the killed run')
  process.kill(server.pid ?? 0, 'SIGKILL')
  const resumed = await migrate({ ...at, resume: true })
  assert.deepEqual(resumed.failures, [])
  assert.deepEqual(counts(resumed), EXPECTED)
  assert.equal(embeddedStatus(folder).running, false)
})

test('however many files there are, only those being read are staged, on one server', { timeout: 120_000 }, async t => {
  const at = await place(t, 'server')
  const folder = dirname(at.manifest)
  const codes = Array.from({ length: 9 }, (_, i) => `t${i}`)
  const listed = codes.map(code => `{ code: ${code}, zone: UTC }`).join(', ')
  writeFileSync(at.manifest, readFileSync(at.manifest, 'utf8').replace(/tenants: .*/, `tenants: [${listed}]`))
  for (const code of codes) cpSync(join(folder, 'north'), join(folder, code), { recursive: true })
  let most = 0
  const look = async (seam: string): Promise<void> => {
    if (seam === 'after_batch_commit') most = Math.max(most, (await stagedDatabases(at.name)).length)
  }
  const result = await migrate({ ...at, lanes: 2, hooks: { at: look } })
  assert.deepEqual(result.failures, [])
  assert.equal(result.entities.length, 27)
  assert.ok(most >= 1 && most <= 2, `${most} at once`)
  assert.deepEqual(await stagedDatabases(at.name), [])
})

test('a staging server that dies in the middle of a run is started again, and the run goes on where it was', {
  timeout: 180_000,
}, async t => {
  const at = await place(t, 'embedded')
  const retried: string[] = []
  let seen = 0
  const kill = (seam: string, { entity }: { entity?: string }): void => {
    if (seam === 'after_batch_commit' && entity === 'person' && ++seen === 2)
      process.kill(embeddedStatus(serverFolder(at.staging)).pid ?? 0, 'SIGKILL')
  }
  const result = await migrate({
    ...at,
    batchRows: 50,
    lanes: 1,
    hooks: { at: kill },
    on: event => {
      if (event.type === 'task:retried') retried.push(`${event.entity} ${event.code}`)
    },
  })
  assert.deepEqual(result.failures, [])
  assert.deepEqual(counts(result), EXPECTED)
  assert.ok(
    retried.length > 0 && retried.every(line => line === 'visit SOURCE_UNREACHABLE' || line === 'person SOURCE_UNREACHABLE'),
    retried.join(),
  )
  assert.ok(seen >= 2)
})

test('what was kept is read again by verify, which drops it when it is done', { timeout: 120_000 }, async t => {
  const at = await place(t, 'server')
  await migrate({ ...at, keepStaging: true })
  assert.equal((await stagedDatabases(at.name)).length, 2)
  const result = await verify(at)
  assert.deepEqual([result.different, result.missing, result.extra], [0, 0, 0])
  assert.ok(result.compared > 0)
  assert.deepEqual(await stagedDatabases(at.name), [])
})
