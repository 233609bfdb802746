import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { checkpoint, type Ground, makeEmpty, REHOUSE_TARGET, SOURCE, sqlFile, withSession } from './setup.ts'

export interface Measured {
  /** Of the call of `migrate`: connecting, checking, planning, loading, rebuilding. */
  readonly seconds: number
  /** From the start of the process to its end. */
  readonly processSeconds: number
  readonly cpuSeconds: number
  readonly peakMiB: number
}

/** What is migrated; absent = the legacy database, by rehouse.yaml. */
export interface Migrated {
  readonly manifest: string
  /** Address of the source. */
  readonly source: string
}

/** One migration into a fresh database, by a process of its own. With `profileFolder` Node writes its CPU profiles there. */
export async function runRehouse(ground: Ground, profileFolder: string | null, migrated?: Migrated): Promise<Measured> {
  await makeEmpty(ground, REHOUSE_TARGET)
  await withSession(ground.server.url(REHOUSE_TARGET), async session => {
    await session.script(sqlFile('tables.sql'))
    await session.script(sqlFile('keys.sql'))
  })
  await checkpoint(ground)
  const measured = await migrateInChild(ground, { profileFolder, migrated })
  await assertComplete(ground)
  return measured
}

interface ChildRun {
  readonly profileFolder: string | null
  readonly migrated: Migrated | undefined
  /** Whether nothing is written. */
  readonly isDry?: boolean
}

/** One migration of what there is into what there is, by a process of its own. */
export async function migrateInChild(ground: Ground, { profileFolder, migrated, isDry = false }: ChildRun): Promise<Measured> {
  if (profileFolder !== null) mkdirSync(profileFolder, { recursive: true })
  const began = performance.now()
  const flags = profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]
  const child = spawn(process.execPath, [...flags, fileURLToPath(new URL('migrate-once.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      BENCH_MANIFEST: migrated?.manifest ?? fileURLToPath(new URL('rehouse.yaml', import.meta.url)),
      BENCH_SOURCE: migrated?.source ?? ground.server.url(SOURCE),
      BENCH_TARGET: ground.server.url(REHOUSE_TARGET),
      BENCH_DRY: isDry ? 'yes' : '',
      REHOUSE_SALT: 'bench-salt-that-is-not-a-secret-0123456789',
    },
  })
  const [printed, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (status !== 0) throw new Error(`expected the migration to end with status 0, got ${status}: ${printed}`)
  // Printed by migrate-once.ts, which is ours.
  const said = JSON.parse(printed) as Omit<Measured, 'processSeconds'>
  return { ...said, processSeconds: (performance.now() - began) / 1000 }
}

/** A fast contestant that loses rows is none. */
async function assertComplete(ground: Ground): Promise<void> {
  const count = (database: string, table: string): Promise<string | null | undefined> =>
    withSession(ground.server.url(database), async session => (await session.query(`select count(*) from ${table}`)).rows[0]?.[0])
  const expected = await count(SOURCE, 'assessment_result')
  const stored = await count(REHOUSE_TARGET, 'assessment_results')
  if (stored !== expected) throw new Error(`expected ${expected} results in the target, got ${stored}`)
}
