import { EXCLUDED as KEY_EXCLUDED, LOADED as KEY_LOADED, QUARANTINED as KEY_QUARANTINED, type KeyState } from '../base/key-index.ts'
import { keyParts } from '../base/key-text.ts'
import { hashTuples, hashView } from '../base/row-hash.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import { uuidText } from '../base/uuid-text.ts'
import { bug } from '../errors.ts'
import { ValueError } from '../expression/value-error.ts'
import type { BatchBuffers, TableBuffer } from './batch-buffers.ts'
import type { TablePlan, TuplePlan } from './compile-table.ts'
import { countOwned, countOwnedAside } from './count-owned.ts'
import type { StoppedCall } from './function-watch.ts'
import type { ListElements } from './list-elements.ts'
import { EXCLUDED, MERGED, NO_FATE, type OutcomeRegistry, QUARANTINED } from './outcome-registry.ts'
import type { ProgramParts } from './program-parts.ts'
import { integerText } from './row-key.ts'
import { FateSealed } from './row-state.ts'

/**
 * The heart: one source row in, tuples for target tables or another outcome out. Migrate, dry run, verify and sync run the same program.
 * A row is all or nothing: when one of its parts is refused, what the others wrote is taken back, unless the part is optional.
 */
export class RowProgram {
  readonly #parts: ProgramParts
  readonly #marks: Int32Array
  readonly #hash = new Int32Array(2)

  constructor(parts: ProgramParts) {
    this.#parts = parts
    this.#marks = new Int32Array(parts.tables.length * 2)
  }

  get tables(): readonly TablePlan[] {
    return this.#parts.tables
  }

  /** The batch number id map tuples carry from now on. */
  setBatch(batch: string): void {
    this.#parts.idMap.setBatch(batch)
  }

  /** Forgets the last key (a new reading begins). */
  restart(): void {
    this.#parts.key.restart()
  }

  get registry(): OutcomeRegistry {
    return this.#parts.state.registry
  }

  run(cursor: TupleCursor, batch: BatchBuffers): void {
    const { state } = this.#parts
    state.begin(cursor)
    batch.read++
    this.#mark(batch)
    if (this.#write(batch)) {
      this.#load(batch)
      return
    }
    this.#refuse(batch)
  }

  /**
   * Calls `step`, which runs rows, until it says false. Where a function does not come to an end, it is stopped in the middle of `step`: `stopped` is told and has the
   * row refused (`refuse`), and the next step follows.
   */
  watch(step: () => boolean, stopped: (call: StoppedCall) => void): void {
    const { watch } = this.#parts
    if (watch !== null) watch.rows(step, stopped)
    else while (step());
  }

  /** Ends the row whose call was stopped: in quarantine, nothing of it written. */
  refuse({ code, column, detail }: StoppedCall, batch: BatchBuffers): void {
    const { state } = this.#parts
    state.seal(QUARANTINED, code, column)
    state.fateDetail = detail
    this.#refuse(batch)
  }

  #refuse(batch: BatchBuffers): void {
    const { tables } = this.#parts
    for (let t = 0; t < tables.length; t++) this.#takeBack(batch, t)
    while (batch.parts.at(-1)?.row === batch.loaded) batch.parts.pop()
    this.#setAside(batch)
  }

  #mark(batch: BatchBuffers): void {
    const { tables } = batch
    for (let t = 0; t < tables.length; t++) {
      const table = tables[t] as BatchBuffers['idMap']
      this.#marks[2 * t] = table.writer.at
      this.#marks[2 * t + 1] = table.tuples
    }
  }

  #takeBack(batch: BatchBuffers, t: number): void {
    const table = batch.tables[t] as BatchBuffers['idMap']
    table.writer.at = this.#marks[2 * t] as number
    table.tuples = this.#marks[2 * t + 1] as number
  }

  /** False: the row's fate is sealed. */
  #write(batch: BatchBuffers): boolean {
    const { state, tables } = this.#parts
    if (!this.#decide()) return false
    for (let t = 0; t < tables.length; t++) {
      if ((tables[t] as TablePlan).isOptional) state.mark()
      if (!this.#writeTable(t, batch) && !this.#dropPart(t, batch)) return false
    }
    return true
  }

  /** Key, rules and id. False: the row's fate is sealed. */
  #decide(): boolean {
    const { state, key, makeId, rules, before } = this.#parts
    try {
      if (before !== null && !before(state)) return false
      if (!key.read(state)) return false
      for (const rule of rules) if (!rule(state)) return false
      for (const one of this.#parts.owned) one.sift(state)
      return makeId(state)
    } catch (error) {
      return this.#sealBy(error, null)
    }
  }

  #writeTable(t: number, batch: BatchBuffers): boolean {
    const { state, tables } = this.#parts
    const plan = tables[t] as TablePlan
    const buffer = batch.tables[t] as BatchBuffers['idMap']
    const out = buffer.writer
    let column = -1
    try {
      if (plan.when !== null && !plan.when(state)) return true
      for (const tuple of plan.tuples) {
        const { writers, when, note, elements } = tuple
        column = -1
        if (elements !== null) {
          if (!this.#writeElements(elements, { plan, tuple, buffer })) return false
          continue
        }
        if (when !== null && !when(state)) continue
        out.fieldCount(writers.length)
        for (column = 0; column < writers.length; column++) {
          if (!(writers[column] as (typeof writers)[number])(state, out)) return false
        }
        buffer.tuples++
        if (note !== null) state.note(note)
        if (plan.isChoice) return true
      }
    } catch (error) {
      return this.#sealBy(error, column < 0 ? null : `${plan.name}.${plan.columns[column]}`)
    }
    // The head is the row: without it there is nothing its parts and references could stand on.
    return !plan.isChoice || t > 0 || state.seal(QUARANTINED, 'no_shape', plan.name)
  }

  /** A tuple for each element of a list. False: the row's fate is sealed. */
  #writeElements(elements: ListElements, { plan, tuple, buffer }: { plan: TablePlan; tuple: TuplePlan; buffer: TableBuffer }): boolean {
    const { state } = this.#parts
    const { writers, when, note } = tuple
    const out = buffer.writer
    let column = -1
    try {
      if (!elements.begin(state)) return false
      while (elements.next(state)) {
        column = -1
        if (when !== null && !when(state)) continue
        if (!elements.isNew(state)) return false
        out.fieldCount(writers.length)
        for (column = 0; column < writers.length; column++) {
          if (!(writers[column] as (typeof writers)[number])(state, out)) return false
        }
        buffer.tuples++
        if (note !== null) state.note(note)
      }
      return true
    } catch (error) {
      return this.#sealBy(error, column < 0 ? null : `${plan.name}.${plan.columns[column]}`)
    }
  }

  /** What an expression throws is the row's trouble, or a bug. */
  #sealBy(error: unknown, column: string | null): false {
    const { state } = this.#parts
    if (error instanceof FateSealed && state.fate !== NO_FATE) return false
    if (error instanceof ValueError) return state.seal(QUARANTINED, 'invalid_value', column)
    throw error
  }

  /** An optional part that was refused goes alone, with the outcomes it took: counted and quarantined as a part, the row goes on. */
  #dropPart(t: number, batch: BatchBuffers): boolean {
    const { state, tables, key } = this.#parts
    const plan = tables[t] as TablePlan
    if (!plan.isOptional || state.fate !== QUARANTINED) return false
    this.#takeBack(batch, t)
    const { fateCode, fateColumn, fateValue, fateDetail } = state
    const refused = { code: fateCode, column: fateColumn, valueMasked: fateValue, detail: fateDetail, part: plan.name }
    batch.parts.push({ row: batch.loaded, refused: { key: key.parts(state), ...refused } })
    state.goBack()
    return true
  }

  #load(batch: BatchBuffers): void {
    const { state, key, tables } = this.#parts
    const hash = this.#hash
    hash[0] = 0
    hash[1] = 0
    for (let t = 0; t < tables.length; t++) {
      const table = batch.tables[t] as BatchBuffers['idMap']
      const start = this.#marks[2 * t] as number
      const tuples = table.tuples - (this.#marks[2 * t + 1] as number)
      // Here, not in there: most rows write one tuple to a table, and every row comes past.
      if (tuples < 2) hashView(table.writer.view, start, table.writer.at, hash)
      else hashTuples(table.writer.view, { start, end: table.writer.at, tuples }, hash)
      table.endRow()
    }
    if (key.isInteger) batch.addInteger(state.keyHalves)
    else batch.texts[batch.loaded] = state.keyText
    this.#writeIdMap(batch.idMap.writer)
    batch.addHash(hash)
    batch.idMap.tuples++
    batch.idMap.endRow()
    for (const outcome of state.taken) batch.addTaken(outcome)
    for (const note of state.notes) this.#note(batch, note)
    for (const member of state.refused) this.#refuseMember(batch, member)
    countOwned(batch, this.#parts)
    batch.loaded++
    this.#remember(KEY_LOADED)
  }

  #writeIdMap(out: BatchBuffers['idMap']['writer']): void {
    const { state, key, idMap, isOrdered } = this.#parts
    if (isOrdered) idMap.writeInteger(state, this.#hash, out)
    else idMap.writeText(state, { hash: this.#hash, key: key.isInteger ? integerText(state.keyHalves) : state.keyText }, out)
  }

  /** A refused member of a list is a part of the row it would have been in. */
  #refuseMember(batch: BatchBuffers, { part, code }: { part: string; code: string }): void {
    const refused = { key: this.#parts.key.parts(this.#parts.state), code, column: null, valueMasked: null, detail: null, part }
    batch.parts.push({ row: batch.loaded, refused })
  }

  #note(batch: BatchBuffers, { code, column }: { code: string; column: string | null }): void {
    const { state, key } = this.#parts
    batch.notes.push({ row: batch.loaded, note: { key: key.parts(state), code, column } })
    batch.addTaken(state.registry.number('note', column ?? '', code))
  }

  #setAside(batch: BatchBuffers): void {
    const { state, key } = this.#parts
    const parts = key.parts(state)
    if (state.fate === MERGED) this.#merge(batch, parts)
    else if (state.fate === EXCLUDED) {
      batch.excluded++
      batch.exclusions.push({ key: parts, code: state.fateCode, column: state.fateColumn ?? '' })
    } else if (state.fate === QUARANTINED) {
      batch.quarantine.push({
        key: parts,
        code: state.fateCode,
        column: state.fateColumn,
        valueMasked: state.fateValue,
        detail: state.fateDetail,
        part: null,
      })
    } else throw bug(`expected a row that is not loaded to have a fate, got ${state.fate}`)
    countOwnedAside(batch, parts, this.#parts)
    this.#remember(state.fate === MERGED ? KEY_LOADED : state.fate === EXCLUDED ? KEY_EXCLUDED : KEY_QUARANTINED)
  }

  #merge(batch: BatchBuffers, key: readonly string[]): void {
    const { state } = this.#parts
    batch.merged.push({ key, id: uuidText(state.id, 0), notes: state.notes.map(({ code, column }) => ({ key, code, column })) })
  }

  #remember(keyState: KeyState): void {
    const { state, key, index } = this.#parts
    // The first row of a doubled key stands, whatever became of it; its copies must not unmake it.
    if (index === null || !key.isKnown || key.isCopy) return
    const ordinal = key.isInteger ? index.add(state.keyHalves[0] as number, state.keyHalves[1] as number) : index.addText(state.keyText)
    if (index.state(ordinal) !== KEY_LOADED) index.setState(ordinal, keyState)
  }
}

/** The parts of a canonical key text that Rehouse itself wrote. */
export function partsOf(text: string): readonly string[] {
  const parts = keyParts(text)
  if (parts === null) throw bug('expected a canonical key text')
  return parts
}
