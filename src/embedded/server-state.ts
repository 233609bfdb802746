import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RehouseError } from '../errors.ts'
import { makeSharedPlace, SHARED_PLACE } from './binaries.ts'
import { type Account, canOthersEnter } from './server-account.ts'

/** What `server.json` in the server's folder says. The process itself decides whether the server runs: see `runningPid`. */
export interface ServerState {
  /** The folder with `data`, `password` and `server.log`. It is the server's folder itself, unless the account the server runs as cannot reach that. */
  readonly home: string
  /** Kept over a stop, so that addresses stay valid. */
  readonly port: number | null
  readonly pid: number | null
}

export const dataFolder = (home: string): string => join(home, 'data')
export const passwordFile = (home: string): string => join(home, 'password')
export const logFile = (home: string): string => join(home, 'server.log')
const stateFile = (folder: string): string => join(folder, 'server.json')

/** null when there is none, or none that can be read: the server is then looked for in the folder itself. */
export function readState(folder: string): ServerState | null {
  try {
    const state: unknown = JSON.parse(readFileSync(stateFile(folder), 'utf8'))
    if (typeof state !== 'object' || state === null || !('home' in state) || typeof state.home !== 'string') return null
    const port = 'port' in state && typeof state.port === 'number' ? state.port : null
    const pid = 'pid' in state && typeof state.pid === 'number' ? state.pid : null
    return { home: state.home, port, pid }
  } catch {
    return null
  }
}

/** Written beside and renamed: a reader sees the old or the new state, never half of one. */
export function writeState(folder: string, state: ServerState): void {
  const fresh = `${stateFile(folder)}.${process.pid}`
  writeFileSync(fresh, `${JSON.stringify(state, null, 2)}\n`)
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

/** Where the server's files lie or shall lie. What was chosen once stays. */
export function chooseHome(folder: string, account: Account | null): string {
  const known = readState(folder)?.home
  if (known !== undefined && existsSync(known)) return known
  if (account) chmodSync(folder, 0o755)
  if (!account || canOthersEnter(folder)) return folder
  makeSharedPlace()
  const home = join(SHARED_PLACE, `server-${randomUUID()}`)
  mkdirSync(home)
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
