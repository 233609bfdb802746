import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { startEmbedded, stopEmbedded } from '../embedded/embedded.ts'
import { RehouseError } from '../errors.ts'
import { Session } from '../postgres/session.ts'

export interface DatabaseAddress {
  readonly url: string
  readonly ssl?: ConnectionOptions | false | undefined
}

export interface StagingServerOptions {
  /** `.rehouse/staging` of the manifest. */
  readonly folder: string
  /** A server of somebody’s own; null = the built-in PostgreSQL. */
  readonly address: (() => Promise<DatabaseAddress>) | null
}

const APPLICATION = 'rehouse staging'
/** Of our advisory locks in the server’s first database: who uses the server, and who makes or drops a database. */
const IN_USE = 7_243_801
const MAKING = 7_243_802
/** Enough for tables that are written once and sorted once. */
const SETTINGS = { shared_buffers: '128MB', max_wal_size: '1GB' }
const START_TRIES = 5

interface Started {
  readonly admin: Session
  addressOf(database: string): DatabaseAddress
}

/**
 * The private PostgreSQL that holds what is staged. Nothing is started before `admin` is asked for. Whoever uses the built-in one holds a shared lock in it;
 * who comes to the end and finds nobody else stops it.
 */
export class StagingServer {
  readonly #options: StagingServerOptions
  #started: Promise<Started> | null = null
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: StagingServerOptions) {
    this.#options = options
  }

  /** Whether there may be databases of ours: a server that is not needed is not started to drop what it never had. */
  get mayHoldDatabases(): boolean {
    return this.#options.address !== null || keptNames(this.#options.folder).length > 0
  }

  async addressOf(database: string): Promise<DatabaseAddress> {
    return (await this.#server()).addressOf(database)
  }

  /** A session to make and drop databases with: one at a time, of this process and of all. */
  making<T>(work: (admin: Session) => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => this.#withLock(work))
    this.#turn = result.catch(() => undefined)
    return result
  }

  /** A session’s lock lets the same session in again: within the process `making` keeps the turns. */
  async #withLock<T>(work: (admin: Session) => Promise<T>): Promise<T> {
    const { admin } = await this.#server()
    await admin.query('select pg_catalog.pg_advisory_lock($1)', [MAKING])
    try {
      return await work(admin)
    } finally {
      if (admin.isOpen) await admin.query('select pg_catalog.pg_advisory_unlock($1)', [MAKING])
    }
  }

  /** Remembers beside the server that it holds a database, before it is made; to be forgotten after it was dropped. */
  remember(database: string): void {
    if (this.#options.address !== null) return
    mkdirSync(keptFolder(this.#options.folder), { recursive: true, mode: 0o700 })
    writeFileSync(join(keptFolder(this.#options.folder), database), '', { mode: 0o600 })
  }

  forget(database: string): void {
    if (this.#options.address === null) rmSync(join(keptFolder(this.#options.folder), database), { force: true })
  }

  async #server(): Promise<Started> {
    const known = this.#started
    if (known !== null && (await known.catch(() => null))?.admin.isOpen) return known
    if (this.#started !== known && this.#started !== null) return this.#started
    this.#started = this.#start()
    return this.#started
  }

  async #start(): Promise<Started> {
    const { address } = this.#options
    if (address !== null) {
      const given = await address()
      return { admin: await openStagingSession(given), addressOf: database => withDatabase(given, database) }
    }
    const folder = serverFolder(this.#options.folder)
    makePrivate(this.#options.folder)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (let attempt = 1; ; attempt++) {
      const server = await startEmbedded({ folder, settings: SETTINGS })
      try {
        const admin = await openStagingSession({ url: server.url('postgres'), ssl: false })
        await admin.query('select pg_catalog.pg_advisory_lock_shared($1)', [IN_USE])
        return { admin, addressOf: database => ({ url: server.url(database), ssl: false }) }
      } catch (error) {
        // Another process is just stopping it.
        if (!(error instanceof RehouseError) || !error.retry || attempt === START_TRIES) throw error
      }
    }
  }

  /** Idempotent. Stops the built-in server if nobody else uses it. */
  async close(): Promise<void> {
    const started = this.#started
    this.#started = null
    const server = await started?.catch(() => null)
    if (!server) return
    const { admin } = server
    try {
      if (this.#options.address !== null || !admin.isOpen) return
      await admin.query('select pg_catalog.pg_advisory_unlock_all()')
      const { rows } = await admin.query('select pg_catalog.pg_try_advisory_lock($1)', [IN_USE])
      if (rows[0]?.[0] === 't') await stopEmbedded(serverFolder(this.#options.folder))
    } finally {
      await admin.close()
    }
  }
}

/** Without a limit on waiting for locks: another process may be staging a large relation. */
export function openStagingSession(address: DatabaseAddress): Promise<Session> {
  return Session.open({
    ...address,
    applicationName: APPLICATION,
    side: 'source',
    settings: { lock_timeout: '0' },
  })
}

export function serverFolder(folder: string): string {
  return join(folder, 'server')
}

function keptFolder(folder: string): string {
  return join(folder, 'databases')
}

function keptNames(folder: string): readonly string[] {
  return existsSync(keptFolder(folder)) ? readdirSync(keptFolder(folder)) : []
}

/** Personal data may lie here: nobody else may enter, whatever made the folder. */
function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
}

function withDatabase({ url, ssl }: DatabaseAddress, database: string): DatabaseAddress {
  const changed = new URL(url)
  changed.pathname = `/${encodeURIComponent(database)}`
  return { url: changed.href, ssl }
}
