import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { removeEmbedded } from '../../src/embedded/embedded.ts'
import { Session } from '../../src/postgres/session.ts'
import { isValid } from '../support/json-schema-validator.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import {
  type ErrorAnswer,
  onlyObject,
  type ProcessOptions,
  rehouse,
  rehouseHere,
  rehouseHereJson,
  rehouseJson,
  workFolder,
} from '../support/rehouse-process.ts'

/** The contract, from outside: words, streams and exit statuses of real processes. */

const TENANT = '30000000-0000-4000-8000-000000000001'
const TOTALS = ['read', 'loaded', 'updated', 'unchanged', 'merged', 'skipped', 'excluded', 'quarantined']
const ROWS = 100

interface Scene extends ProcessOptions {
  readonly source: TestDatabase
  readonly target: TestDatabase
}

const SOURCE = `create table person (id integer primary key, name text, boss integer, born timestamp);
  insert into person select g, case when g = 13 then null else 'person ' || g end, case when g / 2 not in (0, 13) then g / 2 end, timestamp '1970-01-01' + g * interval '1 day' from generate_series(1, ${ROWS}) g`
const TARGET = `create table person (id uuid primary key, tenant_id uuid not null, legacy_id integer not null, name text not null, boss_id uuid, born date, unique (tenant_id, legacy_id))`
const MANIFEST = `migration: contract
sources: { legacy: env:LEGACY }
tenants: [{ code: one, id: ${TENANT}, zone: UTC }]
services: { main: { url: env:MAIN, tenant_column: tenant_id } }
entities:
  person:
    service: main
    from: public.person
    into:
      public.person:
        columns:
          legacy_id: id
          name: { from: name, if_null: { quarantine: name_missing } }
          boss_id: { ref: person, from: boss }
          born: { from: born, as: date }
`

async function makeScene(t: TestContext, of: { source?: string; target?: string; manifest?: string } = {}): Promise<Scene> {
  const source = await newDatabase(t)
  await source.script(of.source ?? SOURCE)
  const target = await newDatabase(t)
  await target.script(of.target ?? TARGET)
  const folder = workFolder(t, { 'rehouse.yaml': of.manifest ?? MANIFEST })
  const env = { LEGACY: await source.readerUrl(), MAIN: await target.writerUrl({ ownsTables: true }) }
  return { folder, env, source, target }
}

const schemas = new Map<string, object>()

async function assertSchema(command: string, json: unknown, options: ProcessOptions): Promise<void> {
  const known = schemas.get(command)
  const schema = known ?? (onlyObject((await rehouseHere(['schema', '--output', command, '--json'], options)).stdout) as object)
  schemas.set(command, schema)
  assert.ok(
    isValid(schema as Parameters<typeof isValid>[0], json),
    `expected the output of ${command} to fit its schema, got ${JSON.stringify(json)}`,
  )
}

interface Migrated {
  readonly run: string
  readonly status: string
  readonly dryRun: boolean
  readonly totals: Readonly<Record<string, number>>
  readonly entities: readonly Readonly<Record<string, unknown>>[]
  readonly findings: readonly object[]
  readonly seconds: number
  readonly failures: readonly { readonly code: string; readonly message: string }[]
}

const keys = (value: object | undefined): readonly string[] => Object.keys(value ?? {})

function assertHasKeys(value: object | undefined, wanted: readonly string[]): void {
  assert.deepEqual(
    wanted.filter(key => !keys(value).includes(key)),
    [],
  )
}

test('a migration from check to rerun keeps to the contract', { timeout: 180_000 }, async t => {
  const scene = await makeScene(t)

  await t.test('check: findings with code, severity, where, message and next; 0', async () => {
    const { status, json } = await rehouseJson<{ findings: object[] }>(['check', '--grants'], scene)
    assert.equal(status, 0, JSON.stringify(json))
    await assertSchema('check', json, scene)
    for (const finding of json.findings) assert.deepEqual(keys(finding).toSorted(), ['code', 'message', 'next', 'severity', 'where'])
  })
  await t.test('plan: findings; 0', async () => {
    const { status, json } = await rehouseJson<{ findings: object[] }>(['plan'], scene)
    assert.equal(status, 0)
    await assertSchema('plan', json, scene)
  })
  await t.test('status and quarantine before the first run: nothing; lookup: no match, 1', async () => {
    const status = await rehouseJson(['status'], scene)
    assert.deepEqual([status.status, status.json], [0, { runs: [] }])
    const quarantine = await rehouseJson(['quarantine', 'list'], scene)
    assert.deepEqual([quarantine.status, quarantine.json], [0, { total: 0, rows: [] }])
    const lookup = await rehouseJson(['lookup', 'person', '--tenant', 'one', '--legacy', '1'], scene)
    assert.deepEqual([lookup.status, lookup.json], [1, { entity: 'person', tenant: 'one', matches: [] }])
  })
  await t.test('resume with nothing to resume: 0', async () => {
    const { status, json } = await rehouseJson<Migrated>(['migrate', '--resume'], scene)
    assert.equal(status, 0)
    assert.equal(json.status, 'clean')
    await assertSchema('migrate', json, scene)
  })
  await t.test('a dry run counts what would be and writes nothing but its audit', async () => {
    await scene.target.script('drop schema if exists rehouse cascade')
    const audit = join(scene.folder, 'dry.jsonl')
    const { status, json } = await rehouseJson<Migrated & { not_tried: string[] }>(['migrate', '--dry-run', '--audit', audit], scene)
    assert.equal(status, 1)
    assert.equal(json.dryRun, true)
    assert.equal(json.totals.loaded, ROWS - 1)
    assert.equal(json.totals.quarantined, 1)
    assert.ok(json.not_tried.length > 0)
    await assertSchema('migrate', json, scene)
    assert.deepEqual(await scene.target.sql(`select to_regnamespace('rehouse'), count(*) from person`), [[null, '0']])
    const lines = readFileSync(audit, 'utf8').trim().split('\n')
    for (const line of lines) assert.doesNotThrow(() => JSON.parse(line))
    assert.match(lines.join('\n'), /name_missing/)
  })

  const { status, json, stderr } = await rehouseJson<Migrated>(['migrate', '--batch-rows', '40'], scene)
  await t.test('migrate with a row in quarantine: 1, and the members the contract names', async () => {
    assert.equal(status, 1)
    assert.equal(json.status, 'findings')
    await assertSchema('migrate', json, scene)
    assertHasKeys(json, ['run', 'status', 'dryRun', 'totals', 'entities', 'findings', 'seconds'])
    assert.deepEqual(keys(json.totals), TOTALS)
    assertHasKeys(json.entities[0], ['entity', 'tenant', 'service', ...TOTALS, 'written', 'parts_quarantined', 'seconds'])
    for (const name of TOTALS)
      assert.equal(
        json.totals[name],
        json.entities.reduce((sum, line) => sum + Number(line[name]), 0),
      )
    assert.deepEqual(json.entities[0]?.written, { 'public.person': ROWS - 1 })
  })
  await t.test('progress is JSON lines on stderr, one for each batch with what the log must say', () => {
    const events = stderr
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
    const batches = events.filter(event => event.type === 'batch:committed')
    assert.ok(batches.length >= 3)
    for (const batch of batches) {
      assertHasKeys(batch, ['batch_id', 'entity_type', 'tenant_id', 'count', 'duration', 'checksum'])
      assert.equal(batch.entity_type, 'person')
      assert.equal(batch.tenant_id, TENANT)
      assert.match(String(batch.checksum), /^[0-9a-f]{64}$/)
      assert.match(String(batch.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/)
    }
    assert.equal(
      batches.reduce((sum, batch) => sum + Number(batch.count), 0),
      ROWS,
    )
  })
  await t.test('the same lines stand in the log of the run', () => {
    const log = readFileSync(join(scene.folder, '.rehouse', 'logs', `${json.run}.jsonl`), 'utf8')
      .trim()
      .split('\n')
    assert.ok(log.length >= 3)
    for (const line of log)
      assertHasKeys(JSON.parse(line) as object, ['batch_id', 'entity_type', 'tenant_id', 'count', 'duration', 'checksum'])
  })
  await t.test('status: runs with state and counts; 0', async () => {
    const answer = await rehouseJson<{ runs: { run: string }[] }>(['status'], scene)
    assert.equal(answer.status, 0)
    await assertSchema('status', answer.json, scene)
    assert.equal(answer.json.runs[0]?.run, json.run)
    assert.equal((await rehouseHere(['status', json.run], scene)).status, 0)
    assert.equal((await rehouseHere(['status', 'no-such-run'], scene)).status, 2)
  })
  await t.test('lookup: matches with key, id, table and batch; both ways; 0', async () => {
    const there = await rehouseJson<{ matches: { id: string }[] }>(['lookup', 'person', '--tenant', 'one', '--legacy', '7'], scene)
    assert.equal(there.status, 0)
    await assertSchema('lookup', there.json, scene)
    assert.deepEqual(keys(there.json), ['entity', 'tenant', 'matches'])
    assert.deepEqual(keys(there.json.matches[0]), ['key', 'id', 'table', 'batch'])
    const back = await rehouseJson<{ matches: { key: string[] }[] }>(
      ['lookup', 'person', '--tenant', 'one', '--id', there.json.matches[0]?.id ?? ''],
      scene,
    )
    assert.deepEqual(back.json.matches[0]?.key, ['7'])
    assert.equal((await rehouseHere(['lookup', 'person', '--tenant', 'one', '--legacy', '13'], scene)).status, 1)
    assert.equal((await rehouseHere(['lookup', 'nobody', '--tenant', 'one', '--legacy', '13'], scene)).status, 2)
    assert.equal((await rehouseHere(['lookup', 'person', '--tenant', 'one'], scene)).status, 2)
  })
  await t.test('quarantine list, show and export: total and rows', async () => {
    const list = await rehouseJson<{ total: number; rows: object[] }>(['quarantine', 'list'], scene)
    assert.equal(list.status, 0)
    assert.equal(list.json.total, 1)
    assertHasKeys(list.json.rows[0], ['entity', 'tenant', 'key', 'code', 'column', 'value_masked', 'batch', 'first_run', 'last_run'])
    await assertSchema('quarantine', list.json, scene)
    for (const words of [['show'], ['export', '--out', join(scene.folder, 'refused.csv')]]) {
      const answer = await rehouseHereJson(['quarantine', ...words], scene)
      assert.equal(answer.status, 0)
      await assertSchema('quarantine', answer.json, scene)
    }
    assert.match(readFileSync(join(scene.folder, 'refused.csv'), 'utf8'), /name_missing/)
    for (const wrong of [
      ['--tenant', 'nowhere'],
      ['--entity', 'nobody'],
    ])
      assert.equal((await rehouseHere(['quarantine', 'list', ...wrong], scene)).status, 2)
  })
  await t.test('a rerun changes nothing and has the same status', async () => {
    const print = 'select ctid, xmin, xmax, * from person order by 1'
    const before = await scene.target.sql(print)
    const again = await rehouseJson<Migrated>(['migrate'], scene)
    assert.equal(again.status, 1)
    assert.equal(again.json.totals.unchanged, ROWS - 1)
    assert.equal(again.json.totals.quarantined, 1)
    assert.deepEqual(await scene.target.sql(print), before)
  })
  await t.test('another mapping, another salt: 2, and nothing is written', async () => {
    const runs = await scene.target.sql('select count(*) from rehouse.run')
    writeFileSync(join(scene.folder, 'other.yaml'), MANIFEST.replace('name: { from: name', 'name: { from: upper(name)'))
    const other = await rehouseJson<ErrorAnswer>(['migrate', '-m', 'other.yaml'], scene)
    assert.deepEqual([other.status, other.json.error.code], [2, 'MAPPING_CHANGED'])
    await assertSchema('error', other.json, scene)
    const salt = await rehouseJson<ErrorAnswer>(['migrate'], { ...scene, env: { ...scene.env, REHOUSE_SALT: 'quite another salt' } })
    assert.deepEqual([salt.status, salt.json.error.code], [2, 'SALT_CHANGED'])
    assert.deepEqual(await scene.target.sql('select count(*) from rehouse.run'), runs)
  })
})

test('a clean migration is 0, one above a stop rule 6, and the other tenants go on', async t => {
  const clean = await makeScene(t, { source: SOURCE.replace('case when g = 13 then null else', 'case when false then null else') })
  const { status, json } = await rehouseJson<Migrated>(['migrate'], clean)
  assert.deepEqual([status, json.status], [0, 'clean'])
  const stopped = await makeScene(t, { manifest: `${MANIFEST}stop: { quarantined: 0.5%, min_rows: 10 }\n` })
  const ended = await rehouseJson<Migrated>(['migrate', '--batch-rows', '20'], stopped)
  assert.deepEqual([ended.status, ended.json.status, ended.json.failures[0]?.code], [6, 'stopped', 'STOPPED'])
  await assertSchema('migrate', ended.json, stopped)
})

test('wrong words and a wrong manifest are 2, with one JSON object or one sentence', async t => {
  const folder = workFolder(t, { 'rehouse.yaml': 'migration: [' })
  const lines: readonly (readonly string[])[] = [
    ['migrat'],
    ['migrate', '--no-such-flag'],
    ['migrate', '--batch-rows', '0'],
    ['migrate', '--until', '25:00'],
    ['rollback'],
    ['rollback', '--yes'],
    ['migrate', '--sample', '3'],
    ['schema', '--output', 'nothing'],
    ['migrate'],
    ['migrate', '-m', 'not-there.yaml'],
    ['migrate', '-m', folder],
    [],
  ]
  for (const words of lines) {
    const ended = await rehouseHere([...words, '--json'], { folder })
    assert.equal(ended.status, 2, words.join(' '))
    await assertSchema('error', onlyObject(ended.stdout), { folder })
  }
  const plain = await rehouse(['migrate'], { folder })
  assert.equal(plain.status, 2)
  assert.equal(plain.stdout, '')
  assert.match(plain.stderr, /^MANIFEST_UNREADABLE: /)
  assert.equal((await rehouse(['--help'], { folder })).status, 0)
  assert.match((await rehouse(['--version'], { folder })).stdout, /^\d+\.\d+\.\d+\n$/)
})

/** Reads as the table does, but a row takes 20 ms. */
const SLOW = `${SOURCE}; alter table person rename to people;
  create view person as select id, name, boss, (select born from pg_sleep(0.02)) as born from people`
const SLOW_MANIFEST = MANIFEST.replace('from: public.person\n', 'from: public.person\n    key: id\n').concat(
  'exclude: { tables: { public.people: { reason: seen through the view } } }\n',
)

test('SIGINT ends with 130 and what is committed stays; --resume completes the same run', { timeout: 120_000 }, async t => {
  const scene = await makeScene(t, { source: SLOW, manifest: SLOW_MANIFEST })
  let isSent = false
  const first = await rehouse(['migrate', '--json', '--batch-rows', '10'], {
    ...scene,
    onLine: (line, kill) => {
      if (isSent || !line.includes('batch:committed')) return
      isSent = true
      kill('SIGINT')
    },
  })
  assert.equal(first.status, 130)
  const interrupted = onlyObject(first.stdout) as Migrated
  assert.equal(interrupted.status, 'interrupted')
  const [there] = await scene.target.sql('select count(*) from person')
  assert.ok(Number(there?.[0]) > 0 && Number(there?.[0]) < ROWS - 1, `expected some of the rows, got ${there?.[0]}`)
  assert.deepEqual(
    interrupted.failures.map(failure => failure.code),
    ['INTERRUPTED'],
  )
  const steps = await scene.target.sql('select count(*), count(*) filter (where undone_at is null) from rehouse.schema_step')
  assert.notEqual(steps[0]?.[0], '0', 'expected keys to have been set aside')
  assert.equal(steps[0]?.[1], '0', 'expected them to be back')
  const second = await rehouseJson<Migrated>(['migrate', '--resume', '--batch-rows', '50'], scene)
  assert.equal(second.status, 1)
  assert.equal(second.json.run, interrupted.run)
  assert.equal(second.json.totals.loaded, ROWS - 1)
  assert.deepEqual(await scene.target.sql('select count(*), count(distinct legacy_id) from person'), [[String(ROWS - 1), String(ROWS - 1)]])
})

test('a second run is 5 and names the holder; --wait waits for the first', { timeout: 120_000 }, async t => {
  const waiting = SLOW.replace('pg_sleep(0.02)', '(select pg_advisory_xact_lock_shared(42)) as gate')
  const scene = await makeScene(t, { source: waiting, manifest: SLOW_MANIFEST })
  const gate = await Session.open({ url: scene.source.url, applicationName: 'rehouse test', side: 'source' })
  await gate.query('select pg_advisory_lock(42)')
  const isReading = Promise.withResolvers<void>()
  const onLine = (line: string): void => {
    if (line.includes('task:started')) isReading.resolve()
  }
  const first = rehouse(['migrate', '--json', '--operator', 'ada'], { ...scene, onLine })
  await isReading.promise
  const refused = await rehouseHereJson<ErrorAnswer>(['migrate'], scene)
  assert.deepEqual([refused.status, refused.json.error.code], [5, 'TARGET_HELD'])
  assert.match(refused.json.error.message, /ada/)
  assert.match(refused.json.error.next, /--wait/)
  await assertSchema('error', refused.json, scene)
  const waited = rehouseHereJson<Migrated>(['migrate', '--wait'], scene)
  await gate.close()
  assert.equal((await first).status, 1)
  const { status, json } = await waited
  assert.equal(status, 1)
  assert.equal(json.totals.unchanged, ROWS - 1)
})

test('a refusal of the target stands in the audit file, which --audit names', async t => {
  const scene = await makeScene(t)
  const role = decodeURIComponent(new URL(scene.env?.MAIN ?? '').username)
  await scene.target.script(
    `alter table person owner to postgres; revoke all on person from "${role}"; grant select on person to "${role}"`,
  )
  const named = join(scene.folder, 'refusals.jsonl')
  const first = await rehouseJson<ErrorAnswer>(['migrate', '--audit', named], scene)
  assert.deepEqual([first.status, first.json.error.code], [5, 'TARGET_POLICY_DENIED'])
  await rehouseJson(['migrate'], scene)
  const folder = join(scene.folder, '.rehouse', 'audit')
  const files = [named, ...readdirSync(folder).map(name => join(folder, name))]
  assert.equal(files.length, 2)
  for (const file of files) {
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const refusal = lines.map(line => JSON.parse(line) as Readonly<Record<string, unknown>>).find(line => line.action === 'policy_denied')
    assertHasKeys(refusal, ['time', 'run', 'operator', 'action', 'code', 'message', 'where'])
    assert.equal(refusal?.code, 'TARGET_POLICY_DENIED')
  }
  assert.deepEqual(await scene.target.sql(`select to_regnamespace('rehouse'), count(*) from person`), [[null, '0']])
})

test('--create-target applies target.sql once where tables are missing, and the ledger remembers it', async t => {
  const scene = await makeScene(t, { target: 'select 1' })
  const missing = await rehouseJson<ErrorAnswer>(['migrate', '--create-target'], scene)
  assert.deepEqual([missing.status, missing.json.error.code], [2, 'CONFIG_MISSING'])
  const role = decodeURIComponent(new URL(scene.env?.MAIN ?? '').username)
  await scene.target.script(`grant create on schema public to "${role}"`)
  writeFileSync(join(scene.folder, 'target.sql'), `create schema extra; ${TARGET}; insert into nothing_there values (1)`)
  const broken = await rehouseJson<ErrorAnswer>(['migrate', '--create-target'], scene)
  assert.deepEqual([broken.status, broken.json.error.code], [5, 'TARGET_REFUSED'])
  assert.deepEqual(await scene.target.sql(`select to_regclass('person'), to_regnamespace('extra'), to_regnamespace('rehouse')`), [
    [null, null, null],
  ])
  writeFileSync(join(scene.folder, 'target.sql'), TARGET)
  for (const what of ['makes', 'leaves alone']) {
    const ended = await rehouseJson<Migrated>(['migrate', '--create-target'], scene)
    assert.equal(ended.status, 1, `${what}: ${ended.stdout}`)
  }
  const audit = await scene.target.sql(
    `select detail::json ->> 'file', length(detail::json ->> 'sha256') from rehouse.audit where action = 'target_created'`,
  )
  assert.deepEqual(audit, [['target.sql', '64']])
})

test('an embedded target needs nothing but the manifest and target.sql', { timeout: 180_000 }, async t => {
  const source = await newDatabase(t)
  await source.script(SOURCE)
  const env = { LEGACY: await source.readerUrl() }
  // Before the folder goes.
  let stop = (): Promise<unknown> => Promise.resolve()
  t.after(() => stop().then(() => undefined))
  const folder = workFolder(t, { 'rehouse.yaml': MANIFEST.replace('env:MAIN', '"embedded:"'), 'target.sql': TARGET })
  const scene = { folder, env }
  stop = () => removeEmbedded(join(folder, '.rehouse', 'embedded'))

  await t.test('before it runs: url is 5, status says so with 0, stop has nothing to do', async () => {
    const url = await rehouseJson<ErrorAnswer>(['embedded', 'url'], scene)
    assert.equal(url.status, 5)
    await assertSchema('error', url.json, scene)
    const status = await rehouseJson<{ running: boolean }>(['embedded', 'status'], scene)
    assert.deepEqual([status.status, status.json.running], [0, false])
    await assertSchema('embedded status', status.json, scene)
    assert.equal((await rehouse(['embedded', 'stop'], scene)).status, 0)
  })
  await t.test('migrate makes the server, the database, the tables and moves the rows', async () => {
    const { status, json } = await rehouseJson<Migrated>(['migrate'], scene)
    assert.equal(status, 1, JSON.stringify(json))
    assert.equal(json.totals.loaded, ROWS - 1)
  })
  await t.test('url prints one address and nothing else, and the rows are there', async () => {
    const { stdout, stderr, status } = await rehouse(['embedded', 'url'], scene)
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^postgres(?:ql)?:\/\/[^\s]+\/rehouse(?:\?[^\s]*)?\n$/)
    const { sql } = await import('../support/postgres.ts')
    assert.deepEqual(await sql(stdout.trim(), 'select count(*) from public.person'), [[String(ROWS - 1)]])
    await assertSchema('embedded url', (await rehouseJson(['embedded', 'url'], scene)).json, scene)
  })
  await t.test('start finds it running, stop stops it, and the data stays', async () => {
    const start = await rehouseHereJson<{ started: boolean }>(['embedded', 'start'], scene)
    assert.equal(start.json.started, false)
    await assertSchema('embedded start', start.json, scene)
    const stop = await rehouseJson<{ stopped: boolean }>(['embedded', 'stop'], scene)
    assert.deepEqual([stop.status, stop.json.stopped], [0, true])
    await assertSchema('embedded stop', stop.json, scene)
    const again = await rehouseJson<Migrated>(['migrate'], scene)
    assert.equal(again.json.totals.unchanged, ROWS - 1)
    assert.ok(existsSync(join(folder, '.rehouse', 'salt')) === false, 'expected no salt file where the environment has one')
  })
})

test('the schema of the manifest and of every output is one JSON object', async t => {
  const folder = workFolder(t)
  assert.ok(Object.hasOwn(onlyObject((await rehouse(['schema', '--json'], { folder })).stdout) as object, 'properties'))
  for (const command of ['check', 'plan', 'migrate', 'status', 'lookup', 'quarantine', 'error']) {
    const { status, stdout } = await rehouseHere(['schema', '--output', command, '--json'], { folder })
    assert.equal(status, 0)
    assert.equal((onlyObject(stdout) as { type: string }).type, 'object')
  }
})
