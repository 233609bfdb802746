/** UTF-8 texts one after the other in pieces of memory, each found again by the number `add` gave; no JavaScript string is kept. */

const PIECE_BYTES = 1 << 20
const STEP = 4

/** Places are counted in steps of 4 bytes, so 31 bits reach 8 GiB. */
export class TextArena {
  readonly #pieces: { readonly start: number; readonly buf: Buffer }[] = []
  #end = 0
  #pieceEnd = 0

  /** Keeps a text; the number to ask for it with. Throws RangeError when 8 GiB are full. */
  add(text: string): number {
    const length = Buffer.byteLength(text, 'utf8')
    const needed = align(4 + length)
    if (this.#end + needed > this.#pieceEnd) this.#open(needed)
    const start = this.#end
    if (start / STEP > 0x7fffffff) throw new RangeError('expected at most 8 GiB of key texts')
    const { buf, at } = this.#at(start)
    buf.writeInt32LE(length, at)
    buf.write(text, at + 4, 'utf8')
    this.#end += needed
    return start / STEP
  }

  text(place: number): string {
    const { buf, at } = this.#at(place * STEP)
    return buf.toString('utf8', at + 4, at + 4 + buf.readInt32LE(at))
  }

  equals(place: number, text: string): boolean {
    const { buf, at } = this.#at(place * STEP)
    const length = buf.readInt32LE(at)
    if (length < text.length) return false
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit >= 0x80) return length === Buffer.byteLength(text, 'utf8') && buf.toString('utf8', at + 4, at + 4 + length) === text
      if (buf[at + 4 + i] !== unit) return false
    }
    return length === text.length
  }

  get bytes(): number {
    return this.#pieceEnd
  }

  /** Every piece starts at a multiple of PIECE_BYTES; one text larger than a piece takes as many as it needs. */
  #open(needed: number): void {
    const start = this.#pieceEnd
    const bytes = Math.ceil(needed / PIECE_BYTES) * PIECE_BYTES
    const piece = { start, buf: Buffer.allocUnsafeSlow(bytes) }
    for (let i = 0; i < bytes; i += PIECE_BYTES) this.#pieces.push(piece)
    this.#end = start
    this.#pieceEnd = start + bytes
  }

  #at(position: number): { readonly buf: Buffer; readonly at: number } {
    const piece = this.#pieces[Math.floor(position / PIECE_BYTES)]
    if (piece === undefined) throw new RangeError(`expected a place in the arena, got ${position}`)
    return { buf: piece.buf, at: position - piece.start }
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / STEP) * STEP
}
