import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { lookup, migrate } from '../../src/index.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'

/** Enough for the id map's own key to be set aside (run/defer-tables.ts). */
const ROWS = 220_000

const KEYS = `select conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint
  where conrelid in ('rehouse.id_map_integer'::regclass, 'public.items'::regclass) and contype in ('p', 'u') order by 1`

async function ground(t: Parameters<typeof newDatabase>[0]): Promise<{ source: TestDatabase; target: TestDatabase; manifest: string }> {
  const source = await newDatabase(t)
  const target = await newDatabase(t)
  await source.script(`create table items (id bigint primary key, name text);
    insert into items select i * 7, 'item ' || i from generate_series(1, ${ROWS}) i; analyze items`)
  await target.script(
    'create table items (id uuid primary key, tenant_id uuid not null, legacy_id bigint not null, name text, unique (tenant_id, legacy_id))',
  )
  const manifest = join(mkdtempSync(join(tmpdir(), 'rehouse-bulk-')), 'rehouse.yaml')
  writeFileSync(
    manifest,
    `migration: bulk
sources: { legacy: "${await source.readerUrl()}" }
tenants: [{ code: only }]
services: { items: { url: "${await target.writerUrl({ ownsTables: true })}", tenant_column: tenant_id } }
entities:
  item:
    service: items
    from: public.items
    key: id
    into:
      public.items:
        columns: { legacy_id: id, name: name }
`,
  )
  return { source, target, manifest }
}

const options = (manifest: string): Parameters<typeof migrate>[0] => ({ manifest, env: {}, batchRows: 40_000 })

test('a first bulk load that dies between two batches is resumed: every row once, every key back in place, look-ups answer', async t => {
  const { target, manifest } = await ground(t)
  let batches = 0
  const at = (seam: string): void => {
    if (seam === 'after_batch_commit' && ++batches === 3) throw new Error('died here')
  }
  await assert.rejects(migrate({ ...options(manifest), hooks: { at } }), /died here/)
  const resumed = await migrate({ ...options(manifest), resume: true })
  assert.deepEqual(resumed.failures, [])
  assert.equal(resumed.totals.read, ROWS)
  assert.equal(resumed.totals.loaded, ROWS)
  assert.deepEqual(await target.sql('select count(*)::text, count(distinct id)::text, sum(legacy_id)::text from items'), [
    [String(ROWS), String(ROWS), String((7n * BigInt(ROWS) * BigInt(ROWS + 1)) / 2n)],
  ])
  assert.deepEqual(await target.sql(KEYS), [
    ['items PRIMARY KEY (id)'],
    ['items UNIQUE (tenant_id, legacy_id)'],
    ['rehouse.id_map_integer PRIMARY KEY (tenant, entity, key)'],
  ])
  const found = await lookup({ manifest, env: {}, entity: 'item', tenant: 'only', legacy: [['7'], [String(7 * ROWS)], ['8']] })
  assert.equal(found.matches.length, 2)
  const again = await migrate(options(manifest))
  assert.deepEqual([again.status, again.totals.unchanged], ['clean', ROWS])
})

test('two batches under way at once are committed in order, so that positions never leave a gap', async t => {
  const { target, manifest } = await ground(t)
  const told: string[] = []
  const on: NonNullable<Parameters<typeof migrate>[0]['on']> = event => {
    if (event.type === 'batch:committed') told.push(event.batch_id)
  }
  const result = await migrate({ ...options(manifest), on })
  assert.equal(result.status, 'clean')
  const batches = await target.sql(
    `select id::text, after_key is not distinct from lag(up_to_key) over (order by id) from rehouse.batch where kind = 'load' order by id`,
  )
  assert.ok(batches.length >= 6)
  assert.deepEqual(
    told,
    batches.map(([id]) => id),
  )
  assert.deepEqual(
    batches.filter(([, follows]) => follows !== 't'),
    [],
  )
})
