import type { Identifiers } from '../cast/identifiers.ts'
import type { EventListener } from '../events.ts'
import type { LedgerIdentity } from '../ledger/ledger.ts'
import type { RunSelection } from '../model/ledger-records.ts'
import type { Mapping, ServiceRef, Tenant } from '../model/mapping.ts'
import type { RelatedWay } from '../plan/related-way.ts'
import type { Source } from '../source/source.ts'
import type { Service } from './load-context.ts'
import type { Hooks } from './seams.ts'
import type { ExtraRows } from './take-back-strays.ts'

/** A mapping with everything it names opened or ready to be opened; knows no engine. Whoever made it closes it. */
export interface Migration {
  readonly mapping: Mapping
  readonly identifiers: Identifiers
  readonly identity: LedgerIdentity
  /** In the manifest’s order; the first holds the control ledger. */
  readonly services: readonly (Service & { readonly ref: ServiceRef; readonly label: string })[]
  /** All tenants, in order. Rejects with TENANT_INVALID. */
  tenants(): Promise<readonly Tenant[]>
  isPerTenant(source: string): boolean
  /** A new connection; `tenant` null for a shared source. */
  openSource(source: string, tenant: Tenant | null): Promise<Source>
  /** Everything wanted of the tenant’s own sources was read, and they are closed: what was kept to read them may go. */
  doneWith?(tenant: Tenant | null): Promise<void>
  /** For tests: how related rows are got at wherever that is possible; absent = as is best. */
  readonly relatedWay?: RelatedWay
  /** The database rows are staged in, as `SourceFacts.identity` tells databases apart; null = the built-in one, which is nobody else’s. */
  stagingIdentity?(): Promise<string | null>
}

export interface RunOptions {
  readonly selection: RunSelection
  readonly dryRun: boolean
  /** Null: begin a new run. `latest` or an id: take one up. */
  readonly resume: string | null
  readonly wait: boolean
  readonly batchRows: number | null
  readonly signal: AbortSignal
  readonly emit: EventListener
  readonly hooks: Hooks
  readonly operator: string
  readonly host: string
  readonly pid: number
  readonly programVersion: string
  /** A new run's id. */
  readonly newRunId: string
  /** Tenants at once. */
  readonly lanes: number
  /** RFC 3339 UTC, for records. */
  wallClock(): string
  /** Monotonic milliseconds. */
  now(): number
  /** Another mapping than that of the run before was looked at and changes nothing that is loaded. */
  readonly acceptsMapping?: true
  /** A repair: rows nothing expects; those of ours that no key accounts for are taken back. Absent: none. */
  readonly extras?: ExtraRows
  /** Dry run: one line per decision. */
  readonly audit: ((line: unknown) => Promise<void>) | null
}
