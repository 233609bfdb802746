import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Hooks, migrate, type Seam } from '../../src/index.ts'
import type { MigrateResult } from '../../src/model/results.ts'
import { sql } from '../support/postgres.ts'
import type { Fault, Outcome } from './expected-outcomes.ts'
import { accountOf, differences, type Picture, takeFingerprint, takePicture } from './picture.ts'
import { openProxy } from './proxy.ts'
import { type LegacySide, SERVICES, type Targets } from './scene.ts'

export interface Setting {
  readonly legacy: LegacySide
  readonly batchRows: number
  readonly lanes: number
  /** What an uninterrupted run leaves and says. */
  readonly expected: { readonly picture: Picture; readonly account: unknown }
  /** Kills and restarts the server the targets are on. */
  crashServer(): Promise<void>
}

export interface FaultCase {
  readonly seam: Seam
  /** From 1. */
  readonly occurrence: number
  readonly fault: Fault
  /** The source is stirred before the resume: what was read must be read again. */
  readonly isStirred: boolean
  /** Ends with a rerun. What it must not change was held against the uninterrupted run before, so not every case needs one. */
  readonly isRunAgain: boolean
}

export interface CaseEnd {
  readonly outcome: Outcome
  /** Rows of some task were read again under another snapshot. */
  readonly isMixed: boolean
}

/** Runs into the fault, gets to the end, and holds everything against the uninterrupted run. */
export async function runCase(faultCase: FaultCase, targets: Targets, setting: Setting): Promise<CaseEnd> {
  const env = { ...setting.legacy.env, ...targets.env }
  const broken = await runInto(faultCase, { targets, env, setting })
  const wentOn = isWhole(broken)
  if (!wentOn && faultCase.isStirred) await setting.legacy.stir()
  const result = wentOn ? broken : await migrate({ ...optionsOf(env, setting), resume: true })
  assert.deepEqual(accountOf(result), setting.expected.account, 'what the run says')
  assert.deepEqual(differences(setting.expected.picture, await takePicture(targets)), [], 'what is there')
  if (faultCase.isRunAgain) await assertNoOp(env, { targets, setting, status: result.status })
  return { outcome: wentOn ? 'went on' : 'resumed', isMixed: result.findings.some(finding => finding.code === 'CONSISTENCY_MIXED') }
}

function isWhole(result: MigrateResult | null): result is MigrateResult {
  return result !== null && (result.status === 'clean' || result.status === 'findings')
}

/** Guarantee 3: a rerun touches no row of the target and says the same. */
async function assertNoOp(
  env: Readonly<Record<string, string>>,
  of: { targets: Targets; setting: Setting; status: string },
): Promise<void> {
  const before = await takeFingerprint(of.targets)
  const again = await migrate(optionsOf(env, of.setting))
  assert.equal(again.status, of.status, 'status of the rerun')
  assert.equal(again.totals.loaded, 0, 'rows loaded by the rerun')
  assert.deepEqual(await takeFingerprint(of.targets), before, 'rows touched by the rerun')
  assert.deepEqual(differences(of.setting.expected.picture, await takePicture(of.targets)), [], 'what is there after the rerun')
}

function optionsOf(env: Readonly<Record<string, string>>, { legacy, batchRows, lanes }: Setting): Parameters<typeof migrate>[0] {
  return { manifest: legacy.manifest, env, batchRows, lanes }
}

interface Doing {
  readonly targets: Targets
  readonly env: Readonly<Record<string, string>>
  readonly setting: Setting
}

/** Null: the process or the call did not come to its end. */
async function runInto(faultCase: FaultCase, doing: Doing): Promise<MigrateResult | null> {
  if (faultCase.fault === 'kill') return runChild(faultCase, doing)
  if (faultCase.fault !== 'cut') return runHere(faultCase, doing, () => strike(faultCase.fault, doing))
  const { url } = doing.targets
  const address = new URL(url('people'))
  const proxy = await openProxy(address.hostname, Number(address.port))
  try {
    const env = Object.fromEntries(
      Object.entries(doing.env).map(([name, value]) => [name, name.startsWith('SERVICE_') ? withPort(value, proxy.port) : value]),
    )
    return await runHere(faultCase, { ...doing, env }, async () => proxy.cut())
  } finally {
    await proxy.close()
  }
}

function withPort(address: string, port: number): string {
  const url = new URL(address)
  url.port = String(port)
  return url.href
}

/** Until our side has noticed that a connection ended. */
const NOTICED_MS = 50

class Struck extends Error {}

async function runHere(faultCase: FaultCase, { env, setting }: Doing, fault: () => Promise<void>): Promise<MigrateResult | null> {
  let seen = 0
  const hooks: Hooks = {
    at: async seam => {
      if (seam !== faultCase.seam || ++seen !== faultCase.occurrence) return
      await fault()
      await sleep(NOTICED_MS)
    },
  }
  try {
    return await migrate({ ...optionsOf(env, setting), hooks })
  } catch {
    return null
  } finally {
    assert.ok(seen >= faultCase.occurrence, `expected ${faultCase.occurrence} times ${faultCase.seam}, got ${seen}`)
  }
}

async function strike(fault: Fault, { targets, setting }: Doing): Promise<void> {
  if (fault === 'throw') throw new Struck('a bug of ours, for the test')
  if (fault === 'server') return setting.crashServer()
  for (const service of SERVICES) await endBackends(targets.url(service))
}

/** Every backend of ours but the one that holds the database. */
async function endBackends(url: string): Promise<void> {
  await sql(
    url,
    `select pg_terminate_backend(a.pid, 2000) from pg_stat_activity a where a.datname = current_database() and a.application_name = 'rehouse'
      and not exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory' and l.granted)`,
  )
}

const CHILD = fileURLToPath(new URL('migrate-child.ts', import.meta.url))

async function runChild({ seam, occurrence }: FaultCase, { env, setting }: Doing): Promise<null> {
  const { legacy, batchRows, lanes } = setting
  const task = JSON.stringify({ manifest: legacy.manifest, env, batchRows, lanes, seam, occurrence, signal: 'SIGKILL' })
  // Our modules are compiled once, not by every child.
  const own = { ...process.env, NODE_COMPILE_CACHE: join(dirname(legacy.manifest), 'compiled') }
  const child = spawn(process.execPath, [CHILD, task], { stdio: ['ignore', 'ignore', 'pipe'], env: own })
  let said = ''
  child.stderr.on('data', chunk => {
    said += String(chunk)
  })
  const signal = await new Promise(resolve => child.once('close', (_, name) => resolve(name)))
  assert.equal(signal, 'SIGKILL', `expected the child to end itself at ${seam} ${occurrence}: ${said}`)
  return null
}
