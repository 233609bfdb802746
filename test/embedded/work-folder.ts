import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type EmbeddedOptions, removeEmbedded } from '../../src/embedded/embedded.ts'
import type { TestLike } from '../support/postgres.ts'

/** A folder for a server of the test's own; server and folder are gone after the test. Found and removed by the next run if we are killed: see test-servers.ts. */
export function workFolder(t: TestLike): string {
  const folder = mkdtempSync(join(tmpdir(), `rehouse-test-${process.pid}-embedded-`))
  t.after(() => removeEmbedded(folder))
  return folder
}

/** For tests only: faster, and safe against killed processes. */
export const QUICK = { fsync: 'off', shared_buffers: '16MB', max_wal_size: '256MB' }

/** Starts the server from another process and resolves to its process id as that process saw it. */
export async function startElsewhere(options: EmbeddedOptions): Promise<number> {
  const embedded = fileURLToPath(new URL('../../src/embedded/embedded.ts', import.meta.url))
  const code = `import { startEmbedded } from ${JSON.stringify(embedded)}; console.log((await startEmbedded(${JSON.stringify(options)})).pid)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', text => (said += text))
  await once(child, 'close')
  return Number(said)
}
