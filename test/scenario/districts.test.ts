import assert from 'node:assert/strict'
import { test } from 'node:test'
import { soiled } from '../../demo/districts.ts'
import { Session } from '../../src/postgres/session.ts'
import { openScenario, type Scenario } from './districts-setup.ts'

/** The instant of a local time, by PostgreSQL alone: it takes the later of two; the earlier one shows an hour before. */
const instant = (column: string, zone: string): string =>
  `least(${column} at time zone '${zone}', (${column} - interval '1 hour') at time zone '${zone}' + interval '1 hour')`

/** What the dirty district's rows are refused for: tenant, entity, code, rows. */
const QUARANTINED = [
  ['HARBOR', 'staff', 'supervisor_missing', '2'],
  ['HARBOR', 'staff', 'unique_violation', '1'],
  ['HARBOR', 'enrolment', 'parent_quarantined', '10'],
  ['HARBOR', 'student', 'birth_date_missing', '1'],
  ['HARBOR', 'student', 'name_missing', '2'],
  ['HARBOR', 'student', 'no_timestamp', '1'],
  ['HARBOR', 'student', 'unique_violation', '1'],
  ['HARBOR', 'assessment_result', 'check_violation', '2'],
  ['HARBOR', 'assessment_result', 'lossy_cast', '2'],
  ['HARBOR', 'assessment_result', 'orphan', '3'],
  ['HARBOR', 'assessment_result', 'parent_quarantined', '40'],
  ['HARBOR', 'assessment_result', 'unknown_status', '1'],
]

test('six districts with colliding keys arrive in three services', { timeout: 300_000 }, async t => {
  const scenario = await openScenario(t)
  const before = await scenario.definitions()

  await t.test('check finds no error in the demonstration', async () => {
    const { findings } = await scenario.check()
    assert.deepEqual(
      findings.filter(finding => finding.severity === 'error'),
      [],
    )
  })

  const result = await scenario.migrate()
  assert.deepEqual(result.failures, [])
  assert.equal(result.status, 'findings')

  await t.test('every total equals what SQL of its own counts', async () => {
    for (const verdict of await scenario.verdicts(result)) {
      assert.deepEqual(verdict.wrong, [], verdict.title)
      assert.ok(verdict.covered > 0, verdict.title)
    }
  })
  await t.test('every row read has exactly one outcome', () => {
    for (const line of result.entities) {
      const outcomes = line.loaded + line.updated + line.unchanged + line.merged + line.skipped + line.excluded + line.quarantined
      assert.equal(outcomes, line.read, `${line.tenant} ${line.entity}`)
    }
  })
  await t.test('only the dirty district has rows in quarantine, each for its reason', async () =>
    assert.deepEqual(await quarantined(scenario), QUARANTINED),
  )
  await t.test('local times become the instants PostgreSQL computes for the zone of the district', () => assertTimes(scenario))
  await t.test('a wide row becomes as many contacts, addresses and audit entries as it holds', () => assertParts(scenario))
  await t.test('a role under row-level security sees the rows of its tenant and no other', () => assertTenancy(scenario))
  await t.test('constraints, indexes, triggers and policies are as before', async () =>
    assert.deepEqual(await scenario.definitions(), before),
  )
  await t.test('verify accounts for every row at every level, touches none and does not call it complete', async () => {
    const rows = await scenario.fingerprint()
    for (const level of ['standard', 'rigorous'] as const) {
      const verified = await scenario.verify({ level })
      assert.deepEqual(verified.differences, [], level)
      assert.deepEqual(verified.reasons, [], level)
      assert.deepEqual([verified.outcome, verified.parity], ['equal', 'accounted'])
      assert.ok(verified.witness.filter(line => line.state === 'equal').length > 100)
    }
    assert.deepEqual(await scenario.fingerprint(), rows)
  })
  await t.test('a rerun touches no row and says the same', async () => {
    const rows = await scenario.fingerprint()
    const again = await scenario.migrate()
    assert.equal(again.status, result.status)
    assert.equal(again.totals.unchanged, result.totals.loaded)
    assert.deepEqual({ ...again.totals, unchanged: 0 }, { ...result.totals, loaded: 0 })
    assert.deepEqual(await scenario.fingerprint(), rows)
    assert.deepEqual(await scenario.definitions(), before)
  })
})

test('a run that is interrupted and resumed ends as one that was not', { timeout: 300_000 }, async t => {
  const scenario = await openScenario(t)
  const before = await scenario.definitions()
  const interrupt = new AbortController()
  let batches = 0
  const on = (event: { readonly type: string }): void => {
    if (event.type === 'batch:committed' && ++batches === 25) interrupt.abort()
  }
  const first = await scenario.migrate({ signal: interrupt.signal, on, batchRows: 500 })
  assert.equal(first.status, 'interrupted')
  const second = await scenario.migrate({ resume: true, batchRows: 500 })
  assert.equal(second.run, first.run)
  assert.equal(second.status, 'findings')
  for (const verdict of await scenario.verdicts(second)) assert.deepEqual(verdict.wrong, [], verdict.title)
  assert.deepEqual(await scenario.definitions(), before)
  assert.deepEqual(await quarantined(scenario), QUARANTINED)
})

test('districts handed over as BACPAC files arrive as from databases: interrupted, resumed, and again', { timeout: 300_000 }, async t => {
  const scenario = await openScenario(t, { reads: 'files' })
  const interrupt = new AbortController()
  let batches = 0
  const on = (event: { readonly type: string }): void => {
    if (event.type === 'batch:committed' && ++batches === 25) interrupt.abort()
  }
  const first = await scenario.migrate({ signal: interrupt.signal, on, batchRows: 500 })
  assert.equal(first.status, 'interrupted')
  const second = await scenario.migrate({ resume: true, batchRows: 500 })
  assert.deepEqual(second.failures, [])
  assert.equal(second.status, 'findings')
  for (const verdict of await scenario.verdicts(second)) assert.deepEqual(verdict.wrong, [], verdict.title)
  assert.deepEqual(await quarantined(scenario), QUARANTINED)
  await assertTimes(scenario)
  await assertParts(scenario)
  const rows = await scenario.fingerprint()
  const again = await scenario.migrate()
  assert.equal(again.totals.loaded + again.totals.updated, 0)
  assert.deepEqual(await scenario.fingerprint(), rows)
})

test('a district above the stop rule is given up and does not hold up the others', { timeout: 300_000 }, async t => {
  const scenario = await openScenario(t, { change: soiled })
  const result = await scenario.migrate()
  assert.equal(result.status, 'stopped')
  assert.deepEqual(
    result.failures.map(failure => [failure.code, failure.where.tenant]),
    [['STOPPED', 'HARBOR']],
  )
  for (const { code } of scenario.districts) {
    const results = result.entities.find(line => line.tenant === code && line.entity === 'assessment_result')
    assert.equal(results?.state === 'settled', code !== 'HARBOR', code)
  }
})

async function quarantined(scenario: Scenario): Promise<readonly (readonly (string | null)[])[]> {
  const text = 'select tenant, entity, code, count(*) from rehouse.quarantined group by 1, 2, 3 order by 1, 2, 3'
  const services = await Promise.all(['directory', 'student', 'assessment'].map(service => scenario.sql(service, text)))
  return services.flat()
}

async function assertTimes(scenario: Scenario): Promise<void> {
  for (const { code, zone, database } of scenario.districts) {
    for (const [relation, service, table] of [
      ['Student', 'student', 'student.students'],
      ['AssessmentResult', 'assessment', 'assessment.results'],
    ] as const) {
      const expected = await scenario.sql(database, `select "Id", ${instant('"ModifiedDate"', zone)} from dbo."${relation}"`)
      const instants = new Map(expected.map(([id, at]) => [id, at]))
      const stored = await scenario.sql(service, `select legacy_id, updated_at from ${table} where tenant_id = $1`, [
        await tenantId(scenario, code),
      ])
      assert.ok(stored.length > 0)
      for (const [id, at] of stored) assert.equal(at, instants.get(id ?? ''), `${code} ${relation} ${id}`)
    }
  }
}

async function assertParts(scenario: Scenario): Promise<void> {
  for (const { code, database } of scenario.districts) {
    const tenant = await tenantId(scenario, code)
    const loaded = await scenario.sql('student', 'select array_agg(legacy_id) from student.students where tenant_id = $1', [tenant])
    const columns = await scenario.sql(
      database,
      `select 1 from pg_catalog.pg_attribute where attrelid = 'dbo."Student"'::regclass and attname = 'Guardian2Email' and not attisdropped`,
    )
    const secondEmail = columns.length > 0 ? '"Guardian2Email"' : 'null'
    const [expected] = await scenario.sql(
      database,
      `select count(*) filter (where coalesce("Guardian1Name", "Guardian1Phone", "Guardian1Email") is not null) + count(*) filter (where coalesce("Guardian2Name", "Guardian2Phone", ${secondEmail}) is not null),
        count(*) filter (where coalesce("Address1", "City", "Zip") is not null), count("ModifiedDate"), count(*)
       from dbo."Student" where "Id" = any ($1::int[])`,
      [loaded[0]?.[0] ?? '{}'],
    )
    const [stored] = await scenario.sql(
      'student',
      `select ${['contacts', 'addresses', 'audit_entries', 'demographics'].map(table => `(select count(*) from student.${table} where tenant_id = $1)`).join(', ')}`,
      [tenant],
    )
    assert.deepEqual(stored, expected, code)
  }
}

async function assertTenancy(scenario: Scenario): Promise<void> {
  const tenant = await tenantId(scenario, 'AVALON')
  const [own] = await scenario.sql('student', 'select count(*) from student.students where tenant_id = $1', [tenant])
  await scenario.script(
    'student',
    `create role some_application login password 'application';
     grant usage on schema student to some_application; grant select on all tables in schema student to some_application`,
  )
  const asApplication = async (current: string): Promise<string | null | undefined> => {
    const url = new URL(scenario.url('student'))
    url.username = 'some_application'
    url.password = 'application'
    const settings = { row_security: 'on', 'app.current_tenant': current }
    const session = await Session.open({ url: url.href, applicationName: 'rehouse test', side: 'target', settings })
    try {
      return (await session.query('select count(*) from student.students')).rows[0]?.[0]
    } finally {
      await session.close()
    }
  }
  assert.equal(await asApplication(tenant), own?.[0])
  assert.equal(await asApplication(''), '0')
}

async function tenantId(scenario: Scenario, code: string): Promise<string> {
  return (await scenario.sql('directory', 'select id from configuration.tenants where code = $1', [code]))[0]?.[0] ?? ''
}
