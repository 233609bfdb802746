import type { KeyIndex, KeyState } from '../base/key-index.ts'
import type { TupleWriter } from '../base/tuple-writer.ts'
import type { Loss } from '../cast/cast.ts'
import type { Identifiers } from '../cast/identifiers.ts'
import type { KeyEquality, Relation, TargetRelation } from '../model/catalogue.ts'
import type { FunctionUses } from '../model/function-uses.ts'
import type { NumberedTenant } from '../model/ledger-records.ts'
import type { Entity, IdStrategy, Mapping, MappingValue, Outcome, Related, ServiceRef } from '../model/mapping.ts'
import type { Place } from '../model/place.ts'
import type { SourceKey } from '../model/source-key.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { FunctionWatch } from './function-watch.ts'
import type { MergedStore } from './merged-store.ts'
import type { NumberStore } from './number-store.ts'
import type { OwnedRelation } from './owned-relation.ts'
import type { Problems } from './problems.ts'
import type { RelatedStore } from './related-store.ts'
import type { RelatedWay } from './related-way.ts'
import type { RowList } from './row-list.ts'
import type { RowState, ValueSource } from './row-state.ts'
import type { SlotTable } from './slot-table.ts'

/** What a reference must know about the entity it points to, in the same tenant (or among the shared rows). */
export interface ParentFacts {
  readonly entity: Entity
  readonly number: number
  /** 0 for shared rows. */
  readonly tenantNumber: number
  readonly strategy: IdStrategy
  readonly keyTypes: readonly SqlType[]
  /** How the key's columns compare texts, where their collations are known. */
  readonly keyEqualities: readonly (KeyEquality | undefined)[]
}

/** The key of an entity's rows, as the source delivers it. */
export interface KeyPlan {
  readonly source: SourceKey
  readonly names: readonly string[]
  readonly types: readonly SqlType[]
  /** How the columns compare texts, where their collations are known. */
  readonly equalities: readonly (KeyEquality | undefined)[]
  /** One int2, int4 or int8: ids and look-ups work on two 32-bit halves. */
  readonly isInteger: boolean
  /** The source guarantees that no two rows share it. */
  readonly isUnique: boolean
  /** Of elements of a list: the key of the rows that hold the lists (`source` is theirs), and what each part is. Null: a plain entity. */
  readonly list: { readonly parent: KeyPlan; readonly parts: readonly KeyPart[] } | null
}

/** A part of an element's key. */
export type KeyPart =
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'member'; readonly path: readonly string[] }
  | { readonly kind: 'ordinal' }

/** A related relation, found in its source's catalogue. */
export interface RelatedFacts {
  readonly relation: Relation
  readonly sourceVersion: number
}

/** Everything the compilation of one entity for one tenant's catalogue works from. */
export interface CompileInput {
  readonly mapping: Mapping
  readonly entity: Entity
  readonly entityNumber: number
  readonly service: ServiceRef
  /** Null: shared rows. */
  readonly tenant: NumberedTenant | null
  readonly relation: Relation
  readonly sourceVersion: number
  readonly targets: ReadonlyMap<string, TargetRelation>
  readonly targetVersion: number
  readonly identifiers: Identifiers
  readonly parent: (entity: string) => ParentFacts | null
  /** By path (`name`, `outer.inner`); null = not found, which was reported. */
  readonly related: (path: string) => RelatedFacts | null
  /** Related rows that are in memory already, by path. */
  readonly stores: ReadonlyMap<string, RelatedStore>
  /** Whether the source can deliver rows of other relations of it with the driving rows (Catalogue.attaches). */
  readonly attaches: 'direct' | 'staged' | null
  /** For tests: how related rows are got at wherever that is possible; null = as is best. */
  readonly forcedWay: RelatedWay | null
  /** Positions that are computed already; null = compile what computes them. */
  readonly numbers: NumberStore | null
  /** Rows that are known to be other rows; null = compile what finds them. */
  readonly merged: MergedStore | null
  /** Null: existence is not looked up now (settled afterwards, or only checking). */
  readonly index: (entity: string) => KeyIndex | null
  /** Told each key a row refers to another entity by, of every candidate; no reference is missing then. Null: nobody asks. */
  readonly draws: DrawKey | null
  /** Where rows that are other rows are remembered, of an entity that has such; null = only checking. */
  readonly aliases: (entity: string) => KeyIndex | null
  /** Entities whose references from this one are settled afterwards. */
  readonly settles: ReadonlySet<string>
  /** Entities that are looked up now, and whose rows may be taken back afterwards. */
  readonly late: ReadonlySet<string>
  /** How long a call of a function may take; absent: CALL_MS (function-watch.ts). */
  readonly callMs?: number
}

export interface CompileContext extends CompileInput {
  readonly key: KeyPlan
  readonly problems: Problems
  readonly state: RowState
  readonly slots: SlotTable
  /** The two compilers others call back into; handed in so that the files stay free of cycles. */
  readonly compilers: Compilers
  /** The columns `rest` gathers. */
  readonly rest: readonly string[]
  /** What values of a list’s members are compiled in, by the list’s name. */
  readonly members: Map<string, CompileContext>
  /** Compiled in here are values of related rows, not of the entity's own. */
  readonly isMember: boolean
  /** Related rows and lists as a whole, by name: what a function may be given. */
  readonly wholes: Map<string, WholeRelated>
  /** Keeps calls of functions from going on for ever. */
  readonly watch: FunctionWatch
  /** Filled while compiling: what functions are given. */
  readonly functions: Omit<FunctionUses, 'entity'>[]
  /** Filled while compiling: relations the entity accounts for. */
  readonly owned: OwnedRelation[]
  /** Filled while compiling: references to be settled after the load. */
  readonly settled: SettledReference[]
}

/** A related row, or a list of them, as one value. */
export interface WholeRelated {
  readonly related: Related
  /** What its columns and its own related rows are values of. */
  readonly inner: CompileContext
  /** Those nobody excludes. */
  readonly columns: readonly string[]
  /** Slot of the row it belongs to: NULL where there is no related row; of a list: how many. */
  readonly found: number
  readonly list: RowList | null
}

export interface Compilers {
  value(value: MappingValue, wanted: ValueWanted, context: CompileContext): ValueSource | null
  cast(source: ValueSource, wanted: CastWanted, context: CompileContext): CastSource | null
}

/** What a value is to become. `type` null: nobody asks for one (a `let`): the value keeps its own. */
export interface ValueWanted {
  readonly type: SqlType | null
  /** For counting and quarantine: `table.column`. */
  readonly column: string
}

export interface CastWanted {
  readonly type: SqlType
  readonly column: string
  readonly onLoss: readonly Outcome[]
  readonly at: Place
}

export interface CastSource extends ValueSource {
  readonly how: 'bytes' | 'cast'
  readonly loss: Loss
  readonly sentence: string
}

/** Reads the parent's key out of a row, then answers questions about it until the next `read`. */
export interface ParentKey {
  /** HAS_KEY, NULL_KEY, NO_KEY or SEALED (parent-key.ts). */
  read(row: RowState): number
  /** The ordinal in the index; NOT_FOUND. */
  find(index: KeyIndex): number
  /** What the index knows of it. */
  state(index: KeyIndex): KeyState
  /** Its ordinal in the index, added as unseen if need be. */
  ordinal(index: KeyIndex): number
  /** The parent's id as a uuid field. */
  writeId(out: TupleWriter): void
}

/** The key stands until the next row. */
export type DrawKey = (entity: string, key: ParentKey) => void

/** A reference whose parent is looked up after the entity is loaded (to itself, in a circle, or to what may still be taken back). */
export interface SettledReference {
  readonly column: string
  readonly parent: ParentFacts
  readonly key: ParentKey
  /** Quarantine code the mapping gives a missing parent; null = by what became of it. */
  readonly missingCode: string | null
  /** The parent was found when the row was loaded: only taking it back afterwards counts. */
  readonly isLate: boolean
  /** The row itself is the parent: only merged rows have this reference, and no other. */
  readonly isSameAs: boolean
  /** Whether the row has this reference at all; null = always. */
  readonly when: ((row: RowState) => boolean) | null
  /** Of a reference in each member of a list: visits the members of the row, about which `key` is asked. Null = the row itself has it. */
  readonly members: ((row: RowState, visit: (member: RowState) => void) => void) | null
}
