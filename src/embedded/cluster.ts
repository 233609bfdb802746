import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { Binaries, PostgresVersion } from './binaries.ts'
import { type Account, giveTo } from './server-account.ts'
import { dataFolder, logFile, passwordFile } from './server-state.ts'

/** The superuser of the built-in server. */
export const SUPERUSER = 'postgres'

/**
 * Set for loading on one machine. fsync, full_page_writes and synchronous_commit stay as PostgreSQL has them: what is committed survives a power cut.
 * wal_level minimal spares the log of an index build; it rules out replication from this server.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  work_mem: '16MB',
  maintenance_work_mem: '256MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  wal_buffers: '16MB',
  max_wal_size: '4GB',
  min_wal_size: '512MB',
  checkpoint_timeout: '15min',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The log must hold no personal data: neither statements nor the details of errors, which quote rows.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
}
const LOG_KEPT_BYTES = 16 << 20
const TAIL_LINES = 8

export type Settings = Readonly<Record<string, string>>

/** Makes the database files if there are none. They are made beside and renamed: files half made never count. Throws EMBEDDED_FAILED. */
export function ensureCluster(
  home: string,
  options: { binaries: Binaries; version: PostgresVersion; account: Account | null; settings: Settings },
): void {
  const data = dataFolder(home)
  for (const name of readdirSync(home)) if (name.startsWith('data.new')) rmSync(join(home, name), { recursive: true, force: true })
  if (isWhole(data)) {
    assertVersion(data, options.version)
    return
  }
  // Not made by us in this state, so not ours to delete.
  if (existsSync(data)) renameSync(data, `${data}.broken-${Date.now()}`)
  const fresh = join(home, `data.new-${process.pid}`)
  mkdirSync(fresh, { mode: 0o700 })
  giveTo(options.account, fresh)
  writePassword(home, options.account)
  initialise(home, fresh, options)
  renameSync(fresh, data)
}

function isWhole(data: string): boolean {
  return existsSync(join(data, 'PG_VERSION')) && existsSync(join(data, 'global', 'pg_control'))
}

function assertVersion(data: string, version: PostgresVersion): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  if (found === version) return
  throw new RehouseError('EMBEDDED_FAILED', `expected database files of PostgreSQL ${version}, got those of ${found}`, {
    where: { file: data },
    next: 'Use the program that made them, or move the folder away to begin with an empty server.',
  })
}

function writePassword(home: string, account: Account | null): void {
  const file = passwordFile(home)
  rmSync(file, { force: true })
  writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 })
  giveTo(account, file)
}

function initialise(
  home: string,
  data: string,
  options: { binaries: Binaries; version: PostgresVersion; account: Account | null; settings: Settings },
): void {
  const args = ['-D', data, '-U', SUPERUSER, '--auth=scram-sha-256', `--pwfile=${passwordFile(home)}`, '--encoding=UTF8', '--locale=C']
  if (options.version === '18') args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8')
  if (options.settings.fsync === 'off') args.push('--no-sync')
  const done = spawnSync(join(options.binaries.bin, 'initdb'), args, { ...processOptions(options), encoding: 'utf8' })
  if (done.status === 0) return
  rmSync(data, { recursive: true, force: true })
  throw serverFailed('initdb to make the database files', `${done.error?.message ?? ''} ${lastLines(done.stderr ?? '')}`, home)
}

function processOptions(options: { binaries: Binaries; account: Account | null }): {
  env: NodeJS.ProcessEnv
  cwd: string
  uid?: number
  gid?: number
} {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', LD_LIBRARY_PATH: options.binaries.libraryPath }
  return { env, cwd: '/', ...options.account }
}

export interface Launched {
  readonly pid: number
  /** True once the server process has ended. */
  hasEnded(): boolean
  kill(): void
  /** Lets our own process end while the server goes on. */
  release(): void
}

/** Starts the server process. It outlives us, and a Ctrl-C at our terminal does not reach it. */
export function launch(home: string, port: number, options: { binaries: Binaries; account: Account | null; settings: Settings }): Launched {
  const log = openLog(home)
  const settings = { ...SETTINGS, ...options.settings, port: String(port) }
  const args = ['-D', dataFolder(home), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const child = spawn(join(options.binaries.bin, 'postgres'), args, {
    ...processOptions(options),
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  let isEnded = false
  child.once('exit', () => (isEnded = true))
  child.once('error', () => (isEnded = true))
  return { pid: child.pid ?? 0, hasEnded: () => isEnded, kill: () => void child.kill('SIGKILL'), release: () => child.unref() }
}

function openLog(home: string): number {
  const file = logFile(home)
  const isLarge = existsSync(file) && statSync(file).size > LOG_KEPT_BYTES
  return openSync(file, isLarge ? 'w' : 'a', 0o600)
}

/** `what` was expected; the tail of the server's log says why it was not so. */
export function serverFailed(what: string, because: string, home: string): RehouseError {
  return new RehouseError('EMBEDDED_FAILED', `expected ${what}, got: ${because.trim() || 'no reason given'}`, {
    where: { file: logFile(home) },
    next: `Read ${logFile(home)}; if a disk is full or memory short, make room and try again.`,
  })
}

export function logTail(home: string): string {
  const file = logFile(home)
  return existsSync(file) ? lastLines(readFileSync(file, 'utf8')) : ''
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-TAIL_LINES).join(' | ')
}
