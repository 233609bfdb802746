import { ArrayElements } from '../base/array-elements.ts'
import { JsonElements, LIST, OTHER } from '../base/json-elements.ts'
import { TupleCursor } from '../base/tuple-cursor.ts'
import { memberText } from '../expression/json-member.ts'
import { ValueError } from '../expression/value-error.ts'
import type { ListLayout } from './list-layout.ts'
import { RowKey } from './row-key.ts'

/** A working copy up to this size is kept for the next rows; a larger one only while its row lasts. */
const KEPT_BYTES = 1 << 20
const ORDINAL_BYTES = 4
/** The version byte of a jsonb field. */
const JSONB_VERSION = 1

/**
 * The rows of a list entity: of each row the source delivers its elements, in the order of the list. The row is copied once, however many elements it has; an element
 * is a place in that copy. A row without elements, or whose value is no list, is one row without an element, or none at all.
 */
export class ElementRows {
  readonly #layout: ListLayout
  readonly #key: RowKey
  readonly #parent: TupleCursor
  readonly #parentKey: RowKey
  readonly #json = new JsonElements()
  readonly #array = new ArrayElements()
  #elements: JsonElements | ArrayElements = this.#json
  /** At the element: the fields the program was compiled for. */
  readonly cursor: TupleCursor
  #work: Buffer = Buffer.alloc(0)
  #ordinalAt = 0
  #ordinal = 0
  #isOpen = false
  #isAlone = false
  #position: readonly string[] = []
  #group: string | null | undefined
  #continues = false

  /** `key`: the program's own, which counts copies within a row. */
  constructor(layout: ListLayout, key: RowKey) {
    this.#layout = layout
    this.#key = key
    this.#parent = new TupleCursor(layout.delivered)
    this.#parentKey = new RowKey(layout.parent)
    this.cursor = new TupleCursor(layout.fields.length)
  }

  push(chunk: Buffer): void {
    this.#parent.push(chunk)
  }

  get pending(): number {
    return this.#parent.pending
  }

  /** Whether the row at hand belongs with the one before: a batch must not end between the two. */
  get continues(): boolean {
    return this.#continues
  }

  /** The position after the whole row the element is of. */
  get position(): readonly string[] {
    return this.#position
  }

  /** Throws RangeError where the source’s bytes are no row. */
  next(): boolean {
    for (;;) {
      if (this.#isOpen && this.#nextElement()) return true
      this.#isOpen = false
      if (!this.#parent.next()) return false
      this.#begin()
    }
  }

  #nextElement(): boolean {
    if (this.#isAlone) {
      this.#isAlone = false
      this.#continues = this.#continues && this.#ordinal > 0
      return true
    }
    if (this.#layout.state.kind !== 'element' || !this.#elements.next()) return false
    // All but the first of a row, and all of a row whose key the row before had.
    if (this.#ordinal > 0) this.#continues = true
    this.#ordinal++
    this.#place()
    return true
  }

  #begin(): void {
    const layout = this.#layout
    const kind = this.#copyRow()
    this.#continues = this.#parentKey.equalsLast(this.#parent)
    const group = this.#parentKey.peek(this.#parent)
    if (group === null || group !== this.#group) {
      // Rows whose key has a NULL come last, and count as one: nothing tells them apart.
      if (group !== null || this.#group !== null) this.#key.beginGroup()
      this.#group = group
    }
    this.#parentKey.meet(this.#parent)
    this.#position = this.#parentKey.position(this.#parent)
    this.#ordinal = 0
    this.#isOpen = true
    layout.state.kind = kind === LIST ? 'element' : kind === OTHER ? 'not_a_list' : 'empty'
    this.#isAlone = kind !== LIST && (kind === OTHER || layout.countsEmpty)
    if (this.#isAlone) this.#clear()
  }

  /** Copies the row, the list last, and begins to walk it. */
  #copyRow(): number {
    const { fields, listAt, element } = this.#layout
    const { data, start, length } = this.#parent
    const listLength = Math.max(length[listAt] as number, 0)
    const own = fields.reduce((sum, field) => sum + (field.kind === 'column' ? Math.max(length[field.from] as number, 0) : 0), 0)
    this.#reserve(own + listLength + ORDINAL_BYTES)
    let at = 0
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]
      if (field?.kind !== 'column') continue
      const size = length[field.from] as number
      this.cursor.start[i] = at
      this.cursor.length[i] = size
      if (size > 0) at += data.copy(this.#work, at, start[field.from] as number, (start[field.from] as number) + size)
    }
    const from = start[listAt] as number
    data.copy(this.#work, at, from, from + listLength)
    this.#ordinalAt = at + listLength
    if ((length[listAt] as number) < 0) return 0
    this.#elements = element.isArray ? this.#array : this.#json
    return this.#elements.begin(this.#work, element.isBinaryJson ? at + 1 : at, this.#ordinalAt)
  }

  #reserve(bytes: number): void {
    const isFitting = this.#work.length >= bytes && (this.#work.length <= KEPT_BYTES || this.#work.length <= bytes * 4)
    if (!isFitting) this.#work = Buffer.allocUnsafeSlow(bytes + 1024)
    this.cursor.data = this.#work
  }

  /** The fields of the element: itself, its number, and the members its key needs. */
  #place(): void {
    const { fields, element, state } = this.#layout
    const { start, length } = this.cursor
    this.#work.writeInt32BE(this.#ordinal, this.#ordinalAt)
    let at = this.#ordinalAt + ORDINAL_BYTES
    const isNull = this.#elements.length < 0
    // What stands before an element (a bracket, a comma, a blank) was read already: there is room for the version byte.
    if (element.isBinaryJson) this.#work[this.#elements.start - 1] = JSONB_VERSION
    state.kind = 'element'
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]
      if (field === undefined || field.kind === 'column') continue
      if (field.kind === 'ordinal') {
        start[i] = this.#ordinalAt
        length[i] = ORDINAL_BYTES
      } else if (field.kind === 'element') {
        start[i] = element.isBinaryJson ? this.#elements.start - 1 : this.#elements.start
        length[i] = isNull ? -1 : this.#elements.length + (element.isBinaryJson ? 1 : 0)
      } else if (field.kind === 'member') {
        const text = isNull ? null : this.#member(field.path)
        start[i] = at
        length[i] = text === null ? -1 : this.#append(text, at)
        at += Math.max(length[i] as number, 0)
      }
    }
  }

  /** Text of a member of the element; an element that cannot be read is the row's trouble. */
  #member(path: readonly string[]): string | null {
    const { element } = this.#layout
    const skipped = element.isArray && element.type.name === 'jsonb' ? 1 : 0
    const start = this.#elements.start + skipped
    const length = this.#elements.length - skipped
    try {
      return memberText(this.#work.toString('utf8', start, start + length), path)
    } catch (error) {
      if (!(error instanceof ValueError)) throw error
      this.#layout.state.kind = 'unreadable'
      return null
    }
  }

  #append(text: string, at: number): number {
    const size = Buffer.byteLength(text)
    if (at + size > this.#work.length) {
      const grown = Buffer.allocUnsafeSlow((at + size) * 2)
      this.#work.copy(grown, 0, 0, at)
      this.#work = grown
      this.cursor.data = grown
      // The walk goes on in the new copy.
      this.#elements.moveTo(grown)
    }
    return this.#work.write(text, at, 'utf8')
  }

  /** A row without an element: everything of the element is NULL. */
  #clear(): void {
    for (const [i, field] of this.#layout.fields.entries()) if (field.kind !== 'column') this.cursor.length[i] = -1
  }
}
