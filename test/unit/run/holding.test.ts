import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Migration } from '../../../src/run/migration.ts'
import type { SeamPlace } from '../../../src/run/seams.ts'
import { Bed } from '../../support/memory-migration.ts'
import { relation } from '../../support/survey.ts'
import { MANIFEST, schoolBed } from './school.ts'

test('a second run is refused while one holds the database, and names the holder', async () => {
  const bed = schoolBed()
  let second: unknown
  const hooks = {
    at: async (seam: string) => {
      if (seam === 'task_claimed') second ??= await bed.run().catch((error: unknown) => error)
    },
  }
  await bed.run({ hooks })
  assert.equal((second as { code?: string }).code, 'TARGET_HELD')
})

test('a task taken over by another process writes nothing more: FENCE_LOST', async () => {
  const bed = schoolBed()
  const ledger = bed.ledger('app')
  const hooks = {
    at: async (seam: string, { entity, tenant }: SeamPlace) => {
      if (seam !== 'rows_copied' || entity !== 'student' || tenant !== 'ADAMS') return
      const task = (await ledger.tasks('run-1')).find(one => one.entity === 2 && one.tenant === 1)
      await ledger.claimTask(task?.id ?? '', { backend: 999, snapshot: 's', marker: 'm', consistency: 'snapshot', pass: 1, restart: false })
    },
  }
  const { end } = await bed.run({ hooks })
  assert.deepEqual(
    end.failures.map(({ code, where }) => [code, where.tenant, where.entity]),
    [['FENCE_LOST', 'ADAMS', 'student']],
  )
  assert.equal(bed.rows('app', 'core.students').length, 3)
})

/** The migration with a lock that can be lost. */
function losing(migration: Migration): { readonly migration: Migration; lose(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const [service] = migration.services
  assert.ok(service)
  const { ledger } = service
  const hold = ledger.hold.bind(ledger)
  ledger.hold = async (holder, options) => ({ ...(await hold(holder, options)), lost: promise })
  return { migration: { ...migration, services: [service] }, lose: resolve }
}

test('a run that loses its lock stops between batches, says so, and puts back no keys', async () => {
  const bed = schoolBed()
  const { migration, lose } = losing(bed.migration)
  const hooks = {
    at: async (seam: string, { entity }: SeamPlace) => {
      if (seam === 'after_batch_commit' && entity === 'school') {
        lose()
        await sleep(0)
      }
    },
  }
  const failed = await bed.run({ hooks, migration }).then(
    told => told.end.failures[0],
    (error: unknown) => error,
  )
  assert.equal((failed as { code?: string }).code, 'TARGET_UNREACHABLE')
  assert.ok((await bed.ledger('app').debts()).length > 0)
  assert.equal(bed.rows('app', 'core.students').length, 0)
})

test('a batch that is not committed in time is given up and tried again with a new session', async () => {
  const bed = schoolBed({}, MANIFEST.replaceAll('    key: id\n', '    key: id\n    batch: { timeout: 60ms }\n'))
  let waits = 1
  const hooks = {
    at: async (seam: string) => {
      if (seam === 'rows_copied' && waits-- > 0) await sleep(120)
    },
  }
  const { end, counts } = await bed.run({ hooks })
  assert.deepEqual(end.failures, [])
  assert.deepEqual(counts['school/ADAMS'], { read: 2, loaded: 2 })
  assert.deepEqual(
    bed.events.flatMap(event => (event.type === 'task:retried' ? [event.code] : [])),
    ['TARGET_TRANSIENT'],
  )
})

const entity = (name: string, columns: string): string =>
  `  ${name}: { service: app, from: public.${name}, key: id, into: { core.${name}: { columns: { ${columns} } } } }`

/** Tables set aside, for estimates of rows per relation. */
async function setAside(estimates: Readonly<Record<string, number | null>>): Promise<readonly string[]> {
  const bed = new Bed({
    manifest: `
migration: defer
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }, { code: BAKER }]
services: { app: { url: "postgres://writer@app/app" } }
phases: [{ all: [plain, tree, lost] }]
entities:
${[entity('plain', 'v: v'), entity('tree', 'up_id: { ref: tree, from: up }'), entity('lost', 'v: v')].join('\n')}
`,
    sources: {
      legacy: ['plain', 'tree', 'lost'].map(name => ({
        relation: relation(`public.${name}`, ['id int4!', 'v text', 'up int4'], { estimatedRows: estimates[name] ?? 0 }),
        rows: {},
      })),
    },
    targets: {
      app: [
        relation('core.plain', ['id uuid!', 'v text']),
        relation('core.tree', ['id uuid!', 'up_id uuid']),
        relation('core.lost', ['number int8!=', 'v text']),
      ],
    },
  })
  await bed.run()
  return [...new Set(bed.events.flatMap(event => (event.type === 'schema:changed' ? [event.table] : [])))].toSorted()
}

test('keys are set aside where many rows come, or rows that refer to one another; never where rows could not be found again', async () => {
  assert.deepEqual(await setAside({ plain: 5_000, tree: 5, lost: 5 }), ['core.tree'])
  assert.deepEqual(await setAside({ plain: 10_000, tree: 5, lost: 1_000_000 }), ['core.plain', 'core.tree'])
})
