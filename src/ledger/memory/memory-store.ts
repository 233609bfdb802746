import type {
  BatchRecord,
  NumberedEntity,
  NumberedTenant,
  QuarantineRow,
  RunRecord,
  SchemaDebt,
  TaskRecord,
} from '../../model/ledger-records.ts'
import type { AuditRecord } from '../audit-chain.ts'
import type { Holder, LedgerIdentity } from '../ledger.ts'

export type StoredTask = Omit<TaskRecord, 'counts' | 'seconds'>

export interface StoredQuarantine extends QuarantineRow {
  readonly ordinal: number
  readonly batch: string
  readonly firstRun: string
  readonly lastRun: string
  readonly resolvedBatch: string | null
}

export interface MappedKey {
  readonly id: string
  readonly hash: string
  readonly batch: string
  /** As in PostgreSQL: keys of the two formats live apart. */
  readonly format: 'integer' | 'text'
}

/** What the ledger knows about the keys of one entity and tenant. All maps by canonical key text; quarantine by key, part and ordinal. */
export interface KeyRoom {
  readonly mapped: Map<string, MappedKey>
  /** Keys whose row is another row. */
  readonly merged: Map<string, { readonly id: string; readonly batch: string }>
  readonly quarantine: Map<string, StoredQuarantine>
  readonly excluded: Map<string, string>
}

/** A ledger's content: plain maps. It outlives the ledgers opened on it, as a database outlives its connections. */
export class MemoryStore {
  identity: LedgerIdentity | null = null
  readonly tenants = new Map<number, NumberedTenant>()
  readonly entities = new Map<number, NumberedEntity>()
  nextTenant = 1
  nextEntity = 1
  readonly runs = new Map<string, { readonly record: RunRecord; readonly summary: unknown }>()
  readonly tasks = new Map<string, StoredTask>()
  /** Who writes for a task, until it says that it no longer does. */
  readonly backends = new Map<string, number>()
  /** Tasks whose batch is recorded and not committed: in PostgreSQL their row would be locked. */
  readonly writing = new Set<string>()
  readonly batches = new Map<string, BatchRecord>()
  nextBatch = 1
  readonly steps = new Map<string, SchemaDebt>()
  /** Statement that ended a run → the newest batch there was. */
  readonly finished = new Map<string, bigint>()
  nextStep = 1
  readonly audit: AuditRecord[] = []
  holder: (Holder & { readonly since: string }) | null = null
  readonly #rooms = new Map<string, KeyRoom>()

  room({ entity, tenant }: { readonly entity: number; readonly tenant: number }): KeyRoom {
    const name = `${entity}/${tenant}`
    const known = this.#rooms.get(name)
    if (known) return known
    const room: KeyRoom = { mapped: new Map(), merged: new Map(), quarantine: new Map(), excluded: new Map() }
    this.#rooms.set(name, room)
    return room
  }

  rooms(): readonly { readonly entity: number; readonly tenant: number; readonly room: KeyRoom }[] {
    return [...this.#rooms].map(([name, room]) => {
      const [entity, tenant] = name.split('/').map(Number)
      return { entity: entity ?? 0, tenant: tenant ?? 0, room }
    })
  }

  tenantCode(number: number): string | null {
    return this.tenants.get(number)?.code ?? null
  }
}

/** Parts of one row in the same table have no name of their own: they are counted. */
export function quarantineName(key: string, place: { readonly part: string | null; readonly ordinal: number }): string {
  return `${key}\0${place.part ?? ''}\0${place.ordinal}`
}
