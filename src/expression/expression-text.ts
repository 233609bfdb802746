import type { Expression } from '../model/mapping.ts'
import type { Place } from '../model/place.ts'

/** What the parser is given before the text itself. */
export const PREFIX = 'SELECT '

/** The text of an expression and the places in it: the parser counts bytes (in its tree) or characters (in its errors) of PREFIX and text. */
export class ExpressionText {
  readonly text: string
  readonly #at: Place
  /** Offset in the text (UTF-16) of every byte or character; made when first asked for. */
  #byBytes: Uint32Array | null = null

  constructor(expression: Expression) {
    this.text = expression.text
    this.#at = expression.at
  }

  get start(): Place {
    return this.#at
  }

  /** The place of a UTF-16 offset in the text. In a text of several lines the columns count from where each line’s content begins. */
  place(offset: number): Place {
    const before = this.text.slice(0, Math.min(offset, this.text.length))
    const lastBreak = before.lastIndexOf('\n')
    if (lastBreak === -1) return { ...this.#at, column: this.#at.column + before.length }
    return { file: this.#at.file, line: this.#at.line + before.split('\n').length - 1, column: before.length - lastBreak }
  }

  /** The offset in the text for a byte offset in PREFIX and text; 0 for one before the text. */
  offsetOfByte(byte: number): number {
    this.#byBytes ??= offsetsByByte(this.text)
    return this.#byBytes[Math.max(0, byte - PREFIX.length)] ?? this.text.length
  }

  /** The offset in the text for a count of characters in PREFIX and text. */
  offsetOfCharacter(character: number): number {
    let offset = 0
    for (let left = character - PREFIX.length; left > 0 && offset < this.text.length; left--) {
      offset += (this.text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1
    }
    return offset
  }

  placeOfByte(byte: number | undefined): Place {
    return byte === undefined || byte < 0 ? this.#at : this.place(this.offsetOfByte(byte))
  }
}

function offsetsByByte(text: string): Uint32Array {
  const offsets = new Uint32Array(Buffer.byteLength(text, 'utf8') + 1)
  let byte = 0
  for (let offset = 0; offset < text.length; ) {
    const point = text.codePointAt(offset) ?? 0
    const bytes = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    offsets.fill(offset, byte, byte + bytes)
    byte += bytes
    offset += point > 0xffff ? 2 : 1
  }
  offsets[byte] = text.length
  return offsets
}
