import type { DrivingList, ListedTables, RelationName, RowFate } from './driving-rows.ts'
import type { Expression, IdStrategy, JsonLiteral, MappingValue, NamedValue, Outcome } from './mapping-value.ts'
import type { Place } from './place.ts'

export type { DrivingList, ListedTables, RelationName, RowFate } from './driving-rows.ts'
export { TABLES } from './driving-rows.ts'
export type { Expression, IdStrategy, JsonLiteral, MappingValue, NamedValue, Outcome, RestMatch, RestTypesFrom } from './mapping-value.ts'

/** What is wanted: the manifest, read and checked for form, not yet against any database. Immutable. */
export interface Mapping {
  readonly migration: string
  readonly file: string
  /** SHA-256 (hex) of everything that decides what a row becomes: the canonical mapping and the options in force; not URLs, batch sizes or comments. */
  readonly hash: string
  readonly sources: readonly SourceRef[]
  /** Where rows go that a source cannot sort; null = the built-in PostgreSQL. */
  readonly staging: { readonly url: string; readonly at: Place } | null
  readonly tenants: TenantsFrom
  readonly time: { readonly gap: GapPolicy; readonly overlap: OverlapPolicy }
  readonly services: readonly ServiceRef[]
  /** Operator choices (`--set name=value`), resolved. */
  readonly options: Readonly<Record<string, string>>
  readonly cleanse: readonly CleanseRule[]
  /** Files of functions the mapping uses. */
  readonly functions: readonly FunctionFile[]
  readonly defaults: Defaults
  readonly stop: StopRules
  readonly phases: readonly Phase[]
  readonly views: readonly View[]
  readonly exclude: Exclusions
  readonly entities: readonly Entity[]
  /** Run in the target once all rows are there, in order; no part of what a row becomes. */
  readonly finish: readonly Finish[]
}

/** REFRESH MATERIALIZED VIEW, as written (plan/finish-statement.ts reads it). */
export interface Finish {
  readonly service: string
  readonly sql: string
  readonly at: Place
}

/** SQL over relations of the first source, read as a relation of its own: `view/name`. */
export interface View {
  readonly name: string
  readonly sql: string
  /** Columns that tell its rows apart. */
  readonly key: readonly string[]
  /** Rows with the same values here change together; empty = all rows do. No part of what a row becomes. */
  readonly within: readonly string[]
  readonly at: Place
}

/** Schema under which views stand in a catalogue. */
export const VIEWS = 'view'

export type GapPolicy = 'shift_forward' | 'shift_back' | 'quarantine'
export type OverlapPolicy = 'earlier' | 'later' | 'quarantine'

export interface SourceRef {
  readonly name: string
  /** May hold `{tenant.X}`: then there is one such source per tenant, else it is read once and shared. */
  readonly url: string
  readonly at: Place
}

export type TenantsFrom =
  | { readonly kind: 'single' }
  | { readonly kind: 'list'; readonly rows: readonly Readonly<Record<string, string>>[]; readonly at: Place }
  | { readonly kind: 'csv'; readonly file: string; readonly columns: TenantColumns; readonly at: Place }
  | { readonly kind: 'relation'; readonly relation: RelationName; readonly columns: TenantColumns; readonly at: Place }

/** Which column says what. Defaults: code, id, name, zone. `id` absent = version 5 UUID of the code. */
export interface TenantColumns {
  readonly key: string
  readonly id: string | null
  readonly name: string | null
  readonly zone: string | null
}

export interface Tenant {
  readonly code: string
  readonly id: string
  readonly name: string
  /** IANA name; null = none given: a zone-less local time is then refused. */
  readonly zone: string | null
  /** Every column of the tenant's row, for `{tenant.X}`. */
  readonly columns: Readonly<Record<string, string>>
}

export interface ServiceRef {
  readonly name: string
  readonly url: string
  /** The column of every table that carries the tenant's id; null = none. */
  readonly tenantColumn: string | null
  /** null = not said. */
  readonly triggers: 'fire' | 'disable' | null
  readonly session: Readonly<Record<string, string>>
  readonly at: Place
}

export interface FunctionFile {
  /** As written, relative to the manifest. */
  readonly file: string
  readonly source: string
}

/** Steps a text goes through, under a name. */
export interface CleanseRule {
  readonly name: string
  readonly steps: readonly CleanseStep[]
  readonly at: Place
}

export const CLEANSE_WORDS = ['trim', 'collapse', 'lower', 'upper', 'null_if_blank'] as const
export type CleanseWord = (typeof CLEANSE_WORDS)[number]

export type CleanseStep =
  | { readonly kind: 'word'; readonly word: CleanseWord }
  /** Whole texts; one that is not there stays. `to`: a text or null. */
  | { readonly kind: 'map'; readonly entries: readonly { readonly from: string; readonly to: JsonLiteral }[]; readonly at: Place }
  /** Each place the pattern (flags g, u) fits becomes `by`. */
  | { readonly kind: 'regex'; readonly pattern: string; readonly by: string; readonly at: Place }

export const CONFLICT_RULES = ['quarantine', 'skip', 'overwrite'] as const
/** Of a top-up run: what becomes of a row that changed in the source and in the target. */
export type ConflictRule = (typeof CONFLICT_RULES)[number]

export interface Defaults {
  /** null = `ordered` for integer keys, `hashed` for others. */
  readonly id: IdStrategy | null
  readonly onLoss: readonly Outcome[]
  readonly unmapped: 'error' | 'warn'
  readonly onConflict: ConflictRule
  readonly batch: BatchOptions
}

export interface BatchOptions {
  /** A batch closes at this many source rows or at `bytes`, whichever comes first. */
  readonly rows: number
  readonly bytes: number
  readonly retries: number
  readonly timeoutMs: number
}

/** Shares of rows read, 0..1. A tenant whose share is above one of these is stopped, once `minRows` were read. */
export interface StopRules {
  readonly quarantined: number
  readonly errors: number
  readonly minRows: number
}

export interface Phase {
  readonly name: string
  readonly entities: readonly string[]
}

export interface Exclusions {
  readonly tables: readonly Exclusion[]
  readonly columns: readonly Exclusion[]
}

export interface Exclusion {
  /** As written: `dbo.RolloverFtp`, `public.*`, `*.ModifiedBy_Old`, `login/dbo.X`; `*` stands for any characters but a dot. */
  readonly pattern: string
  readonly reason: string
  readonly rows: 'count' | 'audit' | null
  readonly at: Place
}

export interface Entity {
  readonly name: string
  readonly service: string
  /** `tenant: none`: rows shared by all tenants. */
  readonly isShared: boolean
  /** Not in the manifest’s `entities`: rows of a table excluded with `rows: audit`. It has no target table. */
  readonly isLeftOut: boolean
  readonly from: RelationName
  /** A tenant whose source lacks the relation has no rows of it. */
  readonly isOptional: boolean
  readonly mayLack: readonly string[]
  /** The driving row is one element of a list in a column. */
  readonly list: DrivingList | null
  /** The driving relation is many tables: `from` is what they are as one. */
  readonly tables: ListedTables | null
  /** Column names (of a list entity also `m.id` and `ordinal(m)`); null = the source's primary key; `content` = no key: rows are told apart by the digest of their content. */
  readonly key: readonly string[] | null | 'content'
  readonly id: IdStrategy | null
  readonly with: readonly Related[]
  readonly number: readonly Numbering[]
  readonly let: readonly NamedValue[]
  readonly rules: readonly Rule[]
  /** In order; the first is the head: `ref` yields its id. */
  readonly into: readonly Shape[]
  readonly batch: BatchOptions
  readonly onConflict: ConflictRule
  /** What a person typed in; no part of what a row becomes. */
  readonly examples: readonly Example[]
  readonly at: Place
}

export interface Example {
  /** Null: every tenant that has the row, or the shared rows. */
  readonly tenant: string | null
  readonly key: readonly string[]
  /** Columns of the head table. */
  readonly values: readonly { readonly column: string; readonly value: JsonLiteral; readonly at: Place }[]
  readonly at: Place
}

/** A row of another relation that belongs to the row: `name.Column` in expressions; NULL in all columns where there is none, quarantine `ambiguous_<name>` where there are several. */
export interface Related {
  readonly name: string
  readonly from: RelationName
  /** All must be equal; a NULL on either side equals nothing. */
  readonly match: readonly RelatedMatch[]
  /** Of its rows only those where this is true. */
  readonly where: Expression | null
  /** Rows that belong to it in turn: `name.inner.Column`; their `ours` is about its columns. */
  readonly with: readonly Related[]
  /** A list of all rows that match, in `order`, instead of one; null = one. */
  readonly many: RelatedMany | null
  /** The entity accounts for every row of the relation: it is matched with the whole key, and rows nobody asks for come to this end. Null: it does not. */
  readonly owns: RowFate | null
  readonly at: Place
}

export interface RelatedMatch {
  /** About the related relation's columns. */
  readonly theirs: Expression
  /** About the row. */
  readonly ours: MappingValue
}

/** What a list of related rows has besides. All of it is about one list: the rows that belong to one row. */
export interface RelatedMany {
  /** NULL last, text by code point, uuid by bytes; ties by the row’s content. */
  readonly order: readonly Expression[]
  readonly number: readonly Numbering[]
  /** Which members stay: `exclude` leaves one out, `quarantine` refuses it as a part of the row, `note` remarks the row. */
  readonly rules: readonly MemberRule[]
}

/** A dense position 1..n of the row among the rows with the same `within`, NULL where `where` is not true; ties go by the row's key. */
export interface Numbering {
  readonly name: string
  /** Empty: among all rows. */
  readonly within: readonly Expression[]
  /** NULL last, text by code point, uuid by bytes. */
  readonly order: readonly Expression[]
  readonly where: Expression | null
  readonly at: Place
}

export type Rule = MemberRule | SameAsRule

/** What the members of a list can have, too. */
export interface MemberRule {
  readonly when: Expression
  readonly fate: 'exclude' | 'quarantine' | 'note'
  readonly code: string
  readonly at: Place
}

/** The row is another row: it gets no target row of its own, and what refers to it refers to that one. */
export interface SameAsRule {
  readonly when: Expression
  readonly fate: 'same_as'
  /** The row it is: one entity, nothing taken where it is missing. */
  readonly row: Extract<MappingValue, { kind: 'ref' }>
  readonly at: Place
}

/** Whether rows of the entity may be other rows. */
export function mayMerge({ rules }: Pick<Entity, 'rules'>): boolean {
  return rules.some(rule => rule.fate === 'same_as')
}

export interface Shape {
  /** Target table. */
  readonly schema: string
  readonly table: string
  readonly columns: readonly NamedValue[]
  readonly when: Expression | null
  readonly note: string | null
  /** Further shapes of the same table: the first of all whose `when` holds is written. They fill the same columns and have no `each` and no shapes of their own. */
  readonly alternatives: readonly Shape[]
  /** A refused part is dropped and counted as a part instead of quarantining the row. Never the head. */
  readonly isOptional: boolean
  /** One row per group, whose names are `as`.name; or one per element of a list, which is `as` (`groups` is empty then). */
  readonly each: {
    readonly as: string
    readonly groups: readonly (readonly { readonly name: string; readonly value: Expression }[])[]
    readonly list: Expression | null
    readonly key: Expression
  } | null
  readonly at: Place
}
