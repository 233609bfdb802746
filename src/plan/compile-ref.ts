import {
  EXCLUDED as KEY_EXCLUDED,
  LOADED as KEY_LOADED,
  QUARANTINED as KEY_QUARANTINED,
  type KeyIndex,
  type KeyState,
  UNSEEN,
} from '../base/key-index.ts'
import type { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { type MappingValue, mayMerge } from '../model/mapping.ts'
import type { CompileContext, DrawKey, ParentFacts, ParentKey, SettledReference, ValueWanted } from './compile-context.ts'
import { compileCondition } from './compile-expression-source.ts'
import { compileOutcomes, isAllow, type TakeOutcome } from './compile-outcome.ts'
import { QUARANTINED } from './outcome-registry.ts'
import { compileParentKey, HAS_KEY, NO_KEY, NULL_KEY } from './parent-key.ts'
import type { RowState, ValueSource } from './row-state.ts'

type RefValue = Extract<MappingValue, { kind: 'ref' }>

interface Candidate {
  readonly entity: string
  readonly key: ParentKey
  /** Null: not looked up now. */
  readonly index: KeyIndex | null
}

/** The id of another entity's row, computed without a look-up; whether that row exists is asked of the key index, or settled afterwards. A key with a NULL in it refers to nothing: NULL. */
export function compileRef(value: RefValue, wanted: ValueWanted, context: CompileContext): ValueSource | null {
  const type = builtinType('uuid')
  const own = ownHead(value, context)
  const when = value.when === null ? null : compileCondition(value.when, context)
  const write = own ?? compileLookup(value, { ...wanted, when }, context)
  if (write === null) return null
  if (when === null) return { type, slot: null, write }
  return { type, slot: null, write: (row, out) => (when(row) ? write(row, out) : out.null()) }
}

/** A part's reference to its own head: by the row's own key, to the row's own entity. The id is there, and the row cannot be missing. */
export function isOwnHead(value: RefValue, context: CompileContext): boolean {
  // A member of a list is no row of the entity.
  const isOwn = !context.isMember && value.entities.length === 1 && value.entities[0] === context.entity.name
  const slots = value.from.map(expression => context.slots.resolve([expression.text.trim().replace(/^"(.*)"$/, '$1')])?.slot)
  return isOwn && slots.length === context.key.names.length && slots.every((slot, i) => slot === i)
}

function ownHead(value: RefValue, context: CompileContext): ValueSource['write'] | null {
  return isOwnHead(value, context) ? (row, out) => out.field(row.id, 0, 16) : null
}

interface RefWanted extends ValueWanted {
  readonly when: SettledReference['when']
}

function compileLookup(value: RefValue, wanted: RefWanted, context: CompileContext): ValueSource['write'] | null {
  const candidates: Candidate[] = []
  const isAllowed = value.missing.some(isAllow)
  for (const name of value.entities) {
    const parent = context.parent(name)
    const key = parent && compileParentKey(value, parent, context)
    if (parent === null || key === null) return null
    const isSettled = context.settles.has(name)
    if (isSettled && name !== context.entity.name) refuseEarly(value, parent, context)
    if (!isAllowed && (isSettled || context.late.has(name))) settle({ value, wanted, parent, key }, context)
    candidates.push({ entity: name, key, index: isSettled ? null : context.index(name) })
  }
  const target = { type: builtinType('uuid'), column: wanted.column, onLoss: [], at: value.at }
  const missing = value.missing.length > 0 ? compileOutcomes(value.missing, target, context) : null
  const lookup = { missing, column: wanted.column, isAllowed }
  if (context.draws !== null) return drawParents(candidates, { ...lookup, draws: context.draws })
  return candidates.length === 1 ? oneParent(candidates[0] as Candidate, lookup) : firstParent(candidates, lookup)
}

/** What a reference that waits may say of a missing parent is a quarantine code; anything else would have to change rows already written. */
function settle(
  { value, wanted, parent, key }: { value: RefValue; wanted: RefWanted; parent: ParentFacts; key: ParentKey },
  context: CompileContext,
): void {
  const isLate = context.late.has(parent.entity.name)
  const take = value.missing[0]?.take ?? null
  const missingCode = take !== null && 'quarantine' in take ? take.quarantine : null
  const obstacle =
    value.entities.length > 1
      ? 'several candidates'
      : !isLate && value.missing.length > 0 && missingCode === null
        ? 'this outcome for `missing`'
        : isLate && parent.entity.isShared !== context.entity.isShared
          ? 'rows of all tenants that are themselves checked only in a later phase'
          : null
  if (obstacle !== null) {
    context.problems.error(
      'MANIFEST_NOT_SUPPORTED',
      `expected a reference that is checked after the load to name one entity and to quarantine what is missing, got ${obstacle}`,
      {
        at: value.at,
        next: 'Write `missing: { quarantine: code }` or leave `missing` out, or put the entity it refers to into an earlier phase.',
      },
    )
    return
  }
  context.settled.push({ column: wanted.column, parent, key, missingCode, isLate, isSameAs: false, when: wanted.when, members: null })
}

/** The identifier to refer to is known once all of the parent's rows are. */
function refuseEarly(value: RefValue, parent: ParentFacts, { problems, entity }: CompileContext): void {
  const { name } = parent.entity
  const why = parent.strategy === 'lookup' ? 'whose identifiers are looked up (`id: lookup`)' : 'whose rows may be other rows (`same_as`)'
  if (parent.strategy !== 'lookup' && !mayMerge(parent.entity)) return
  problems.error(
    'MANIFEST_NOT_SUPPORTED',
    `expected ${name}, ${why}, to be loaded before ${entity.name}, which refers to it, got it after`,
    {
      at: value.at,
      next: `Put ${name} into an earlier phase, and see that it does not refer to ${entity.name}.`,
    },
  )
}

interface Lookup {
  readonly missing: TakeOutcome | null
  readonly column: string
  /** A missing parent is let be: the reference is written all the same, after what the outcomes note. */
  readonly isAllowed: boolean
}

function oneParent({ key, index }: Candidate, lookup: Lookup): ValueSource['write'] {
  return (row, out) => {
    const result = key.read(row)
    if (result === NULL_KEY) return out.null()
    if (result === HAS_KEY) {
      const state = index === null ? KEY_LOADED : key.state(index)
      return state === KEY_LOADED ? writeId(key, out) : takeMissing(row, out, { ...lookup, state, key })
    }
    return result === NO_KEY && takeMissing(row, out, { ...lookup, state: UNSEEN, key: null })
  }
}

/** The first in which the key exists; the reason, where it does in none, is what became of it in the first that knows it. */
function firstParent(candidates: readonly Candidate[], lookup: Lookup): ValueSource['write'] {
  return (row, out) => {
    let state: KeyState = UNSEEN
    let first: ParentKey | null = null
    for (const { key, index } of candidates) {
      const result = key.read(row)
      if (result === NULL_KEY) return out.null()
      if (result === NO_KEY) continue
      if (result !== HAS_KEY) return false
      const found = index === null ? KEY_LOADED : key.state(index)
      if (found === KEY_LOADED) return writeId(key, out)
      first ??= key
      if (state === UNSEEN) state = found
    }
    return takeMissing(row, out, { ...lookup, state, key: first })
  }
}

/** Tells what the reference may lead to, and takes the first that a key could be of. */
function drawParents(candidates: readonly Candidate[], { draws, ...lookup }: Lookup & { draws: DrawKey }): ValueSource['write'] {
  return (row, out) => {
    let first: ParentKey | null = null
    for (const { entity, key } of candidates) {
      const result = key.read(row)
      if (result === NULL_KEY) return out.null()
      if (result === NO_KEY) continue
      if (result !== HAS_KEY) return false
      draws(entity, key)
      first ??= key
    }
    return first === null ? takeMissing(row, out, { ...lookup, state: UNSEEN, key: null }) : writeId(first, out)
  }
}

function writeId(key: ParentKey, out: TupleWriter): true {
  key.writeId(out)
  return true
}

/** `key` null: the value can be no key of the parent, so there is no identifier to write either. */
function takeMissing(row: RowState, out: TupleWriter, lost: Lookup & { state: KeyState; key: ParentKey | null }): boolean {
  const taken = lost.missing === null ? null : lost.missing(row, out)
  if (taken !== null) return taken
  if (lost.isAllowed && lost.key !== null) return writeId(lost.key, out)
  return row.seal(QUARANTINED, defaultCode(lost.state), lost.column)
}

/** What a reference without `missing` says, by what became of the parent (design.md, traps). */
export function defaultCode(state: KeyState): 'parent_quarantined' | 'parent_excluded' | 'orphan' {
  if (state === KEY_QUARANTINED) return 'parent_quarantined'
  return state === KEY_EXCLUDED ? 'parent_excluded' : 'orphan'
}
