import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { RehouseError } from '../errors.ts'
import { quoteLiteral, quoteName } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { STAGING_SCHEMA } from './staged-shape.ts'
import { type DatabaseAddress, openStagingSession, type StagingServer } from './staging-server.ts'

/** What a database is for; said in its comment, so that it can be told and dropped by whoever comes later. */
export interface StagedFor {
  readonly migration: string
  /** Tells the source apart within the migration: its name and the tenant. */
  readonly source: string
}

const PREFIX = 'rehouse_staging_'
/** How rows lie in staging; another layout finds nothing of this one. */
const LAYOUT = 3
/** UNLOGGED like the tables it speaks of: a crash of the server empties all of them, so that what is lost is never said to be there. */
const SCHEMA = `create schema if not exists ${STAGING_SCHEMA};
create unlogged table if not exists ${STAGING_SCHEMA}.relation (name text primary key, marker text not null, relation text not null,
  rows bigint not null, sha256 bytea not null, remark text not null, finished_at timestamptz not null default pg_catalog.now())`

export interface StagedContent {
  readonly engine: string
  /** Within the migration. */
  readonly source: string
  readonly identity: string
  readonly marker: string
}

/** Not by the marker alone: two sources never share what was staged, however alike they are. */
export function databaseName({ engine, source, identity, marker }: StagedContent): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([LAYOUT, engine, source, identity, marker]))
    .digest('hex')
  return `${PREFIX}${digest.slice(0, 32)}`
}

/** The database of one content of one file, in use as long as its session is open: a database in use is not dropped. */
export class StagingDatabase {
  readonly name: string
  readonly address: DatabaseAddress
  /** Types of pg_catalog this server reads and sends in binary. */
  readonly types: ReadonlySet<string>
  /** False: it was there. */
  readonly isMadeHere: boolean
  readonly #keeper: Session

  private constructor(of: { name: string; isMadeHere: boolean; address: DatabaseAddress; types: ReadonlySet<string>; keeper: Session }) {
    this.name = of.name
    this.isMadeHere = of.isMadeHere
    this.address = of.address
    this.types = of.types
    this.#keeper = of.keeper
  }

  /** Makes it if it is not there. Databases of the same source with another content, and the oldest beyond what is kept, are dropped. */
  static async open(
    server: StagingServer,
    { name, owner, mostKept }: { readonly name: string; readonly owner: StagedFor; readonly mostKept: number },
  ): Promise<StagingDatabase> {
    return server.making(async admin => {
      const all = await listDatabases(admin)
      const there = all.find(database => database.name === name)
      server.remember(name)
      if (there === undefined)
        await admin.query(`create database ${quoteName(name)} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`)
      if (!there?.owner) await admin.query(`comment on database ${quoteName(name)} is ${quoteLiteral(JSON.stringify(owner))}`)
      const others = all.filter(database => database.name !== name && isOf(database, owner.migration))
      const orphans = others.filter(database => database.owner === null || database.owner.source === owner.source)
      const rest = others.filter(database => !orphans.includes(database))
      for (const { name: orphan } of [...orphans, ...rest.slice(0, Math.max(0, rest.length + 1 - mostKept))])
        await dropDatabase(server, admin, orphan)
      const address = await server.addressOf(name)
      const keeper = await openStagingSession(address)
      try {
        await keeper.script(SCHEMA)
        return new StagingDatabase({ name, isMadeHere: there === undefined, address, types: await binaryTypes(keeper), keeper })
      } catch (error) {
        keeper.destroy()
        throw error
      }
    })
  }

  get isOpen(): boolean {
    return this.#keeper.isOpen
  }

  close(): Promise<void> {
    return this.#keeper.close()
  }
}

/** In a transaction of a session of its own. Of several that would make the same at the same time, one does, the others find it. */
export async function inTurn(database: StagingDatabase, name: string, work: (session: Session) => Promise<void>): Promise<void> {
  const session = await openStagingSession(database.address)
  try {
    await session.script('begin')
    await session.query('select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))', [name])
    await work(session)
    await session.script('commit')
  } finally {
    session.destroy()
  }
}

export interface WhichStaged {
  readonly migration: string
  /** Absent: of every source. */
  readonly source?: string
  /** Absent: whatever their names. */
  readonly names?: ReadonlySet<string>
}

/** Drops what was staged for a migration, or for one source of it; what another process uses stays. */
export async function dropStaged(server: StagingServer, which: WhichStaged): Promise<void> {
  await server.making(async admin => {
    for (const database of await listDatabases(admin)) {
      const isOfSource = which.source === undefined || database.owner?.source === which.source
      const isNamed = which.names === undefined || which.names.has(database.name)
      if (isOfSource && isNamed && isOf(database, which.migration)) await dropDatabase(server, admin, database.name)
    }
  })
}

interface Listed {
  readonly name: string
  /** Null: whoever made it was killed before it was said. Nobody is making one now: we hold the lock. */
  readonly owner: StagedFor | null
}

function isOf({ owner }: Listed, migration: string): boolean {
  return owner === null || owner.migration === migration
}

/** Oldest first. */
async function listDatabases(admin: Session): Promise<readonly Listed[]> {
  const { rows } = await admin.query(
    `select d.datname, pg_catalog.shobj_description(d.oid, 'pg_database') from pg_catalog.pg_database d where pg_catalog.starts_with(d.datname, $1) order by d.oid`,
    [PREFIX],
  )
  return rows.map(([name, comment]) => ({ name: String(name), owner: ownerIn(comment ?? null) }))
}

function ownerIn(comment: string | null): StagedFor | null {
  try {
    const { migration, source } = Object(JSON.parse(comment ?? 'null'))
    return typeof migration === 'string' && typeof source === 'string' ? { migration, source } : null
  } catch {
    return null
  }
}

const OBJECT_IN_USE = '55006'

/** The server notices the end of a connection a moment later. */
const LEFT_WITHIN_MS = 500
const POLL_MS = 20
const IN_USE = `select 1 from pg_catalog.pg_stat_activity where datname = $1 and backend_type = 'client backend' limit 1`

/** Not while it is in use; DROP DATABASE itself would wait for seconds to see. */
async function dropDatabase(server: StagingServer, admin: Session, name: string): Promise<void> {
  for (const end = Date.now() + LEFT_WITHIN_MS; (await admin.query(IN_USE, [name])).rowCount > 0; await sleep(POLL_MS))
    if (Date.now() > end) return
  try {
    await admin.query(`drop database if exists ${quoteName(name)}`)
    server.forget(name)
  } catch (error) {
    if (sqlStateOf(error) !== OBJECT_IN_USE) throw error
  }
}

/** The server’s own code behind an error of ours. */
export function sqlStateOf(error: unknown): string | null {
  const cause = error instanceof RehouseError ? error.cause : error
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null
}

async function binaryTypes(session: Session): Promise<ReadonlySet<string>> {
  // Arrays of xml have the functions, but on a server without libxml not the element's.
  const { rows } = await session.query(
    `select t.typname from pg_catalog.pg_type t where t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace and t.typtype in ('b', 'r', 'm')
     and t.typreceive <> 0 and t.typsend <> 0 and t.typname <> '_xml'`,
  )
  return new Set(rows.map(([name]) => String(name)))
}
