import type { Source } from '../source/source.ts'
import { databaseName, dropStaged, type StagedContent, type StagedFor, StagingDatabase } from './staging-database.ts'
import { type DatabaseAddress, StagingServer, type StagingServerOptions } from './staging-server.ts'

export interface StagingOptions extends StagingServerOptions {
  /** Name of the migration. */
  readonly migration: string
  /** Opens the postgres source at an address. */
  readonly openSource: (address: DatabaseAddress) => Source
  /** Ends what is being staged. */
  readonly signal: AbortSignal
  /** What was staged is kept, all of it. */
  readonly keeps: boolean
  /** Databases that may lie around after runs that failed; beyond that the oldest goes, and is staged again when it is needed. */
  readonly mostKept: number
}

/** Where a migration's rows are staged: the server, and the databases in use. Nothing is started before something is staged. `close` when no source uses it any more. */
export class StagingPlace {
  readonly options: StagingOptions
  readonly #server: StagingServer
  readonly #open = new Map<string, Promise<StagingDatabase>>()
  readonly #uses = new Map<string, number>()
  readonly #made = new Set<string>()
  #hasFiles = false

  constructor(options: StagingOptions) {
    this.options = options
    this.#server = new StagingServer(options)
  }

  /** Where no file is read nothing can have been staged. */
  noteFile(): void {
    this.#hasFiles = true
  }

  /** The database for this content, in use until `release`. */
  async acquire(of: StagedContent): Promise<StagingDatabase> {
    const name = databaseName(of)
    this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1)
    try {
      return await this.#database(name, { migration: this.options.migration, source: of.source })
    } catch (error) {
      await this.#leave(name)
      throw error
    }
  }

  async #database(name: string, owner: StagedFor): Promise<StagingDatabase> {
    const known = this.#open.get(name)
    const database = await known?.catch(() => null)
    if (database?.isOpen) return database
    // Of several that find it closed, the first opens it again.
    const now = this.#open.get(name)
    if (now !== undefined && now !== known) return now
    const opening = StagingDatabase.open(this.#server, { name, owner, mostKept: this.options.keeps ? Infinity : this.options.mostKept })
    this.#open.set(name, opening)
    if ((await opening).isMadeHere) this.#made.add(name)
    return opening
  }

  release(database: StagingDatabase): Promise<void> {
    return this.#leave(database.name)
  }

  async #leave(name: string): Promise<void> {
    const uses = (this.#uses.get(name) ?? 1) - 1
    this.#uses.set(name, uses)
    if (uses > 0) return
    const database = this.#open.get(name)
    this.#open.delete(name)
    await (await database?.catch(() => null))?.close()
  }

  /** Of the server given for staging; null = the built-in one. Starts nothing. */
  async identity(): Promise<string | null> {
    const { address, openSource } = this.options
    if (address === null) return null
    const source = openSource(await address())
    try {
      return (await source.facts()).identity
    } finally {
      await source.close()
    }
  }

  /** Everything wanted of a source was read: what was staged of it goes, also what an earlier run left. What is in use stays. */
  async dropSource(source: string): Promise<void> {
    if (this.#mayHold) await dropStaged(this.#server, { migration: this.options.migration, source })
  }

  /** The migration is done: what was staged for it goes. */
  async dropAll(): Promise<void> {
    if (this.#mayHold) await dropStaged(this.#server, { migration: this.options.migration })
  }

  /** What was staged by this process, for a look that is over; what an earlier run left for the one that takes it up stays. */
  async dropMade(): Promise<void> {
    if (this.#made.size > 0) await dropStaged(this.#server, { migration: this.options.migration, names: this.#made })
  }

  get #mayHold(): boolean {
    return this.#hasFiles && this.#server.mayHoldDatabases
  }

  /** Idempotent. */
  async close(): Promise<void> {
    for (const name of [...this.#open.keys()]) {
      this.#uses.set(name, 0)
      await this.#leave(name)
    }
    await this.#server.close()
  }
}
