import type { TestContext } from 'node:test'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openMemoryLedger } from '../../src/ledger/memory/memory-ledger.ts'
import { MemoryStore } from '../../src/ledger/memory/memory-store.ts'
import { openPostgresLedger } from '../../src/ledger/postgres/postgres-ledger.ts'
import { MemoryTarget } from '../../src/target/memory/memory-target.ts'
import { openPostgresTarget } from '../../src/target/postgres/postgres-target.ts'
import type { Target, Writer } from '../../src/target/target.ts'
import { newDatabase, type Version } from '../support/postgres.ts'
import { ddlOf, relationOf, type TableSpec } from './table-spec.ts'

/** What every ledger must do. An engine makes a target with one table, and ledgers in the same database. */
export interface LedgerEngine {
  readonly name: string
  open(t: TestContext): Promise<LedgerBed>
}

export interface LedgerBed {
  /** Another ledger on the same database. Closed after the test. */
  ledger(): Ledger
  /** A session of the target. Closed after the test. */
  writer(): Promise<Writer>
  /** Rows committed to the table of the target. */
  rowsStored(): Promise<number>
}

/** Where batches put a row, so that it shows whether rows and ledger share their fate. */
export const KEPT: TableSpec = { name: 'kept', columns: [{ name: 'id', type: 'int8' }], primaryKey: ['id'] }

export const memoryLedger: LedgerEngine = {
  name: 'memory',
  open: async t => {
    const target = new MemoryTarget({ service: 'app', relations: [relationOf(KEPT)] })
    const store = new MemoryStore()
    const open = () => openMemoryLedger({ store, endBackend: backend => target.terminate(backend) })
    return bedOf(closer(t), { target, open, rowsStored: () => Promise.resolve(target.rows({ schema: 'public', name: 'kept' }).length) })
  },
}

export function postgresLedger(version: Version): LedgerEngine {
  return {
    name: `PostgreSQL ${version}`,
    open: async t => {
      // Hooks run in the order in which they are set: ours before the database is dropped.
      const keep = closer(t)
      const database = await newDatabase(t, { version })
      await database.script(ddlOf(KEPT))
      const url = await database.writerUrl()
      const target = openPostgresTarget({ service: 'app', url, settings: {}, applicationName: 'rehouse contract' })
      const open = () => openPostgresLedger({ ...POSTGRES, url })
      return bedOf(keep, { target, open, rowsStored: async () => Number((await database.sql('select count(*) from public.kept'))[0]?.[0]) })
    },
  }
}

/** A decoder that knows nothing: identifiers of the tests say nothing. */
const POSTGRES = { applicationName: 'rehouse contract', auditKey: Buffer.alloc(32, 7), decode: () => null, unindexed: 'scan' } as const

type Keep = <T extends { close(): Promise<void> }>(one: T) => T

/** Closes what it was given, last one first, when the test ends. */
export function closer(t: TestContext): Keep {
  const open: { close(): Promise<void> }[] = []
  t.after(async () => {
    for (const one of open.reverse()) await one.close()
  })
  return one => {
    open.push(one)
    return one
  }
}

function bedOf(
  keep: Keep,
  parts: { readonly target: Target; readonly open: () => Ledger; readonly rowsStored: () => Promise<number> },
): LedgerBed {
  keep(parts.target)
  return { ledger: () => keep(parts.open()), writer: async () => keep(await parts.target.openWriter()), rowsStored: parts.rowsStored }
}
