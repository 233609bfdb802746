import { EXCLUDED as KEY_EXCLUDED, LOADED as KEY_LOADED, QUARANTINED as KEY_QUARANTINED, type KeyIndex } from '../base/key-index.ts'
import type { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import type { MappingValue } from '../model/mapping.ts'
import type { CompileContext, ParentFacts, ParentKey, ValueWanted } from './compile-context.ts'
import { compileCondition } from './compile-expression-source.ts'
import { compileOutcomes, type TakeOutcome } from './compile-outcome.ts'
import { QUARANTINED } from './outcome-registry.ts'
import { compileParentKey, HAS_KEY, NO_KEY, NULL_KEY } from './parent-key.ts'
import type { RowState, ValueSource } from './row-state.ts'

type RefValue = Extract<MappingValue, { kind: 'ref' }>

interface Candidate {
  readonly parent: ParentFacts
  readonly key: ParentKey
  readonly index: KeyIndex | null
}

/** The id of another entity's row, computed without a look-up; whether that row exists is asked of the key index. NULL stays NULL. */
export function compileRef(value: RefValue, wanted: ValueWanted, context: CompileContext): ValueSource | null {
  const type = builtinType('uuid')
  const own = ownHead(value, context)
  const when = value.when === null ? null : compileCondition(value.when, context)
  const write = own ?? compileLookup({ value, when }, wanted, context)
  if (write === null) return null
  if (when === null) return { type, slot: null, write }
  return { type, slot: null, write: (row, out) => (when(row) ? write(row, out) : out.null()) }
}

/** A part's reference to its own head: by the row's own key, to the row's own entity. The id is there, and the row cannot be missing. */
export function isOwnHead(value: RefValue, context: CompileContext): boolean {
  const isOwn = value.entities.length === 1 && value.entities[0] === context.entity.name
  const slots = value.from.map(expression => context.slots.resolve([expression.text.trim().replace(/^"(.*)"$/, '$1')])?.slot)
  return isOwn && slots.length === context.key.names.length && slots.every((slot, i) => slot === i)
}

function ownHead(value: RefValue, context: CompileContext): ValueSource['write'] | null {
  return isOwnHead(value, context) ? (row, out) => out.field(row.id, 0, 16) : null
}

interface Reference {
  readonly value: RefValue
  readonly when: ((row: RowState) => boolean) | null
}

function compileLookup({ value, when }: Reference, wanted: ValueWanted, context: CompileContext): ValueSource['write'] | null {
  const candidates: Candidate[] = []
  for (const name of value.entities) {
    const parent = context.parent(name)
    const key = parent && compileParentKey(value, parent, context)
    if (parent === null || key === null) return null
    const isSettled = context.settles.has(name)
    if (isSettled) settle({ value, when, wanted, parent, key }, context)
    const isUnchecked = isSettled || value.missing.some(outcome => outcome.take !== null && 'allow' in outcome.take)
    candidates.push({ parent, key, index: isUnchecked ? null : context.index(name) })
  }
  const target = { type: builtinType('uuid'), column: wanted.column, onLoss: [], at: value.at }
  const missing = value.missing.length > 0 ? compileOutcomes(value.missing, target, context) : null
  return candidates.length === 1
    ? oneParent(candidates[0] as Candidate, missing, wanted.column)
    : firstParent(candidates, missing, wanted.column)
}

/** What a settled reference may say of a missing parent is a quarantine code; anything else would have to change rows already written. */
function settle(
  { value, when, wanted, parent, key }: Reference & { wanted: ValueWanted; parent: ParentFacts; key: ParentKey },
  context: CompileContext,
): void {
  const take = value.missing[0]?.take ?? null
  const isCode = take !== null && 'quarantine' in take
  if (value.entities.length > 1 || (value.missing.length > 0 && !isCode && !(take !== null && 'allow' in take))) {
    const what = value.entities.length > 1 ? 'several candidates' : 'this outcome for `missing`'
    context.problems.error(
      'MANIFEST_NOT_SUPPORTED',
      `expected a reference inside a circle to name one entity and to quarantine what is missing, got ${what}`,
      value.at,
      'Write `missing: { quarantine: code }` or leave `missing` out; other outcomes for references to the entity itself are not supported yet.',
    )
    return
  }
  if (take !== null && 'allow' in take) return
  context.settled.push({ column: wanted.column, parent, key, missingCode: isCode ? take.quarantine : null, when })
}

function oneParent({ parent, key, index }: Candidate, missing: TakeOutcome | null, column: string): ValueSource['write'] {
  return (row, out) => {
    const result = key.read(row)
    if (result === NULL_KEY) {
      out.null()
      return true
    }
    if (result === HAS_KEY) {
      if (index === null) return writeId(key, out)
      const state = key.state(index)
      if (state === KEY_LOADED) return writeId(key, out)
      return takeMissing(row, out, { missing, column, state, parent })
    }
    if (result === NO_KEY) return takeMissing(row, out, { missing, column, state: 0, parent })
    return false
  }
}

function firstParent(candidates: readonly Candidate[], missing: TakeOutcome | null, column: string): ValueSource['write'] {
  const last = candidates[candidates.length - 1] as Candidate
  return (row, out) => {
    let state = 0
    for (const { key, index } of candidates) {
      const result = key.read(row)
      if (result === NULL_KEY) {
        out.null()
        return true
      }
      if (result !== HAS_KEY && result !== NO_KEY) return false
      if (result === NO_KEY) continue
      const found = index === null ? KEY_LOADED : key.state(index)
      if (found === KEY_LOADED) return writeId(key, out)
      state = Math.max(state, found)
    }
    return takeMissing(row, out, { missing, column, state, parent: last.parent })
  }
}

function writeId(key: ParentKey, out: TupleWriter): true {
  key.writeId(out)
  return true
}

function takeMissing(
  row: RowState,
  out: TupleWriter,
  lost: { missing: TakeOutcome | null; column: string; state: number; parent: ParentFacts },
): boolean {
  const taken = lost.missing?.(row, out)
  if (taken === true || taken === false) return taken
  row.seal(QUARANTINED, defaultCode(lost.state), lost.column)
  return false
}

/** What a reference without `missing` says, by what became of the parent (design.md, traps). */
export function defaultCode(state: number): 'parent_quarantined' | 'parent_excluded' | 'orphan' {
  if (state === KEY_QUARANTINED) return 'parent_quarantined'
  return state === KEY_EXCLUDED ? 'parent_excluded' : 'orphan'
}
