import type { KeyIndex } from '../base/key-index.ts'
import type { MakeId } from './compile-own-id.ts'
import type { TablePlan } from './compile-table.ts'
import type { FunctionWatch } from './function-watch.ts'
import type { IdMapTemplate } from './id-map-writer.ts'
import type { OwnedRelation } from './owned-relation.ts'
import type { RowKey } from './row-key.ts'
import type { RowState } from './row-state.ts'

/** A rule that holds for a row seals its fate or leaves a note. */
export type ApplyRule = (row: RowState) => boolean

export interface ProgramParts {
  readonly state: RowState
  readonly key: RowKey
  readonly makeId: MakeId
  /** Decides rows without an element of a list, which have no key; null = there are none. */
  readonly before: ApplyRule | null
  readonly rules: readonly ApplyRule[]
  readonly tables: readonly TablePlan[]
  readonly idMap: IdMapTemplate
  /** The id map row has an integer key and a uuid; else both are text. */
  readonly isOrdered: boolean
  /** Where the entity's own keys are remembered; null = nobody refers to it. */
  readonly index: KeyIndex | null
  /** Relations the entity accounts for. */
  readonly owned: readonly OwnedRelation[]
  /** Watches the functions it calls; null = it calls none. */
  readonly watch: FunctionWatch | null
}
