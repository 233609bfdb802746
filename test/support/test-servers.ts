import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedServer, removeEmbedded, startEmbedded } from '../../src/embedded/embedded.ts'

export type Version = '18' | '15'

/** Where the superuser's address of a shared server is handed to the test processes. */
export const addressVariable = (version: Version): string => `REHOUSE_TEST_POSTGRES_${version}`
/** Set to 1, a server that this process started is left running, with the databases of failed tests. The next run removes it. */
export const KEEP_VARIABLE = 'REHOUSE_TEST_KEEP'

/** Tests kill processes, not machines: what the operating system has taken is safe. */
const TEST_SETTINGS = { fsync: 'off', full_page_writes: 'off', max_wal_size: '1GB', shared_buffers: '128MB', max_connections: '300' }
const PREFIX = 'rehouse-test-'
const running = new Map<string, EmbeddedServer>()
let isGuarded = false
let isExitOnSignal = true
let count = 0

/**
 * Starts a server for this process. It ends, and its folder goes, when the process ends, also by Ctrl-C.
 * What a process that was killed left behind is removed by the next one.
 */
export async function startTestServer(
  version: Version,
  settings: Readonly<Record<string, string>> = {},
): Promise<EmbeddedServer & { readonly folder: string }> {
  await guard()
  const folder = join(tmpdir(), `${PREFIX}${process.pid}-${version}-${count++}`)
  mkdirSync(folder)
  const server = await startEmbedded({ folder, version, settings: { ...TEST_SETTINGS, ...settings } })
  running.set(folder, server)
  return { ...server, folder }
}

/** Starts the server of a folder again after it was stopped or killed. */
export async function restartTestServer(
  folder: string,
  version: Version,
  settings: Readonly<Record<string, string>> = {},
): Promise<EmbeddedServer> {
  const server = await startEmbedded({ folder, version, settings: { ...TEST_SETTINGS, ...settings } })
  running.set(folder, server)
  return server
}

export async function removeTestServer(folder: string): Promise<void> {
  running.delete(folder)
  await removeEmbedded(folder)
}

/** For a caller that ends the process itself when a signal comes. To be called before the first server starts. */
export function leaveSignalsToCaller(): void {
  isExitOnSignal = false
}

async function guard(): Promise<void> {
  if (isGuarded) return
  isGuarded = true
  process.once('exit', endAll)
  // Without these, a signal would end us before `exit`.
  if (isExitOnSignal) for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))
  await removeLeftovers()
}

function endAll(): void {
  if (process.env[KEEP_VARIABLE] === '1') return
  for (const [folder, server] of running) {
    try {
      process.kill(server.pid, 'SIGKILL')
    } catch {
      // It has ended already.
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split('-')[0]) : Number.NaN
    if (Number.isInteger(pid) && !isAlive(pid)) await removeEmbedded(join(tmpdir(), name)).catch(() => undefined)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
