import { RehouseError } from '../../errors.ts'
import type { Session } from '../../postgres/session.ts'
import { compareIdentity } from '../compare-identity.ts'
import type { LedgerIdentity } from '../ledger.ts'
import { inTransaction } from './control-session.ts'
import { readSchemaFiles, type SchemaFile } from './schema-files.ts'

/** First half of our advisory locks: "reho" in ASCII. They count per database. */
export const LOCK_CLASS = 0x7265686f
export const LOCK_HOLD = 1
const LOCK_INSTALL = 2

interface Applied {
  readonly newest: number
  readonly newestBreaking: number
}

/** 'absent' before the first run. Rejects with LEDGER_INVALID when the schema was made by a newer, breaking version. Reads only. */
export async function ledgerState(session: Session): Promise<'absent' | 'outdated' | 'current'> {
  const files = await readSchemaFiles()
  const applied = await appliedVersions(session)
  if (applied === null) return 'absent'
  refuseNewer(applied, files)
  return applied.newest < newestVersion(files) ? 'outdated' : 'current'
}

/** Applies the files that are missing, each in its own transaction, one installer at a time; then makes or checks the identity. */
export async function installLedger(session: Session, identity: LedgerIdentity): Promise<void> {
  const state = await ledgerState(session)
  if (state !== 'current') for (const file of await readSchemaFiles()) await inTransaction(session, () => applyFile(session, file))
  await checkOrMakeIdentity(session, identity)
}

async function applyFile(session: Session, file: SchemaFile): Promise<void> {
  await session.query('select pg_catalog.pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, LOCK_INSTALL])
  const { rows } = await session.query(`select pg_catalog.to_regnamespace('rehouse')`)
  // CREATE SCHEMA IF NOT EXISTS asks for the right to create even where the schema is there.
  if (rows[0]?.[0] === null) await session.query('create schema rehouse')
  const applied = await appliedVersions(session)
  if (applied !== null && applied.newest >= file.version) return refuseNewer(applied, await readSchemaFiles())
  await session.script(file.sql)
  await session.query('insert into rehouse.schema_version (version, breaking) values ($1, $2)', [file.version, String(file.isBreaking)])
}

async function appliedVersions(session: Session): Promise<Applied | null> {
  const { rows: found } = await session.query(`select pg_catalog.to_regclass('rehouse.schema_version')`)
  if (found[0]?.[0] === null) return null
  const { rows } = await session.query(
    'select coalesce(max(version), 0), coalesce(max(version) filter (where breaking), 0) from rehouse.schema_version',
  )
  return { newest: Number(rows[0]?.[0]), newestBreaking: Number(rows[0]?.[1]) }
}

function newestVersion(files: readonly SchemaFile[]): number {
  return files.at(-1)?.version ?? 0
}

function refuseNewer(applied: Applied, files: readonly SchemaFile[]): void {
  if (applied.newestBreaking <= newestVersion(files)) return
  throw new RehouseError(
    'LEDGER_INVALID',
    `expected a ledger of version ${newestVersion(files)} or one it can read, got version ${applied.newest}`,
    {
      next: 'A newer Rehouse has worked here: use that version or a later one.',
    },
  )
}

async function checkOrMakeIdentity(session: Session, identity: LedgerIdentity): Promise<void> {
  const existing = await readIdentity(session)
  if (existing) return compareIdentity(existing, identity)
  await session.query('insert into rehouse.meta (migration, salt_fingerprint) values ($1, $2) on conflict do nothing', [
    identity.migration,
    identity.saltFingerprint,
  ])
  compareIdentity((await readIdentity(session)) ?? identity, identity)
}

/** The same checks without writing; a ledger that is absent passes. */
export async function checkLedgerIdentity(session: Session, identity: LedgerIdentity): Promise<void> {
  if ((await ledgerState(session)) === 'absent') return
  const existing = await readIdentity(session)
  if (existing) compareIdentity(existing, identity)
}

async function readIdentity(session: Session): Promise<LedgerIdentity | null> {
  const { rows } = await session.query('select migration, salt_fingerprint from rehouse.meta')
  const row = rows[0]
  return row ? { migration: String(row[0]), saltFingerprint: String(row[1]) } : null
}
