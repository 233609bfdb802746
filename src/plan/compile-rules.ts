import { type KeyIndex, LOADED, NOT_FOUND } from '../base/key-index.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { ValueError } from '../expression/value-error.ts'
import type { SameAsRule } from '../model/mapping.ts'
import type { CompileContext, DrawKey, ParentKey } from './compile-context.ts'
import { compileCondition } from './compile-expression-source.ts'
import { compileLookedUpId, type LookUpId } from './compile-look-up.ts'
import type { MakeId } from './compile-own-id.ts'
import { defaultCode, isOwnHead } from './compile-ref.ts'
import { hasOwnIds } from './has-own-ids.ts'
import { MergedStore } from './merged-store.ts'
import { EXCLUDED, MERGED, QUARANTINED } from './outcome-registry.ts'
import { compileParentKey, HAS_KEY, SEALED } from './parent-key.ts'
import type { ApplyRule } from './program-parts.ts'
import type { RowKey } from './row-key.ts'
import { FateSealed, type RowState } from './row-state.ts'

/** Finds out which rows are other rows, and whose identifiers that are looked up are, from all rows, read once before the first is run: a row may refer to one that comes after it. */
export interface SameAsLoader {
  readonly store: MergedStore
  take(cursor: TupleCursor): void
  /** After the last row. */
  finish(): void
}

export interface CompiledRules {
  readonly rules: readonly ApplyRule[]
  /** Null: identifiers are not looked up. */
  readonly makeId: MakeId | null
  /** Null: all identifiers are made of the rows’ own keys, or nothing is loaded. */
  readonly merged: SameAsLoader | null
}

interface Setting {
  readonly rowKey: RowKey
  /** Decides rows without an element of a list, which have no key. */
  readonly before: ApplyRule | null
  /** Null: identifiers are not looked up. */
  readonly lookUp: LookUpId | null
}

/** An entity's rules in their order; the first terminal one that holds seals the row's fate. */
export function compileRules(setting: Setting, context: CompileContext): CompiledRules {
  const { entity } = context
  const store = context.merged ?? new MergedStore()
  const index = hasOwnIds({ entity, strategy: setting.lookUp === null ? 'made' : 'lookup' }) ? context.aliases(entity.name) : null
  const finder = new MergeFinder()
  const rules = entity.rules.map(rule => {
    const holds = compileCondition(rule.when, context)
    if (rule.fate === 'note') return noteRule(rule.code, holds)
    if (rule.fate !== 'same_as') {
      finder.add({ holds, merge: null })
      const fate = rule.fate === 'exclude' ? EXCLUDED : QUARANTINED
      return (row: RowState) => !holds(row) || row.seal(fate, rule.code, null)
    }
    const merge = compileSameAs(rule, finder, context)
    finder.add({ holds, merge })
    const apply = merge === null ? () => false : applyMerge(merge, { store, rowKey: setting.rowKey, index, draws: context.draws })
    return (row: RowState) => !holds(row) || apply(row)
  })
  const makeId = setting.lookUp && compileLookedUpId(setting.lookUp, { store, rowKey: setting.rowKey, index })
  return { rules, makeId, merged: index === null ? null : compileLoader({ ...setting, store, finder, index }, context) }
}

function noteRule(code: string, holds: (row: RowState) => boolean): ApplyRule {
  const note = { code, column: null }
  return row => {
    if (holds(row)) row.notes.push(note)
    return true
  }
}

/** The row another row is. */
interface Merge {
  readonly entity: string
  readonly isOwn: boolean
  readonly key: ParentKey
  /** Null: whether it is there is settled afterwards, or only checked. */
  readonly index: KeyIndex | null
}

/** Which row a row is, told from its rules alone. */
class MergeFinder {
  readonly #rules: { readonly holds: (row: RowState) => boolean; readonly merge: Merge | null }[] = []

  add(rule: { readonly holds: (row: RowState) => boolean; readonly merge: Merge | null }): void {
    this.#rules.push(rule)
  }

  /** Null: none, or the rules set it aside. Throws what a rule's expression throws. */
  find(row: RowState): Merge | null {
    return this.#rules.find(rule => rule.holds(row))?.merge ?? null
  }

  /** Whether no rule decides about the row. Throws what a rule's expression throws. */
  lets(row: RowState): boolean {
    return !this.#rules.some(rule => rule.holds(row))
  }
}

function compileSameAs({ row: named, at }: SameAsRule, finder: MergeFinder, context: CompileContext): Merge | null {
  const entity = named.entities[0] ?? ''
  const isOwn = entity === context.entity.name
  const parent = context.parent(entity)
  // Chains inside the entity are followed to their end by the store: here the row named is meant, whatever became of it.
  const key = parent && compileParentKey(named, parent, isOwn ? { ...context, aliases: () => null } : context)
  if (parent === null || key === null) return null
  if (isOwnHead(named, context)) {
    context.problems.error(
      'MANIFEST_INVALID',
      `expected the key of another row under \`same_as\`, got the key of the row itself (${context.key.names.join(', ')})`,
      { at, next: 'Name the column that holds the key of the row it is.' },
    )
    return null
  }
  const isLate = context.late.has(entity)
  const refuse = (expected: string, next: string): null => {
    context.problems.error('MANIFEST_NOT_SUPPORTED', expected, { at, next })
    return null
  }
  if (!isOwn && context.settles.has(entity))
    return refuse(
      `expected \`same_as\` to name ${context.entity.name} itself or an entity loaded before it, got ${entity}, which is loaded after it or refers to it`,
      `Put ${entity} into an earlier phase, and see that it does not refer to ${context.entity.name}.`,
    )
  if (isLate && parent.entity.isShared !== context.entity.isShared)
    return refuse(
      `expected \`same_as\` to name shared rows that are settled when ${context.entity.name} is loaded, got ${entity}, which waits for a later phase`,
      `Put what ${entity} refers to into an earlier phase.`,
    )
  const merge: Merge = { entity, isOwn, key, index: isOwn ? null : context.index(entity) }
  if (isLate || context.settles.has(entity)) {
    const when = (row: RowState): boolean => finder.find(row) === merge
    context.settled.push({ column: '', parent, key, missingCode: null, isLate, isSameAs: true, when, members: null })
  }
  return merge
}

interface MergeInto {
  readonly store: MergedStore
  readonly rowKey: RowKey
  /** Of the entity's own keys; null = only checking. */
  readonly index: KeyIndex | null
  /** Told the row named; null = nobody asks. */
  readonly draws: DrawKey | null
}

function applyMerge({ entity, key, index }: Merge, own: MergeInto): ApplyRule {
  const refuse = (row: RowState, code: string): false => {
    row.seal(QUARANTINED, code, null)
    row.fateDetail = `is said to be a row of ${entity}`
    return false
  }
  const scratch = new TupleWriter(32)
  return row => {
    const result = key.read(row)
    if (result === SEALED) return false
    if (result !== HAS_KEY) return refuse(row, 'orphan')
    own.draws?.(entity, key)
    const state = index === null ? LOADED : key.state(index)
    if (state !== LOADED) return refuse(row, defaultCode(state))
    const ordinal = own.index === null ? NOT_FOUND : own.rowKey.find(row, own.index)
    if (own.store.isCircle(ordinal)) return refuse(row, 'same_as_circle')
    if (!own.store.copyId(ordinal, row.id)) {
      scratch.reset()
      key.writeId(scratch)
      scratch.buf.copy(row.id, 0, 4, 20)
    }
    return row.seal(MERGED, '', null)
  }
}

function compileLoader(
  of: Setting & { store: MergedStore; finder: MergeFinder; index: KeyIndex },
  { state }: CompileContext,
): SameAsLoader {
  const { rowKey, before, lookUp, store, finder, index } = of
  const scratch = new TupleWriter(32)
  const id = Buffer.alloc(16)
  const takeRow = (): void => {
    if ((before !== null && !before(state)) || !rowKey.read(state)) return
    if (lookUp !== null && finder.lets(state)) {
      if (lookUp.read(state, id)) store.claim(rowKey.add(state, index), id)
      return
    }
    const merge = finder.find(state)
    if (merge === null || merge.key.read(state) !== HAS_KEY) return
    scratch.reset()
    merge.key.writeId(scratch)
    scratch.buf.copy(id, 0, 4, 20)
    store.add(rowKey.add(state, index), { id, own: merge.isOwn ? merge.key.ordinal(index) : null })
  }
  const take = (cursor: TupleCursor): void => {
    state.begin(cursor)
    try {
      takeRow()
    } catch (error) {
      // The program refuses such a row when it comes to it.
      if (!(error instanceof ValueError || error instanceof FateSealed)) throw error
    }
  }
  return { store, take, finish: () => store.finish(index) }
}
