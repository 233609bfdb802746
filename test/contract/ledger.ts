import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { batchTests } from './ledger-batches.ts'
import type { LedgerEngine } from './ledger-engines.ts'
import { holdTests } from './ledger-holds.ts'
import { keyTests } from './ledger-keys.ts'
import { ownedTests } from './ledger-owned.ts'
import { quarantineTests } from './ledger-quarantine.ts'
import { ENTITY, hasCode, IDENTITY, run, start, tenant } from './ledger-samples.ts'

export function ledgerContract(engine: LedgerEngine): void {
  suite(`ledger: ${engine.name}`, () => {
    installTests(engine)
    numberTests(engine)
    runTests(engine)
    batchTests(engine)
    keyTests(engine)
    quarantineTests(engine)
    ownedTests(engine)
    holdTests(engine)
  })
}

function installTests(engine: LedgerEngine): void {
  test('is absent before it is installed and current afterwards, however many install it at once', async t => {
    const bed = await engine.open(t)
    const ledgers = [bed.ledger(), bed.ledger(), bed.ledger()]
    assert.equal(await ledgers[0]?.state(), 'absent')
    await Promise.all(ledgers.map(ledger => ledger.install(IDENTITY)))
    await ledgers[0]?.install(IDENTITY)
    for (const ledger of ledgers) assert.equal(await ledger.state(), 'current')
  })

  test('refuses another salt and another migration, and does not write when only asked', async t => {
    const bed = await engine.open(t)
    const ledger = bed.ledger()
    await ledger.checkIdentity(IDENTITY)
    assert.equal(await ledger.state(), 'absent')
    await ledger.install(IDENTITY)
    await ledger.checkIdentity(IDENTITY)
    const otherSalt = { ...IDENTITY, saltFingerprint: 'fedcba9876543210' }
    const otherMigration = { ...IDENTITY, migration: 'hospitals' }
    for (const call of [ledger.install.bind(ledger), ledger.checkIdentity.bind(ledger)]) {
      await assert.rejects(call(otherSalt), hasCode('SALT_CHANGED'))
      await assert.rejects(call(otherMigration), hasCode('LEDGER_INVALID'))
    }
    await ledger.install(IDENTITY)
  })
}

function numberTests(engine: LedgerEngine): void {
  test('numbers tenants and entities from 1 in the order given, and never changes or reuses a number', async t => {
    const bed = await engine.open(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    const [a, b, c] = [tenant('A'), tenant('B'), tenant('C')]
    assert.deepEqual(
      (await ledger.numberTenants([b, a])).map(one => [one.code, one.number]),
      [
        ['B', 1],
        ['A', 2],
      ],
    )
    assert.deepEqual(
      (await ledger.numberTenants([c, a])).map(one => [one.code, one.number]),
      [
        ['C', 3],
        ['A', 2],
      ],
    )
    assert.deepEqual(await ledger.tenants(), [
      { ...b, number: 1 },
      { ...a, number: 2 },
      { ...c, number: 3 },
    ])
    await ledger.numberEntities([ENTITY, { ...ENTITY, name: 'teacher' }])
    const numbered = await ledger.numberEntities([
      { ...ENTITY, name: 'class' },
      { ...ENTITY, name: 'teacher' },
    ])
    assert.deepEqual(
      numbered.map(one => [one.name, one.number]),
      [
        ['class', 3],
        ['teacher', 2],
      ],
    )
    assert.deepEqual(
      (await ledger.entities()).map(one => one.name),
      ['student', 'teacher', 'class'],
    )
  })

  test('gives different numbers to ledgers that number at once', async t => {
    const bed = await engine.open(t)
    const ledgers = [bed.ledger(), bed.ledger(), bed.ledger()]
    await ledgers[0]?.install(IDENTITY)
    await Promise.all(ledgers.map((ledger, i) => ledger.numberTenants([tenant(`T${i}`), tenant(`U${i}`)])))
    assert.deepEqual(
      (await ledgers[0]?.tenants())?.map(one => one.number),
      [1, 2, 3, 4, 5, 6],
    )
  })

  test('refuses a known tenant code with another id, and an id that another code has', async t => {
    const bed = await engine.open(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    const a = tenant('A')
    await ledger.numberTenants([a])
    await assert.rejects(ledger.numberTenants([tenant('B'), { ...a, id: randomUUID() }]), hasCode('TENANT_INVALID'))
    await assert.rejects(ledger.numberTenants([{ ...a, code: 'B' }]), hasCode('TENANT_INVALID'))
    await assert.rejects(ledger.numberTenants([tenant('C', a.id.toUpperCase())]), hasCode('TENANT_INVALID'))
    assert.deepEqual(
      (await ledger.tenants()).map(one => one.code),
      ['A'],
    )
    const renamed = { ...a, id: a.id.toUpperCase(), name: 'New name', zone: null }
    assert.deepEqual(
      (await ledger.numberTenants([renamed])).map(one => one.number),
      [1],
    )
    assert.deepEqual(
      (await ledger.tenants()).map(one => [one.name, one.zone]),
      [['New name', null]],
    )
  })

  test('adopts the numbers of another ledger and refuses them where they are taken', async t => {
    const bed = await engine.open(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    const a = { ...tenant('A'), number: 65_535 }
    const entity = { ...ENTITY, number: 1023 }
    await ledger.adopt([a], [entity])
    await ledger.adopt([a], [entity])
    assert.deepEqual(await ledger.tenants(), [a])
    assert.deepEqual(await ledger.entities(), [entity])
    await assert.rejects(ledger.adopt([{ ...tenant('B'), number: 65_535 }], []), hasCode('LEDGER_INVALID'))
    await assert.rejects(ledger.adopt([{ ...a, number: 7 }], []), hasCode('LEDGER_INVALID'))
    await assert.rejects(ledger.adopt([], [{ ...ENTITY, name: 'other', number: 1023 }]), hasCode('LEDGER_INVALID'))
    await assert.rejects(ledger.numberTenants([tenant('B')]), hasCode('TENANT_INVALID'))
    await assert.rejects(ledger.numberEntities([{ ...ENTITY, name: 'other' }]), hasCode('LEDGER_INVALID'))
  })
}

function runTests(engine: LedgerEngine): void {
  test('remembers runs, newest first, with what was asked for and how they ended', async t => {
    const bed = await engine.open(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    await ledger.beginRun(run('one'))
    await ledger.beginRun(run('two', '2026-01-03T00:00:00.000Z'))
    assert.equal(await ledger.summary('one'), null)
    const summary = { totals: { read: 3 }, text: 'ß"\\', list: [null, true, 1.5] }
    await ledger.finishRun('one', 'findings', summary)
    const [two, one] = await ledger.runs()
    assert.deepEqual(two, { ...run('two', '2026-01-03T00:00:00.000Z'), status: 'running', finishedAt: null })
    assert.match(one?.finishedAt ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.deepEqual({ ...one, finishedAt: null }, { ...run('one'), status: 'findings', finishedAt: null })
    assert.deepEqual(await ledger.summary('one'), summary)
    await assert.rejects(ledger.finishRun('three', 'clean', null), hasCode('LEDGER_INVALID'))
  })

  test('a resumed run is running again, keeps its start, and is refused with another mapping', async t => {
    const bed = await engine.open(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    await ledger.beginRun(run('one'))
    await ledger.finishRun('one', 'interrupted', null)
    await ledger.beginRun({ ...run('one', '2026-02-02T00:00:00.000Z'), operator: 'Grace', pid: 7 })
    const [resumed] = await ledger.runs()
    assert.deepEqual(resumed, { ...run('one'), operator: 'Grace', pid: 7, status: 'running', finishedAt: null })
    await assert.rejects(ledger.beginRun({ ...run('one'), mappingHash: 'other' }), hasCode('MAPPING_CHANGED'))
  })

  test('plans a task once per entity and tenant, and tells the tasks of one run only', async t => {
    const bed = await engine.open(t)
    const { ledger, task } = await start(bed)
    const spec = (entity: number, tenantNumber: number) => ({ entity, tenant: tenantNumber, phase: 'core', service: 'app' })
    const planned = await ledger.planTasks('run-1', [spec(1, 1), spec(1, 0), spec(1, 65_535)])
    assert.deepEqual(
      planned.map(one => [one.entity, one.tenant, one.state, one.fence]),
      [
        [1, 1, 'running', 1],
        [1, 0, 'pending', 0],
        [1, 65_535, 'pending', 0],
      ],
    )
    assert.equal(planned[0]?.id, task.id)
    await ledger.beginRun(run('run-2'))
    assert.deepEqual(await ledger.tasks('run-2'), [])
  })
}
