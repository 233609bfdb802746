import { ArrayElements } from '../base/array-elements.ts'
import { JsonElements, LIST, OTHER } from '../base/json-elements.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { baseType } from '../expression/scalar-kind.ts'
import { QUARANTINED } from './outcome-registry.ts'
import type { RowState, ValueSource, WriteField } from './row-state.ts'

const JSONB_VERSION = 1

/** The elements of a list in a row, one after the other, for a shape that writes a tuple for each. */
export class ListElements {
  readonly #list: ValueSource
  readonly #table: string
  readonly #field = new TupleWriter(256)
  readonly #json = new JsonElements()
  readonly #array = new ArrayElements()
  readonly #isArray: boolean
  readonly #isBinaryJson: boolean
  readonly #labelOf: (row: RowState) => string | null
  readonly #labels = new Set<string>()
  #elements: JsonElements | ArrayElements = this.#json
  #isOpen = false
  #ordinal = 0
  /** Values of the element: forgotten when the next one comes. */
  readonly slots: number[] = []

  constructor(list: ValueSource, { table, labelOf }: { readonly table: string; readonly labelOf: (row: RowState) => string | null }) {
    this.#list = list
    this.#table = table
    this.#labelOf = labelOf
    const base = baseType(list.type)
    this.#isArray = base.kind === 'array'
    this.#isBinaryJson = base.name === 'jsonb'
  }

  /** False: the row's fate is sealed. */
  begin(row: RowState): boolean {
    this.#isOpen = false
    this.#ordinal = 0
    this.#labels.clear()
    this.#field.reset()
    if (!this.#list.write(row, this.#field)) return false
    const { buf, at } = this.#field
    if (buf.readInt32BE(0) < 0) return true
    this.#elements = this.#isArray ? this.#array : this.#json
    const kind = this.#elements.begin(buf, this.#isBinaryJson ? 5 : 4, at)
    this.#isOpen = kind === LIST
    return kind !== OTHER || row.seal(QUARANTINED, 'not_a_list', this.#table)
  }

  next(row: RowState): boolean {
    if (!this.#isOpen || !this.#elements.next()) return false
    this.#ordinal++
    row.forget(this.slots)
    return true
  }

  /** Each row of one list has a label of its own: it is part of the row's identifier. False: the row's fate is sealed. */
  isNew(row: RowState): boolean {
    const label = this.#labelOf(row)
    if (label === null) return row.seal(QUARANTINED, 'null_key', this.#table)
    if (this.#labels.has(label)) return row.seal(QUARANTINED, 'duplicate_key', this.#table)
    this.#labels.add(label)
    return true
  }

  readonly writeElement: WriteField = (_row, out) => {
    const { start, length } = this.#elements
    if (length < 0) return out.null()
    if (!this.#isBinaryJson) return out.field(this.#field.buf, start, length)
    out.ensure(5 + length)
    out.view.setInt32(out.at, length + 1)
    out.buf[out.at + 4] = JSONB_VERSION
    this.#field.buf.copy(out.buf, out.at + 5, start, start + length)
    out.at += 5 + length
    return true
  }

  readonly writeOrdinal: WriteField = (_row, out) => {
    out.int32(this.#ordinal)
    return true
  }
}
