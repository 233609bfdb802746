import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { checkpoint, type Ground, makeEmpty, PGLOADER_TARGET, SOURCE, withSession } from './setup.ts'

/** Whether the binary is on the PATH. */
export function hasPgloader(): boolean {
  return spawnSync('pgloader', ['--version'], { stdio: 'ignore' }).status === 0
}

/** Seconds for pgloader's plain copy of the results table, one to one, into a fresh database: nothing mapped, no UUID, no references. */
export async function runPgloader(ground: Ground): Promise<number> {
  await makeEmpty(ground, PGLOADER_TARGET)
  await checkpoint(ground)
  const file = `${ground.folder}pgloader.load`
  writeFileSync(file, commands(ground), { mode: 0o600 })
  try {
    const began = performance.now()
    const child = spawn('pgloader', ['--no-ssl-cert-verification', file], { stdio: ['ignore', 'pipe', 'pipe'] })
    const [printed, , [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    const seconds = (performance.now() - began) / 1000
    await assertComplete(ground, `status ${status}: ${printed.slice(0, 2000)}`)
    return seconds
  } finally {
    rmSync(file, { force: true })
  }
}

/** With the prefetch of its defaults it ran out of heap. */
function commands(ground: Ground): string {
  const address = (database: string): string => ground.server.url(database).replace('postgres://', 'pgsql://')
  return `load database from ${address(SOURCE)} into ${address(PGLOADER_TARGET)}
with include drop, create tables, create indexes, reset no sequences, prefetch rows = 10000
including only table names matching 'assessment_result' in schema 'public';
`
}

async function assertComplete(ground: Ground, said: string): Promise<void> {
  const stored = await withSession(ground.server.url(PGLOADER_TARGET), async session => {
    const known = await session.query(`select to_regclass('public.assessment_result') is not null`)
    return known.rows[0]?.[0] === 't' ? Number((await session.query('select count(*) from assessment_result')).rows[0]?.[0]) : 0
  })
  if (stored !== ground.rows) throw new Error(`expected pgloader to copy ${ground.rows} rows, got ${stored}; it said: ${said}`)
}
