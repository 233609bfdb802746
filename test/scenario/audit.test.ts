import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { exportAudit, lookup, migrate, quarantine, report, retryQuarantine, verifyAudit } from '../../src/index.ts'
import { openProofStage, type ProofStage } from './verify/proof-stage.ts'

const WHO = 'Ada'

test('the audit of a migration: what is in it, and every way of tampering that reaches beyond the chain itself', {
  timeout: 120_000,
}, async t => {
  const stage = await openProofStage(t)
  const options = { manifest: join(stage.folder, 'rehouse.yaml'), env: stage.env }

  await t.test('without a ledger it could not be verified', async () => {
    const { outcome, reasons } = await verifyAudit(options)
    assert.deepEqual([outcome, reasons], ['could_not_verify', [{ service: 'app', message: 'there is no ledger' }]])
  })

  await stage.migrate()
  const verified = await stage.verify({ operator: WHO })
  await t.test('verify prints the head of the chain after its own entry', async () =>
    assert.equal(verified.audit_head, (await verifyAudit(options)).audit_head),
  )

  await t.test('the heads that were printed are kept in a file beside the manifest', () => {
    const kept = readFileSync(join(stage.folder, '.rehouse', 'logs', 'audit-heads.jsonl'), 'utf8')
      .trim()
      .split('\n')
    const lines = kept.map(line => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(
      lines.map(({ action }) => action),
      ['migrate', 'verify'],
    )
    assert.equal(lines[1]?.audit_head, verified.audit_head)
  })

  await t.test('look-ups and looks into quarantine are remembered with who and what was asked, never with values', () =>
    looks(stage, options),
  )
  await t.test('listing is not remembered', async () => {
    const before = (await exportAudit(options)).entries
    await quarantine(options)
    assert.equal((await exportAudit(options)).entries, before)
  })
  await t.test('where the login may not write, the entry goes to a file and a finding says so', () => readOnly(stage, options))

  await t.test('every operation that changes or tells something is an entry with who did it: a top-up, a retry, a repair, a report', () =>
    operations(stage, options),
  )

  const whole = await verifyAudit(options)
  assert.deepEqual([whole.outcome, whole.findings], ['intact', []])
  await t.test('another salt could not verify', async () => {
    const other = await verifyAudit({ ...options, env: { ...stage.env, REHOUSE_SALT: 'another salt, 32 bytes long enough' } })
    assert.equal(other.outcome, 'could_not_verify')
    assert.match(other.reasons[0]?.message ?? '', /salt/)
  })
  await stage.keep()
  for (const [damage, named] of DAMAGES)
    await t.test(`named: ${named.source}`, async () => {
      await stage.target.script(damage)
      const { outcome, findings } = await verifyAudit({ ...options, heads: [whole.audit_head] })
      assert.equal(outcome, 'broken')
      assert.match(findings.map(({ kind, from, run, message }) => `${kind} ${from} ${run ?? ''} ${message}`).join('\n'), named)
      await stage.restore()
    })
  await t.test('a clean chain has no finding, against its head and against its hash alone', async () => {
    const hash = whole.audit_head.split(':')[2] ?? ''
    assert.equal((await verifyAudit({ ...options, heads: [whole.audit_head, hash] })).outcome, 'intact')
  })
  await t.test('a head that is none is refused', async () => {
    await assert.rejects(verifyAudit({ ...options, heads: ['nonsense'] }), { code: 'USAGE' })
    await assert.rejects(verifyAudit({ ...options, heads: [`other:1:${'0'.repeat(64)}`] }), { code: 'USAGE' })
  })
})

const SET_HEAD =
  'update rehouse.audit_head set id = l.id, hash = l.hash from (select id, hash from rehouse.audit order by id desc limit 1) l'
const CHANGED = /^ledger \d+ .* batches 1 to \d+, with their counts, outcomes and before-images, are not as they were when run \S+ ended/
const DAMAGES: readonly (readonly [string, RegExp])[] = [
  [
    `update rehouse.audit set who = 'Eve' where action = 'lookup' and id = (select min(id) from rehouse.audit where action = 'lookup')`,
    /^altered \d+ /,
  ],
  [`delete from rehouse.audit where action = 'verify'`, /^removed \d+ /],
  [
    `delete from rehouse.audit where id = (select max(id) from rehouse.audit); ${SET_HEAD}`,
    /^tail_missing \d+ .*missing at the end: the head given/,
  ],
  [`delete from rehouse.audit; update rehouse.audit_head set id = 0, hash = ''`, /run .*its beginning is not in the chain/],
  [`update rehouse.run set status = 'clean'`, /run .* is clean in the ledger, findings in the chain/],
  [
    `insert into rehouse.run select 'forged', status, migration, mapping_hash, program_version, operator, host, pid, started_at, finished_at, selection, summary from rehouse.run limit 1`,
    /run .*forged run forged is in the ledger/,
  ],
  ['update rehouse.batch_count set loaded = loaded - 1, excluded = excluded + 1 where loaded = 6', CHANGED],
  [`update rehouse.batch set written = written || '{"app.pupils": 5}' where written ? 'app.pupils'`, CHANGED],
  ['update rehouse.batch set digest = sha256(digest) where id = (select min(id) from rehouse.batch)', CHANGED],
  [`update rehouse.outcome_count set count = count + 1 where code = 'bad_name'`, CHANGED],
  [`insert into rehouse.outcome_count select min(id), 'value', 'app.pupils.note', 'forged', 1 from rehouse.batch`, CHANGED],
  [`delete from rehouse.outcome_count where code = 'bad_name'`, CHANGED],
  [
    `insert into rehouse.batch select id + 1000, kind, task, fence, run, entity, tenant, pass, after_key, up_to_key, snapshot, mapped, unmapped, digest, bytes, written, seconds,
      mapping_hash, program_version, operator from rehouse.batch order by id limit 1`,
    /^ledger \d+ .* 1 batches from \d+ on are of no run whose end is in the chain/,
  ],
]

type Options = Parameters<typeof verifyAudit>[0]

async function looks(stage: ProofStage, options: Options): Promise<void> {
  const [[tenant, key] = []] = await stage.target.sql(
    'select t.code, m.key from rehouse.id_map_integer m join rehouse.tenant t on t.number = m.tenant join rehouse.entity e on e.number = m.entity order by e.name, m.key limit 1',
  )
  const [[entity] = []] = await stage.target.sql('select name from rehouse.entity order by name limit 1')
  await lookup({ ...options, operator: WHO, entity: String(entity), tenant: String(tenant), legacy: [[String(key)]] })
  await quarantine({ ...options, operator: WHO, purpose: 'shown', limit: 5 })
  await quarantine({ ...options, operator: WHO, purpose: 'exported' })
  const { rows } = await exportAudit(options)
  const last = rows.slice(-4).map(({ who, action, detail }) => ({ who, action, detail }))
  assert.deepEqual(
    last.map(({ who, action }) => [who, action]),
    [
      [WHO, 'verify'],
      [WHO, 'lookup'],
      [WHO, 'quarantine:shown'],
      [WHO, 'quarantine:exported'],
    ],
  )
  assert.deepEqual(last[1]?.detail, { entity, tenant, legacy: [[key]], ids: [], asked: 1 })
  assert.deepEqual(last[2]?.detail, { limit: 5 })
  const started = rows.find(({ action }) => action === 'run:started')
  assert.deepEqual(Object.keys(started?.detail ?? {}), ['mappingHash', 'programVersion', 'host', 'pid', 'selection', 'settings'])
}

async function operations(stage: ProofStage, options: Options): Promise<void> {
  const before = (await exportAudit(options)).entries
  await migrate({ ...options, operator: WHO, topUp: true })
  await retryQuarantine({ ...options, operator: WHO })
  await stage.target.script("update app.pupils set name = 'X' where legacy_id = 3")
  const repaired = await stage.verify({ operator: WHO, level: 'rigorous', repair: true })
  assert.equal(repaired.repaired, 2)
  await report({ ...options, operator: WHO, run: 'latest' })
  const { rows } = await exportAudit(options)
  const told = rows.slice(before).filter(({ action }) => action !== 'task:claimed')
  assert.deepEqual([...new Set(told.map(({ who }) => who))], [WHO])
  const asked = ({ detail }: (typeof told)[number]): string => {
    const { selection, level } = detail as { readonly selection?: Readonly<Record<string, unknown>>; readonly level?: string }
    return ['topUp', 'retries', 'repairs'].filter(name => selection?.[name]).join() || (level ?? '')
  }
  assert.deepEqual(
    told.map(entry => `${entry.action} ${asked(entry)}`.trim()),
    [
      'run:started topUp',
      'run:finished',
      'run:started retries',
      'run:finished',
      'verify rigorous',
      'run:started repairs',
      'run:finished',
      'verify rigorous',
      'report:made',
    ],
  )
}

async function readOnly(stage: ProofStage, options: Options): Promise<void> {
  const url = new URL(await stage.target.readerUrl())
  await stage.target.script(
    `grant usage on schema rehouse to ${url.username}; grant select on all tables in schema rehouse to ${url.username}`,
  )
  const before = (await exportAudit(options)).entries
  const codes: string[] = []
  await quarantine({
    ...options,
    env: { ...stage.env, APP: url.href },
    operator: WHO,
    purpose: 'shown',
    on: event => event.type === 'finding:found' && codes.push(event.finding.code),
  })
  assert.deepEqual(codes, ['AUDIT_NOT_KEPT'])
  assert.equal((await exportAudit(options)).entries, before)
  const file = join(stage.folder, '.rehouse', 'audit', 'deeds.jsonl')
  assert.ok(existsSync(file))
  assert.match(readFileSync(file, 'utf8'), /"who":"Ada","action":"quarantine:shown"/)
}
