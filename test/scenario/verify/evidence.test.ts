import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openProofStage } from './proof-stage.ts'

test('forensic leaves a bundle in which every file has its hash and one signed root stands for all; the audit remembers who verified', async t => {
  const stage = await openProofStage(t)
  await stage.migrate()
  const report = join(stage.folder, 'proof')
  const result = await stage.verify({ level: 'forensic', report, operator: 'auditor' })
  assert.equal(result.outcome, 'equal')

  const names = readdirSync(report).toSorted()
  assert.deepEqual(names, [
    'SHA256SUMS',
    'ledger-app.json',
    'manifest.yaml',
    'progress.json',
    'result.json',
    'root.json',
    'validation-app.sql',
    'versions.json',
  ])
  for (const name of names) assert.equal(statSync(join(report, name)).mode & 0o777, 0o600, name)
  for (const line of readFileSync(join(report, 'SHA256SUMS'), 'utf8').trim().split('\n')) {
    const [hash, name = ''] = line.split('  ')
    assert.equal(
      createHash('sha256')
        .update(readFileSync(join(report, name)))
        .digest('hex'),
      hash,
    )
  }
  assert.match(readFileSync(join(report, 'root.json'), 'utf8'), /"root": "[0-9a-f]{64}",\n {2}"signature": "[0-9a-f]{64}"/)
  const entries = await stage.target.sql("select who, action, detail ->> 'outcome' from rehouse.audit order by id desc limit 1")
  assert.deepEqual(entries, [['auditor', 'verify', 'equal']])
})

test('a table that is not there, and one that row security hides, could not be verified', async t => {
  const stage = await openProofStage(t)
  await stage.migrate()
  await stage.target.script('alter table app.marks rename to gone')
  const missing = await stage.verify({ level: 'standard' })
  assert.equal(missing.outcome, 'could_not_verify')
  assert.deepEqual([...new Set(missing.reasons.map(reason => reason.code))], ['table_missing'])
  await stage.target.script('alter table app.gone rename to marks; alter table app.pupils enable row level security')
  const url = await stage.target.writerUrl()
  const hidden = await stage.verify({ level: 'rigorous', env: { ...stage.env, APP: url } })
  assert.equal(hidden.outcome, 'could_not_verify')
  assert.deepEqual([...new Set(hidden.reasons.map(reason => reason.code))], ['read_refused'])
})
