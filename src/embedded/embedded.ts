import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RehouseError } from '../errors.ts'
import { Session } from '../postgres/session.ts'
import { type PostgresVersion, prepareBinaries } from './binaries.ts'
import { ensureCluster, type Launched, launch, logTail, type Settings, serverFailed } from './cluster.ts'
import { DEFAULT_DATABASE, databaseUrl, ensureDatabase } from './databases.ts'
import { withFolderLock } from './folder-lock.ts'
import { forgetForeignPid } from './pid-file.ts'
import { serverAccount } from './server-account.ts'
import { chooseHome, dataFolder, homeOf, isServerOn, makeFolder, readState, runningServer, writeState } from './server-state.ts'

export interface EmbeddedOptions {
  /** The server's own folder; made if missing. */
  readonly folder: string
  /** Default 18. 15 is there for tests only. */
  readonly version?: PostgresVersion
  /** PostgreSQL settings over ours. They count only if the server is started by this call. */
  readonly settings?: Settings
}

export interface EmbeddedServer {
  readonly port: number
  readonly pid: number
  /** False when it ran already. */
  readonly isStartedHere: boolean
  /** The superuser's address of a database, with the password. The database need not exist. */
  url(database?: string): string
  /** Ends the server in order. Idempotent. */
  stop(): Promise<void>
  /** Ends the server as a power cut would (SIGKILL). For tests. */
  kill(): Promise<void>
}

export interface EmbeddedStatus {
  readonly running: boolean
  readonly port: number | null
  readonly pid: number | null
}

const START_MS = 300_000
const STOP_MS = 60_000
const POLL_MS = 20
/** A port can be taken by another program in the instant before the server takes it. */
const TRIES = 3
/** After a crash the server's last child processes may hold the shared memory for a moment longer. */
const TRIES_AFTER_CRASH = 20

/** The folder of the one server that belongs to the manifest in `manifestFolder`. */
export function embeddedFolder(manifestFolder: string): string {
  return join(manifestFolder, '.rehouse', 'embedded')
}

/**
 * The server of a folder, started if it does not run. It is ready for connections on 127.0.0.1 and runs until `stopEmbedded`, also after this process has ended.
 * Processes that do this at the same time all get the same server. A server that crashed, was killed, or was broken off while it was set up is started again.
 * Throws EMBEDDED_FAILED with the end of the server's log.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const folder = makeFolder(options.folder)
  return withSystemErrors(folder, async () => {
    const home = chooseHome(folder, serverAccount())
    const running = runningServer(dataFolder(home))
    if (running && running.port > 0) {
      await waitUntilReady(home, running.port, { isGone: () => !isServerOn(dataFolder(home), running.pid) })
      return handle(folder, { home, ...running, isStartedHere: false })
    }
    return start(folder, home, options)
  })
}

/** What the operating system refuses (no rights, no room) is told as ours. */
async function withSystemErrors<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await withFolderLock(folder, work)
  } catch (error) {
    if (error instanceof RehouseError || !(error instanceof Error && 'syscall' in error)) throw error
    throw new RehouseError('EMBEDDED_FAILED', `expected to be able to use the folder of the built-in PostgreSQL, got: ${error.message}`, {
      where: { file: folder },
      next: 'Make room and give this user the folder, or use another folder: one that root began belongs to root.',
      cause: error,
    })
  }
}

async function start(folder: string, home: string, options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { version = '18', settings = {} } = options
  const account = serverAccount()
  const binaries = prepareBinaries(version, account, join(home, 'lib'))
  ensureCluster(home, { binaries, version, account, settings })
  const tries = forgetForeignPid(dataFolder(home)) ? TRIES_AFTER_CRASH : TRIES
  let port = await freePort(readState(folder).port ?? 0)
  for (let attempt = 1; ; attempt++) {
    const launched = launch(home, port, { binaries, account, settings })
    const isReady = await ready(folder, { home, port, launched, giveUp: attempt === tries }).catch(error => {
      launched.kill()
      throw error
    })
    if (isReady) {
      launched.release()
      return handle(folder, { home, port, pid: launched.pid, isStartedHere: true })
    }
    await sleep(POLL_MS * attempt)
    port = await freePort(0)
  }
}

async function ready(folder: string, of: { home: string; port: number; launched: Launched; giveUp: boolean }): Promise<boolean> {
  const { home, port, launched, giveUp } = of
  writeState(folder, { home, port, pid: launched.pid })
  return waitUntilReady(home, port, { isGone: launched.hasEnded, giveUp })
}

/** False when the server ended before it was ready, and `giveUp` is not set. */
async function waitUntilReady(home: string, port: number, options: { isGone: Launched['hasEnded']; giveUp?: boolean }): Promise<boolean> {
  const url = databaseUrl(home, port, 'postgres')
  for (const end = Date.now() + START_MS; ; await sleep(POLL_MS)) {
    const isGone = options.isGone()
    if (isGone && options.giveUp === false) return false
    if (isGone || Date.now() > end) throw serverFailed('the built-in PostgreSQL to become ready', logTail(home), home)
    if (await canConnect(url)) return true
  }
}

/** Any refusal that passes means "not yet". */
async function canConnect(url: string): Promise<boolean> {
  try {
    const session = await Session.open({ url, applicationName: 'rehouse embedded', side: 'target' })
    await session.close()
    return true
  } catch (error) {
    if (error instanceof RehouseError && error.retry) return false
    throw error
  }
}

/** `preferred` if nobody has it, else any. */
function freePort(preferred: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', error => (preferred === 0 ? reject(error) : resolve(freePort(0))))
    server.listen(preferred, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function handle(folder: string, server: { home: string; port: number; pid: number; isStartedHere: boolean }): EmbeddedServer {
  const { home, port, pid, isStartedHere } = server
  return {
    port,
    pid,
    isStartedHere,
    url: (database = DEFAULT_DATABASE) => databaseUrl(home, port, database),
    stop: () => stopEmbedded(folder).then(() => undefined),
    kill: () => signalAndWait(home, pid, ['SIGKILL']),
  }
}

/** Starts nothing. */
export function embeddedStatus(folder: string): EmbeddedStatus {
  const running = findRunning(folder)
  return { running: running !== null, port: running?.port ?? null, pid: running?.pid ?? null }
}

function findRunning(folder: string): { home: string; pid: number; port: number } | null {
  const home = homeOf(folder)
  const running = home === null ? null : runningServer(dataFolder(home))
  return home !== null && running ? { home, ...running } : null
}

/** The address of a database on the running server. Starts nothing: throws EMBEDDED_FAILED when it does not run. */
export function embeddedUrl(folder: string, database = DEFAULT_DATABASE): string {
  const running = findRunning(folder)
  if (running) return databaseUrl(running.home, running.port, database)
  throw new RehouseError('EMBEDDED_FAILED', 'expected the built-in PostgreSQL to run, got a server that is stopped', {
    where: { file: folder },
    next: 'Run `rehouse embedded start`.',
  })
}

/** The address of a database on the server of a folder; server and database are made and started as needed. */
export async function openEmbeddedDatabase(options: EmbeddedOptions, database = DEFAULT_DATABASE): Promise<string> {
  const server = await startEmbedded(options)
  const url = server.url(database)
  await ensureDatabase(server.url('postgres'), database)
  return url
}

/** Ends the server of a folder in order; open transactions are rolled back. True if it ran. */
export async function stopEmbedded(folder: string): Promise<boolean> {
  if (homeOf(folder) === null) return false
  return withSystemErrors(makeFolder(folder), async () => {
    const running = findRunning(folder)
    if (!running) return false
    // SIGINT: fast shutdown. SIGQUIT: at once, recovered at the next start.
    await signalAndWait(running.home, running.pid, ['SIGINT', 'SIGQUIT'])
    writeState(folder, { home: running.home, port: running.port, pid: null })
    return true
  })
}

/** Stops the server and removes everything in its folder. */
export async function removeEmbedded(folder: string): Promise<void> {
  await stopEmbedded(folder)
  const home = homeOf(folder)
  if (home !== null) rmSync(home, { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
}

async function signalAndWait(home: string, pid: number, signals: readonly NodeJS.Signals[]): Promise<void> {
  for (const signal of signals) {
    if (!isServerOn(dataFolder(home), pid)) return
    sendSignal(home, pid, signal)
    for (const end = Date.now() + STOP_MS; Date.now() < end; await sleep(POLL_MS)) if (!isServerOn(dataFolder(home), pid)) return
  }
  throw serverFailed(`the built-in PostgreSQL (process ${pid}) to end`, logTail(home), home)
}

function sendSignal(home: string, pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return
    throw new RehouseError(
      'EMBEDDED_FAILED',
      `expected to be allowed to end the built-in PostgreSQL (process ${pid}), got: ${(cause as Error).message}`,
      {
        where: { file: home },
        next: 'Another user started it: run the same command as that user.',
        cause,
      },
    )
  }
}
