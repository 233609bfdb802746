import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import type { LookupResult, MigrateResult, QuarantineResult, VerifyResult } from '../../src/index.ts'
import { Session } from '../../src/postgres/session.ts'
import { newDatabase, type Rows, type TestDatabase } from '../support/postgres.ts'
import { rehouse, rehouseJson, sharedFile, workFolder } from '../support/rehouse-process.ts'
import { CHINOOK, compareColumns, crossTenantReferences } from './chinook-oracle.ts'

const DUMP = sharedFile('data/chinook-postgres.sql')
const LEFT_OUT = 'the real database chinook-postgres.sql is not beside the project (set REHOUSE_SHARED to the folder that holds data/)'

interface Shop {
  readonly code: string
  readonly id: string
  readonly zone: string
  readonly step: number
}
const SHOPS: readonly Shop[] = [
  { code: 'berlin', id: '10000000-0000-4000-8000-000000000001', zone: 'Europe/Berlin', step: 1 },
  { code: 'havana', id: '10000000-0000-4000-8000-000000000002', zone: 'America/Havana', step: 2 },
  { code: 'kathmandu', id: '10000000-0000-4000-8000-000000000003', zone: 'Asia/Kathmandu', step: 3 },
]

const fixture = (name: string): string => readFileSync(new URL(`./chinook/${name}`, import.meta.url), 'utf8')

test('three real databases with the same integer keys arrive in one, every value as it was', {
  skip: DUMP === null && LEFT_OUT,
}, async t => {
  const shops = await makeShops(t)
  const { folder, env, legacy, target } = shops

  await t.test('check finds nothing wrong', async () => {
    const { status, json } = await rehouseJson<{ findings: { severity: string }[] }>(['check'], { folder, env })
    assert.deepEqual(
      json.findings.filter(finding => finding.severity === 'error'),
      [],
    )
    assert.equal(status, 0)
  })

  const { status, json: result } = await rehouseJson<MigrateResult>(['migrate'], { folder, env })
  assert.deepEqual(result.failures, [])
  assert.equal(status, 0)
  assert.equal(result.status, 'clean')

  await target.script('analyze')

  await t.test('no row is in quarantine', async () => {
    const { json } = await rehouseJson<QuarantineResult>(['quarantine', 'list'], { folder, env })
    assert.deepEqual(json, { total: 0, rows: [] })
  })
  for (const shop of SHOPS) {
    await t.test(`every value of ${shop.code} equals what SQL of its own computes`, async () => {
      for (const relation of CHINOOK) {
        const verdict = await compareColumns(relation, { source: legacy(shop), target, tenant: shop })
        assert.deepEqual(verdict.actual, verdict.expected, `${shop.code} ${relation.entity}`)
        assert.ok(Number(verdict.rows) > 0)
        const line = result.entities.find(e => e.entity === relation.entity && e.tenant === shop.code)
        assert.equal(String(line?.loaded), verdict.rows)
      }
    })
  }
  await t.test('no reference leads into another tenant', async () => {
    for (const relation of CHINOOK) assert.equal(await crossTenantReferences(relation, target), 0, relation.entity)
  })
  await t.test('an application sees its own tenant through row security and nothing else', () => assertRowSecurity(target))
  await t.test('a rerun touches no row and says so', async () => {
    const before = await fingerprint(target)
    const again = await rehouseJson<MigrateResult>(['migrate'], { folder, env })
    assert.equal(again.status, 0)
    assert.equal(again.json.totals.unchanged, result.totals.loaded)
    assert.equal(again.json.totals.loaded, 0)
    assert.deepEqual(await fingerprint(target), before)
  })
  await t.test('lookup finds a row by its legacy key and back, in its own tenant', () => assertLookup(shops))
  await t.test('lookup finds a row by a composite key and back', () => assertCompositeLookup(shops))
  await t.test('verify says of the whole what the oracle says: equal, and then which fields somebody changed', () => assertVerified(shops))
})

/** One field each of some tables of a shop, of a text, a number, a time, a document and a reference. */
const CHANGED: Readonly<Record<string, readonly [column: string, value: string]>> = {
  artist: ['name', "name || ' '"],
  invoice: ['invoiced_at', "invoiced_at + interval '1 hour'"],
  invoice_line: ['unit_price', 'unit_price + 0.01'],
  employee: ['place', `place || '{"city": "Elsewhere"}'`],
  customer: ['email', 'upper(email)'],
}

async function assertVerified({ folder, env, legacy, target }: Shops): Promise<void> {
  const verified = async (level: string) => (await rehouseJson<VerifyResult>(['verify', '--level', level], { folder, env })).json
  for (const level of ['standard', 'rigorous']) {
    const { outcome, parity, differences } = await verified(level)
    assert.deepEqual([outcome, parity, differences], ['equal', 'complete', []], level)
  }
  const [shop] = SHOPS.slice(1)
  assert.ok(shop)
  const relations = CHINOOK.filter(({ entity }) => entity in CHANGED)
  for (const { entity, table } of relations) {
    const [column, value] = CHANGED[entity] ?? []
    await target.script(
      `update ${table} set ${column} = ${value} where tenant_id = '${shop.id}' and legacy_id = (select max(legacy_id) from ${table} where tenant_id = '${shop.id}')`,
    )
  }
  const wrong: string[] = []
  for (const relation of relations) {
    const { actual, expected } = await compareColumns(relation, { source: legacy(shop), target, tenant: shop })
    const names = ['count', ...Object.keys(relation.columns), ...Object.keys(relation.references)]
    const keys = names.filter((_, i) => actual[0]?.[i] !== expected[0]?.[i])
    wrong.push(...keys.map(name => `${relation.entity} ${relation.table}.${name}`))
  }
  const { differences } = await verified('rigorous')
  const told = differences.filter(({ kind }) => kind === 'different').map(({ entity, table, column }) => `${entity} ${table}.${column}`)
  assert.deepEqual(told.toSorted(), wrong.toSorted())
  assert.equal(wrong.length, relations.length)
  assert.deepEqual([...new Set(differences.map(({ tenant }) => tenant))], [shop.code])
}

interface Shops {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly target: TestDatabase
  legacy(shop: Shop): string
}

async function makeShops(t: TestContext): Promise<Shops> {
  const dump = loadable(readFileSync(DUMP ?? '', 'utf8'))
  const databases = new Map<string, TestDatabase>()
  for (const shop of SHOPS) {
    const database = await newDatabase(t)
    await database.script(dump)
    await database.script(fixture('shop-variants.sql').replaceAll('$tag$', shop.code).replaceAll('$step$', String(shop.step)))
    await database.script('analyze')
    databases.set(shop.code, database)
  }
  const target = await newDatabase(t)
  await target.script(fixture('target.sql'))
  const lines = SHOPS.map(({ code, id, zone }) => `${code},${id},Shop of ${code},${zone},${databases.get(code)?.name}`)
  const folder = workFolder(t, {
    'rehouse.yaml': fixture('rehouse.yaml'),
    'tenants.csv': ['code,id,name,zone,database', ...lines, ''].join('\n'),
  })
  return {
    folder,
    env: {
      LEGACY: await readerOfAll([...databases.values()]),
      SHOP: await target.writerUrl({ bypassRowSecurity: true, ownsTables: true }),
    },
    legacy: shop => databases.get(shop.code)?.url ?? '',
    target,
  }
}

/** One role that may read the shops, as the one address with `{tenant.database}` asks for. It goes with the last of them. */
async function readerOfAll(databases: readonly TestDatabase[]): Promise<string> {
  const { username, password, host } = new URL((await databases.at(-1)?.readerUrl()) ?? '')
  const grants = `grant usage on schema public to "${username}"; grant select on all tables in schema public to "${username}"`
  for (const database of databases) await database.script(grants)
  return `postgres://${username}:${password}@${host}/{tenant.database}`
}

/** The script without what makes and enters a database. */
function loadable(text: string): string {
  return text.replace(/^(?:DROP|CREATE) DATABASE .*$/gm, '').replace(/^\\c .*$/gm, '')
}

/** Every row with the place it lies at and the transactions that touched it. */
function fingerprint(target: TestDatabase): Promise<Rows> {
  const each = CHINOOK.map(
    ({ table }) => `select '${table}', md5(string_agg(ctid::text || xmin || xmax || r::text, ';' order by ctid)) from ${table} r`,
  )
  return target.sql(`${each.join(' union all ')} order by 1`)
}

async function assertRowSecurity(target: TestDatabase): Promise<void> {
  const url = await target.readerUrl()
  for (const { code, id } of SHOPS) {
    const settings = { row_security: 'on', 'app.tenant': id }
    const session = await Session.open({ url, applicationName: 'rehouse test', side: 'target', settings })
    try {
      for (const { table } of CHINOOK) {
        const all = await target.sql(`select count(*) from ${table} where tenant_id = $1`, id)
        assert.deepEqual((await session.query(`select count(*) from ${table}`)).rows, all, `${code} ${table}`)
      }
    } finally {
      await session.close()
    }
  }
}

async function assertLookup({ folder, env, target }: Shops): Promise<void> {
  const ids = new Set<string>()
  for (const { code, id: tenant } of SHOPS) {
    const there = await rehouseJson<LookupResult>(['lookup', 'track', '--tenant', code, '--legacy', '1', '--legacy', '3503'], {
      folder,
      env,
    })
    assert.equal(there.status, 0)
    assert.deepEqual(
      there.json.matches.map(match => match.key),
      [['1'], ['3503']],
    )
    const id = there.json.matches[0]?.id ?? ''
    ids.add(id)
    assert.deepEqual(await target.sql('select legacy_id, tenant_id from shop.tracks where id = $1', id), [['1', tenant]])
  }
  assert.equal(ids.size, SHOPS.length, 'expected the same legacy key to have another identifier in each tenant')
  const [id = ''] = ids
  const back = await rehouseJson<LookupResult>(['lookup', 'track', '--tenant', 'berlin', '--id', id], { folder, env })
  assert.deepEqual(
    back.json.matches.map(match => [match.key, match.table]),
    [[['1'], 'shop.tracks']],
  )
  assert.equal((await rehouse(['lookup', 'track', '--tenant', 'havana', '--id', id], { folder, env })).status, 1)
}

async function assertCompositeLookup({ folder, env, target }: Shops): Promise<void> {
  const [shop] = SHOPS
  const [row] = await target.sql(
    'select id, legacy_playlist, legacy_track from shop.playlist_tracks where tenant_id = $1 limit 1',
    shop?.id ?? '',
  )
  const [id, playlist, track] = row ?? []
  const words = ['lookup', 'playlist_track', '--tenant', shop?.code ?? '']
  const there = await rehouseJson<LookupResult>([...words, '--legacy', `${playlist},${track}`], { folder, env })
  assert.deepEqual(
    there.json.matches.map(match => match.id),
    [id],
  )
  const back = await rehouseJson<LookupResult>([...words, '--id', id ?? ''], { folder, env })
  assert.deepEqual(
    back.json.matches.map(match => match.key),
    [[playlist, track]],
  )
}
