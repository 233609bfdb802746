import type { Counts } from './counts.ts'
import type { Tenant } from './mapping.ts'

/** What the ledger remembers, as plain records. Numbers of tenants and entities are allotted once per migration and never reused. */

export interface NumberedTenant extends Tenant {
  /** 1..65535; 0 is "no tenant" (shared rows). */
  readonly number: number
}

export interface NumberedEntity {
  /** 1..1023 */
  readonly number: number
  readonly name: string
  readonly service: string
  /** Head table, `schema.table`. */
  readonly table: string
}

export type RunStatus = 'running' | 'clean' | 'findings' | 'stopped' | 'interrupted' | 'failed'

export interface RunRecord {
  readonly id: string
  readonly status: RunStatus
  readonly migration: string
  readonly mappingHash: string
  readonly programVersion: string
  readonly operator: string
  readonly host: string
  readonly pid: number
  /** RFC 3339, UTC. */
  readonly startedAt: string
  readonly finishedAt: string | null
  /** What was asked for: tenants, entities, phase; so that a resume does the same. */
  readonly selection: RunSelection
  /** Kept in the audit alone: what else decided how it went. */
  readonly settings?: Readonly<Record<string, unknown>>
}

export interface RunSelection {
  readonly tenants: readonly string[] | null
  readonly entities: readonly string[] | null
  readonly phase: string | null
  /** Rows in quarantine are tried again; absent = they stay there. */
  readonly retries?: true
  /** Rows that changed in the source are updated; absent = they are kept. */
  readonly topUp?: true
  /** About so many rows of each entity and tenant, and what they refer to; absent = all rows. */
  readonly sample?: number
  /** With `topUp`: rows gone from the source are removed; absent = they are kept. */
  readonly deleteGone?: true
  /** Rows whose target is not what the program makes of the source are put right, whichever side changed; absent = they are kept. */
  readonly repairs?: true
}

export type TaskState = 'pending' | 'running' | 'loaded' | 'settled' | 'failed' | 'stopped'

/** States: pending → running → loaded (all rows read) → settled (references checked); failed and stopped return to running on resume. */
export interface TaskSpec {
  readonly entity: number
  /** 0 = shared. */
  readonly tenant: number
  readonly phase: string
  readonly service: string
}

export interface TaskRecord extends TaskSpec {
  readonly id: string
  readonly run: string
  readonly state: TaskState
  readonly fence: number
  /** Backend pid of the session that last claimed it. */
  readonly backend: number | null
  /** Key of the last source row done, each part as text; null = none yet. */
  readonly position: readonly string[] | null
  /** 1 = first reading; each catch-up reading begins a new pass. */
  readonly pass: number
  readonly snapshot: string | null
  readonly marker: string | null
  readonly consistency: Consistency | null
  readonly sourceCount: string | null
  readonly counts: Counts
  readonly seconds: number
  readonly failure: { readonly code: string; readonly message: string } | null
}

export type Consistency = 'snapshot' | 'frozen' | 'mixed'

export interface BatchRecord {
  readonly id: string
  readonly kind: 'load' | 'settle' | 'correct'
  readonly task: { readonly id: string; readonly fence: number }
  readonly run: string
  readonly entity: number
  readonly tenant: number
  readonly pass: number
  /** Position before and after; null = beginning, or a correction. */
  readonly after: readonly string[] | null
  readonly upTo: readonly string[] | null
  readonly snapshot: string
  /** One line per source relation the batch read; the CHECK holds the equation on each. */
  readonly counts: readonly CountLine[]
  /** What became of the owned rows of each loaded row that has some; absent = of none. */
  readonly owned?: readonly OwnedRows[]
  readonly outcomes: readonly OutcomeCount[]
  readonly quarantine: readonly QuarantineRow[]
  readonly exclusions: readonly { readonly key: readonly string[]; readonly code: string }[]
  readonly notes: readonly NoteRow[]
  readonly idMap: IdMapRows | null
  /** Rows that are other rows, each with the identifier of that one; absent = none. */
  readonly merged?: readonly { readonly key: readonly string[]; readonly id: string }[]
  /** Keys whose id map row goes away (corrections), or which are another row no more. */
  readonly unmapped: readonly (readonly string[])[]
  /** What the batch overwrote or removed, and what it added to rows that were there; absent = nothing. */
  readonly images?: readonly BeforeImage[]
  /** Keys that leave the quarantine although nothing else becomes of them; absent = none. */
  readonly resolved?: readonly (readonly string[])[]
  /** Keys whose refused parts leave the quarantine, because the row itself went; absent = none. */
  readonly resolvedParts?: readonly (readonly string[])[]
  /** SHA-256 of the tuples in the order sent; 32 bytes. */
  readonly digest: Buffer
  readonly bytes: number
  /** Rows written per target table `schema.table`; negative where a correction removed some. */
  readonly written: Readonly<Record<string, number>>
  readonly seconds: number
  /** State of the task after this batch. */
  readonly taskState: TaskState
  readonly sourceCount: string | null
}

/** What became of the rows of one source relation. */
export interface CountLine {
  readonly relation: string
  readonly counts: Counts
  readonly loadedEarlierInRun: number
  /** Rows the entity accounts for besides those it is made of (`owns`). */
  readonly isOwned?: true
  /** Of owned rows, with the last batch: the source's own count. */
  readonly sourceCount?: string
}

/** Owned rows of one loaded row. */
export interface OwnedRows {
  /** Of the row they belong to. */
  readonly key: readonly string[]
  readonly relation: string
  /** Those that became part of it, and those that rules left out of it. */
  readonly kept: number
  readonly excluded: number
  readonly quarantined: number
}

/** The line of an owned relation over a task's latest pass. */
export interface OwnedLine {
  readonly entity: number
  readonly tenant: number
  readonly relation: string
  readonly counts: Counts
  /** Null: not all rows were read. */
  readonly sourceCount: string | null
}

/** One row as it was before a batch changed it: of a target table, or (`ID_MAP_IMAGE`, `MERGED_IMAGE`) of the id map. */
export interface BeforeImage {
  /** Of the source row. */
  readonly key: readonly string[]
  /** `schema.table`. */
  readonly table: string
  readonly operation: 'update' | 'insert' | 'delete'
  /** How the row is found: the column, and its value as text. */
  readonly idColumn: string
  readonly id: string
  readonly columns: readonly string[]
  /** One binary COPY tuple of `columns`; null = the row was not there. */
  readonly before: Buffer | null
}

/** Columns: hash int8, batch int8. */
export const ID_MAP_IMAGE = 'rehouse.id_map'
/** Columns: id text, batch int8. The row was another row. */
export const MERGED_IMAGE = 'rehouse.merged'

/** Binary COPY tuples for the id map (see docs/ledger.md). `integer`: tenant int4, entity int2, key int8, id uuid, hash int8, batch int8. `text`: tenant int4, entity int2, key text (canonical, see key-text.ts), id text, hash int8, batch int8. */
export interface IdMapRows {
  readonly format: 'integer' | 'text'
  readonly rows: number
  readonly tuples: readonly Buffer[]
}

export interface OutcomeCount {
  readonly kind: 'value' | 'exclude' | 'quarantine' | 'note' | 'loss' | 'zone_gap' | 'zone_overlap' | 'lacking'
  /** Target column `table.column`, or '' for a rule. */
  readonly column: string
  readonly code: string
  readonly count: number
}

export interface QuarantineRow {
  readonly key: readonly string[]
  readonly code: string
  readonly column: string | null
  /** Never the value itself: see mask-value.ts. */
  readonly valueMasked: string | null
  /** One sentence without personal data: the constraint, the parent’s entity. */
  readonly detail: string | null
  /** Null: the whole row; else the refused part, `schema.table`. */
  readonly part: string | null
}

export interface NoteRow {
  readonly key: readonly string[]
  readonly code: string
  readonly column: string | null
}

/** What the ledger knows about a key. `hash`: 64-bit hash of the tuples as loaded, as decimal text. */
export type KnownKey =
  | { readonly state: 'loaded'; readonly id: string; readonly hash: string; readonly run: string; readonly batch: string }
  /** It is another row: `id` is that one's. */
  | { readonly state: 'merged'; readonly id: string; readonly run: string; readonly batch: string }
  | ({ readonly state: 'quarantined' } & Pick<QuarantineRow, 'code' | 'column' | 'valueMasked' | 'detail'>)
  | { readonly state: 'excluded'; readonly code: string }

export interface SchemaStep {
  readonly kind: 'guard' | 'drop_foreign_key' | 'drop_constraint' | 'drop_index' | 'disable_trigger'
  readonly schema: string
  readonly table: string
  /** Of the constraint, index or trigger. */
  readonly name: string
  /** SQL that does it and SQL that undoes it; opaque to all but the engine. */
  readonly apply: string
  readonly undo: string
}

export interface SchemaDebt extends SchemaStep {
  readonly id: string
  readonly run: string
}

export interface TaskFailure {
  readonly code: string
  readonly message: string
}
