import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { VerifyResult } from '../../../src/index.ts'
import { migrate } from '../../../src/index.ts'
import { newDatabase } from '../../support/postgres.ts'
import { rehouse, rehouseJson, TEST_SALT, workFolder } from '../../support/rehouse-process.ts'
import { openProofStage } from './proof-stage.ts'

test('a verification whose process is killed goes on with --resume after what it had compared, and finds the same', {
  timeout: 120_000,
}, async t => {
  const stage = await openProofStage(t)
  await stage.migrate()
  await stage.target.script("update app.pupils set name = 'Eve' where legacy_id = 3")
  const whole = await stage.verify({ level: 'rigorous' })
  const options = { folder: stage.folder, env: { ...stage.env } }
  const words = ['verify', '--level', 'rigorous', '--show-values', '--json']
  let isKilled = false
  const cut = await rehouse(words, {
    ...options,
    onLine: (line, kill) => {
      // The second entity has begun: the first is in the progress.
      if (isKilled || !line.includes('"task:started"') || !line.includes('"mark"')) return
      isKilled = true
      kill('SIGKILL')
    },
  })
  assert.ok(isKilled)
  assert.equal(cut.stdout, '')
  const resumed = await rehouseJson<VerifyResult>(['verify', '--level', 'rigorous', '--show-values', '--resume'], options)
  assert.equal(resumed.status, 1)
  assert.deepEqual(resumed.json.differences, whole.differences)
  assert.deepEqual(resumed.json.entities, whole.entities)
})

const NIGHTLY = process.env.REHOUSE_NIGHTLY
const LEFT_OUT = 'left out: verification of 10 million rows in flat memory (REHOUSE_NIGHTLY=1 tries it)'

test('10 million rows are verified in flat memory, in the order of keys and against it', {
  skip: NIGHTLY === undefined && LEFT_OUT,
  timeout: 3_600_000,
}, async t => {
  const rows = Number(process.env.REHOUSE_NIGHTLY_ROWS ?? 10_000_000)
  const source = await newDatabase(t)
  const target = await newDatabase(t)
  await source.script(`create table a (id int primary key, v text not null); insert into a select i, 'value ' || i from generate_series(1, ${rows}) i;
    create table b (id text primary key, v int not null); insert into b select md5(i::text), i from generate_series(1, ${rows}) i`)
  await target.script(
    'create table public.a (id uuid primary key, v text not null); create table public.b (id uuid primary key, v int not null)',
  )
  const manifest = `
migration: large
sources: { legacy: env:LEGACY }
services: { app: { url: env:APP } }
phases: [{ all: [a, b] }]
entities:
  a: { service: app, from: public.a, into: { public.a: { columns: { v: v } } } }
  b: { service: app, from: public.b, into: { public.b: { columns: { v: v } } } }
`
  const folder = workFolder(t, { 'rehouse.yaml': manifest })
  const env = { LEGACY: source.url, APP: target.url, REHOUSE_SALT: TEST_SALT, HOME: folder }
  await migrate({ manifest: join(folder, 'rehouse.yaml'), env })
  const ended = await rehouseJson<VerifyResult>(['verify', '--level', 'rigorous'], { folder, env })
  assert.equal(ended.json.outcome, 'equal')
  assert.equal(ended.json.compared, 2 * rows)
  assert.ok(ended.peakKib < 600 * 1024, `${Math.round(ended.peakKib / 1024)} MiB`)
  assert.deepEqual(
    readdirSync(process.env.TMPDIR ?? '/tmp').filter(name => name.startsWith('rehouse-verify-')),
    [],
  )
})
