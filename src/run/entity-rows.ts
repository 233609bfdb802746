import { TupleCursor } from '../base/tuple-cursor.ts'
import { bug } from '../errors.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import { ElementRows } from '../plan/element-rows.ts'
import type { EntityFacts } from '../plan/tenant-plan.ts'
import { nextRow, sourceInvalid } from './next-row.ts'

/** The rows of an entity, out of what its source delivers: chunks in, a cursor at one row after the other. */
export interface EntityRows {
  readonly cursor: TupleCursor
  /** Nobody else may look at the chunk any more. */
  push(chunk: Buffer): void
  /** Throws SOURCE_INVALID. */
  next(): boolean
  /** Bytes that are no whole row yet. */
  readonly pending: number
  /** Whether the row at hand belongs with the one before: a batch must not end between the two. */
  readonly continues: boolean
  /** The position after the row at hand, or, once `next` was false, after the last one before the next `push`. */
  position(): readonly string[]
  /** The position after the row before the one at hand; null where that came in another chunk, or the rows are elements of lists. */
  positionBefore(): readonly string[] | null
}

type RowLayout = Pick<CompiledEntity, 'fields' | 'list' | 'rowKey'>

/** `rowKey` null: who reads asks for no position. */
export function openRows(layout: RowLayout, facts: EntityFacts): EntityRows {
  const { rowKey, list } = layout
  if (list === null) return new PlainRows(layout, facts)
  if (rowKey === null) throw bug(`expected ${facts.entity.name} to have compiled`)
  return new ListRows(new ElementRows(list, rowKey), facts)
}

/** Each row of the source is a row. */
class PlainRows implements EntityRows {
  readonly cursor: TupleCursor
  readonly #key: CompiledEntity['rowKey']
  readonly #facts: EntityFacts
  #isAtEnd = false
  /** Where the row before begins. */
  #before = 0

  constructor({ fields, rowKey }: RowLayout, facts: EntityFacts) {
    this.cursor = new TupleCursor(fields)
    this.#key = rowKey
    this.#facts = facts
  }

  push(chunk: Buffer): void {
    this.cursor.take(chunk)
  }

  next(): boolean {
    this.#before = this.cursor.rowStart
    const isThere = nextRow(this.cursor, this.#facts)
    this.#isAtEnd = !isThere
    return isThere
  }

  get pending(): number {
    return this.cursor.pending
  }

  get continues(): boolean {
    return this.#key?.equalsLast(this.cursor) ?? false
  }

  position(): readonly string[] {
    if (this.#key === null) throw bug('expected a key to tell positions by')
    if (!this.#isAtEnd) return this.#key.position(this.cursor)
    // The cursor has looked at what comes after: the last row’s fields are where its bytes begin.
    return this.#positionAt(this.cursor.rowStart, this.cursor.rowEnd)
  }

  positionBefore(): readonly string[] | null {
    const { rowStart } = this.cursor
    return rowStart === 0 ? null : this.#positionAt(this.#before, rowStart)
  }

  #positionAt(start: number, end: number): readonly string[] {
    const row = new TupleCursor(this.cursor.fields)
    row.push(this.cursor.data.subarray(start, end))
    if (this.#key === null || !row.next()) throw bug('expected the bytes of the last row')
    return this.#key.position(row)
  }
}

/** Each element of a list in a row is a row. */
class ListRows implements EntityRows {
  readonly #elements: ElementRows
  readonly #facts: EntityFacts

  constructor(elements: ElementRows, facts: EntityFacts) {
    this.#elements = elements
    this.#facts = facts
  }

  get cursor(): TupleCursor {
    return this.#elements.cursor
  }

  push(chunk: Buffer): void {
    this.#elements.push(chunk)
  }

  next(): boolean {
    try {
      return this.#elements.next()
    } catch (error) {
      if (error instanceof RangeError) throw sourceInvalid(this.#facts, error.message)
      throw error
    }
  }

  get pending(): number {
    return this.#elements.pending
  }

  get continues(): boolean {
    return this.#elements.continues
  }

  position(): readonly string[] {
    return this.#elements.position
  }

  positionBefore(): null {
    return null
  }
}
