/** What a field holds that should be a list. */
export const LIST = 1
/** No element: NULL, the JSON null, or a list without one. */
export const EMPTY = 2
export const OTHER = 3
export type ListKind = typeof LIST | typeof EMPTY | typeof OTHER

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const BLANK = 0x20

/**
 * Walks the elements of a JSON array in place, byte by byte, without recursion. The document comes out of a json or jsonb column: it is well-formed UTF-8 JSON.
 * After `next()` returned true, the element's text is `data[start … start + length]`; the byte before it belongs to no element.
 */
export class JsonElements {
  #data: Buffer = Buffer.alloc(0)
  #at = 0
  #end = 0
  start = 0
  length = 0

  begin(data: Buffer, start: number, end: number): ListKind {
    this.#data = data
    this.#end = end
    this.#at = this.#pastBlanks(start)
    const first = data[this.#at]
    if (first === OPEN_LIST) {
      this.#at = this.#pastBlanks(this.#at + 1)
      return data[this.#at] === CLOSE_LIST ? EMPTY : LIST
    }
    return data.toString('latin1', this.#at, this.#at + 4) === 'null' ? EMPTY : OTHER
  }

  /** Goes on in another copy of the same bytes. */
  moveTo(data: Buffer): void {
    this.#data = data
  }

  next(): boolean {
    if (this.#at >= this.#end || this.#data[this.#at] === CLOSE_LIST) return false
    this.start = this.#at
    const end = this.#valueEnd(this.#at)
    this.length = end - this.start
    const after = this.#pastBlanks(end)
    this.#at = this.#data[after] === COMMA ? this.#pastBlanks(after + 1) : after
    return true
  }

  #pastBlanks(from: number): number {
    let at = from
    while (at < this.#end && (this.#data[at] as number) <= BLANK) at++
    return at
  }

  #valueEnd(from: number): number {
    const data = this.#data
    let depth = 0
    for (let at = from; at < this.#end; ) {
      const byte = data[at] as number
      if (byte === QUOTE) at = this.#stringEnd(at)
      else if (depth === 0 && (byte === COMMA || byte === CLOSE_LIST || byte <= BLANK)) return at
      else {
        if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth++
        if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--
        at++
      }
      if (depth === 0 && (byte === QUOTE || byte === CLOSE_LIST || byte === CLOSE_OBJECT)) return at
    }
    return this.#end
  }

  #stringEnd(from: number): number {
    let at = from + 1
    while (at < this.#end && this.#data[at] !== QUOTE) at += this.#data[at] === BACKSLASH ? 2 : 1
    return at + 1
  }
}
