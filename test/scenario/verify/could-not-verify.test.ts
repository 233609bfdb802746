import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { VerifyResult } from '../../../src/index.ts'
import { type ErrorAnswer, rehouseHere, rehouseHereJson } from '../../support/rehouse-process.ts'
import { openProofStage, type ProofStage } from './proof-stage.ts'
import { MANIFEST } from './school-manifest.ts'

interface Asked {
  readonly level?: 'basic' | 'standard' | 'rigorous'
  readonly env?: Readonly<Record<string, string>>
}

/** `rehouse verify` as a person calls it. */
async function verifyBy(stage: ProofStage, { level = 'standard', env = {} }: Asked = {}): Promise<{ status: number; json: VerifyResult }> {
  const { status, json } = await rehouseHereJson<VerifyResult>(['verify', '--level', level], {
    folder: stage.folder,
    env: { ...stage.env, ...env },
  })
  return { status, json }
}

/** Exit status 3, with these codes and no other. */
function assertNotVerified({ status, json }: { readonly status: number; readonly json: VerifyResult }, codes: readonly string[]): void {
  assert.deepEqual([...new Set(json.reasons.map(({ code }) => code))], codes)
  assert.deepEqual([json.outcome, json.parity, status], ['could_not_verify', 'none', 3])
}

const LEVELS = ['basic', 'standard', 'rigorous'] as const
const NOWHERE = 'postgres://nobody:x@127.0.0.1:1/none'

test('an empty read under row security could not be verified: exit status 3, on either side', async t => {
  const stage = await openProofStage(t)
  await stage.migrate()
  await stage.target.script('alter table app.pupils enable row level security')
  const APP = await stage.target.writerUrl()
  for (const level of LEVELS) assertNotVerified(await verifyBy(stage, { level, env: { APP } }), ['read_refused'])
  await stage.target.script('alter table app.pupils disable row level security')
  await stage.sources.north.script('alter table pupil enable row level security')
  const LEGACY_north = await stage.sources.north.readerUrl()
  for (const level of ['standard', 'rigorous'] as const)
    assertNotVerified(await verifyBy(stage, { level, env: { LEGACY_north } }), ['read_refused'])
})

test('rows of a batch of another manifest could not be verified: exit status 3, at every level', async t => {
  const stage = await openProofStage(t)
  await stage.migrate()
  writeFileSync(join(stage.folder, 'rehouse.yaml'), MANIFEST.replace('note: note', 'note: nick'))
  for (const level of LEVELS) {
    const { status, json } = await verifyBy(stage, { level })
    // What another manifest makes of a row may look like a row the source changed: that is said besides.
    assert.ok(json.reasons.some(({ code }) => code === 'other_manifest'))
    assert.deepEqual([json.outcome, status], ['could_not_verify', 3])
  }
})

test('a source that moved on could not be verified: exit status 3, at the levels that look at it', async t => {
  const stage = await openProofStage(t)
  await stage.migrate()
  await stage.sources.north.script("insert into pupil (id, name) values (9, 'New')")
  for (const level of ['standard', 'rigorous'] as const) assertNotVerified(await verifyBy(stage, { level }), ['source_moved_on'])
  assert.equal((await verifyBy(stage, { level: 'basic' })).status, 0)
})

test('a table that is missing could not be verified: exit status 3, and the rest is verified', async t => {
  const stage = await openProofStage(t)
  await stage.migrate()
  await stage.target.script('drop table app.marks')
  for (const level of LEVELS) {
    const { status, json } = await verifyBy(stage, { level })
    assertNotVerified({ status, json }, ['table_missing'])
    assert.deepEqual(
      json.entities.map(({ entity, different, missing, extra }) => [entity, different + missing + extra]),
      [
        ['pupil', 0],
        ['pupil', 0],
      ],
    )
    if (level !== 'basic') assert.ok(json.equal > 0, level)
  }
})

test('a tenant whose source cannot be reached, or refuses the login, could not be verified: exit status 3, and the others are verified', async t => {
  const stage = await openProofStage(t)
  await stage.migrate()
  for (const [LEGACY_north, code] of [
    [NOWHERE, 'source_unreachable'],
    [stage.sources.north.url.replace(/\/\/[^@]*@/, '//nobody:x@'), 'read_refused'],
  ] as const) {
    for (const level of LEVELS) {
      const { status, json } = await verifyBy(stage, { level, env: { LEGACY_north } })
      assertNotVerified({ status, json }, [code])
      assert.deepEqual([...new Set(json.reasons.map(({ tenant }) => tenant))], ['north'])
      assert.deepEqual([...new Set(json.entities.map(({ tenant }) => tenant))], ['south'])
      if (level !== 'basic') assert.ok(json.equal > 0, level)
    }
  }
  await stage.target.script("update app.pupils set name = 'X' where name = 'South Cem'")
  const { status, json } = await verifyBy(stage, { env: { LEGACY_north: NOWHERE } })
  assertNotVerified({ status, json }, ['source_unreachable'])
  assert.ok(json.differences_total > 0, 'what differs elsewhere is told all the same')
})

test('where no source can be reached there is nothing to verify: exit status 4', async t => {
  const stage = await openProofStage(t)
  await stage.migrate()
  const env = { ...stage.env, LEGACY_north: NOWHERE, LEGACY_south: NOWHERE }
  const { status, json } = await rehouseHereJson<ErrorAnswer>(['verify'], { folder: stage.folder, env })
  assert.deepEqual([json.error.code, status], ['SOURCE_UNREACHABLE', 4])
})

test('what no run has brought to its end could not be verified: exit status 3, and the text says so', async t => {
  const stage = await openProofStage(t)
  assertNotVerified(await verifyBy(stage), ['not_migrated'])
  const { status, stdout } = await rehouseHere(['verify'], { folder: stage.folder, env: stage.env })
  assert.match(stdout, /could not be verified/i)
  assert.equal(status, 3)
  await stage.migrate()
  await stage.target.script("update rehouse.task set state = 'running'")
  assertNotVerified(await verifyBy(stage), ['run_unfinished'])
})
