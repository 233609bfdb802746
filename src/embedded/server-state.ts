import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { RehouseError } from '../errors.ts'
import { makeSharedPlace, SHARED_PLACE } from './binaries.ts'
import { type Account, canOthersEnter } from './server-account.ts'

/** What `server.json` in the server's folder says. The process itself decides whether the server runs: see `runningServer`. */
interface ServerState {
  /** The name of the server's home in the shared place; null = its home is the folder itself. */
  readonly shared: string | null
  /** Kept over a stop, so that addresses stay valid. */
  readonly port: number | null
  readonly pid: number | null
}

export const dataFolder = (home: string): string => join(home, 'data')
export const passwordFile = (home: string): string => join(home, 'password')
export const logFile = (home: string): string => join(home, 'server.log')
const SHARED_NAME = /^server-[0-9a-f-]{36}$/
const stateFile = (folder: string): string => join(folder, 'server.json')

/** All null when there is none, or none that can be read: the server is then looked for in the folder itself. */
export function readState(folder: string): ServerState {
  try {
    const state: unknown = JSON.parse(readFileSync(stateFile(folder), 'utf8'))
    const { shared, port, pid } = Object(state)
    return {
      // It will be removed some day: nothing but a name we gave may pass.
      shared: typeof shared === 'string' && SHARED_NAME.test(shared) ? shared : null,
      port: typeof port === 'number' ? port : null,
      pid: typeof pid === 'number' ? pid : null,
    }
  } catch {
    return { shared: null, port: null, pid: null }
  }
}

/** Written beside and renamed: a reader sees the old or the new state, never half of one. */
export function writeState(folder: string, server: { home: string; port: number | null; pid: number | null }): void {
  const shared = server.home === folder ? null : basename(server.home)
  const fresh = `${stateFile(folder)}.${process.pid}`
  writeFileSync(fresh, `${JSON.stringify({ shared, port: server.port, pid: server.pid }, null, 2)}\n`)
  renameSync(fresh, stateFile(folder))
}

/** Makes the server's folder and returns its true path. Throws EMBEDDED_FAILED when it cannot be made. */
export function makeFolder(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true })
    return realpathSync(folder)
  } catch (cause) {
    throw new RehouseError(
      'EMBEDDED_FAILED',
      `expected to be able to make a folder for the built-in PostgreSQL, got: ${(cause as Error).message}`,
      {
        where: { file: folder },
        next: 'Give a folder you may write to.',
        cause,
      },
    )
  }
}

/** The folder with `data`, `password` and `server.log`: the server's folder itself, unless the account the server runs as cannot reach that. null when there is no such folder. */
export function homeOf(folder: string): string | null {
  if (!existsSync(folder)) return null
  const { shared } = readState(folder)
  return shared === null ? realpathSync(folder) : join(SHARED_PLACE, shared)
}

/** Makes the home of a folder's server. What was chosen once stays. */
export function chooseHome(folder: string, account: Account | null): string {
  const { shared } = readState(folder)
  if (shared === null && account) chmodSync(folder, 0o755)
  if (shared === null && (!account || canOthersEnter(folder))) return folder
  makeSharedPlace()
  const home = join(SHARED_PLACE, shared ?? `server-${randomUUID()}`)
  // First of all where it is: what nobody can find again must not be made.
  if (shared === null) writeState(folder, { home, port: null, pid: null })
  mkdirSync(home, { recursive: true })
  chmodSync(home, 0o755)
  return home
}

/** The process id of the server that runs on `data`, and the port it listens on. null when none runs: a process that only has the same number does not count. */
export function runningServer(data: string): { readonly pid: number; readonly port: number } | null {
  const lines = readLines(join(data, 'postmaster.pid'))
  const pid = Number(lines[0])
  const port = Number(lines[3])
  return Number.isInteger(pid) && pid > 0 && isServerOn(data, pid) ? { pid, port: Number.isInteger(port) ? port : 0 } : null
}

/** We start it with `-D data`, and only the main process keeps its command line. */
export function isServerOn(data: string, pid: number): boolean {
  return readLines(`/proc/${pid}/cmdline`, '\0').includes(data)
}

function readLines(file: string, separator = '\n'): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split(separator)
  } catch {
    return []
  }
}
