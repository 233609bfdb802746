import { EMPTY, LIST, type ListKind } from './json-elements.ts'

/** int32 dimensions, int32 flags, int32 element type; then length and lower bound of each dimension. */
const HEAD_BYTES = 12
const DIMENSION_BYTES = 8

/**
 * Walks the elements of a PostgreSQL array in binary form in place; those of several dimensions one after the other, as unnest does.
 * After `next()` returned true, the element's field is `data[start … start + length]`; length -1 = NULL.
 */
export class ArrayElements {
  #data: Buffer = Buffer.alloc(0)
  #at = 0
  #end = 0
  start = 0
  length = 0

  begin(data: Buffer, start: number, end: number): ListKind {
    this.#data = data
    this.#end = end
    const dimensions = data.readInt32BE(start)
    this.#at = start + HEAD_BYTES + dimensions * DIMENSION_BYTES
    return dimensions === 0 || this.#at >= end ? EMPTY : LIST
  }

  /** Goes on in another copy of the same bytes. */
  moveTo(data: Buffer): void {
    this.#data = data
  }

  next(): boolean {
    if (this.#at >= this.#end) return false
    this.length = this.#data.readInt32BE(this.#at)
    this.start = this.#at + 4
    this.#at = this.start + Math.max(this.length, 0)
    return true
  }
}
