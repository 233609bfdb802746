const ID_BYTES = 16
/** Identifiers are kept in pieces of this many, so that growing never copies them. */
const PIECE = 1 << 12
/** Of one entity and tenant; about 60 bytes each. */
export const MOST_ALIASES = 8_000_000

/** More than MOST_ALIASES. */
export class TooManyAliases extends Error {}

/** Keys whose identifier is not made of them: ordinals of a `KeyIndex`, each with its 16 bytes. */
export class KeyAliases {
  /** Ordinal → where its identifier lies, counted in identifiers. */
  readonly #places = new Map<number, number>()
  readonly #pieces: Buffer[] = []
  #used = 0

  get size(): number {
    return this.#places.size
  }

  ordinals(): IterableIterator<number> {
    return this.#places.keys()
  }

  has(ordinal: number): boolean {
    return this.#places.has(ordinal)
  }

  /** Throws TooManyAliases. */
  set(ordinal: number, id: Buffer): void {
    const at = this.#places.get(ordinal) ?? this.#grow()
    this.#places.set(ordinal, at)
    id.copy(this.#piece(at), (at % PIECE) * ID_BYTES, 0, ID_BYTES)
  }

  delete(ordinal: number): void {
    this.#places.delete(ordinal)
  }

  /** Copies the identifier to `out`. False: the key stands for its own row. */
  copy(ordinal: number, out: Buffer, at: number): boolean {
    const place = this.#places.get(ordinal)
    if (place === undefined) return false
    const from = (place % PIECE) * ID_BYTES
    this.#piece(place).copy(out, at, from, from + ID_BYTES)
    return true
  }

  #grow(): number {
    if (this.#used >= MOST_ALIASES)
      throw new TooManyAliases(`expected at most ${MOST_ALIASES} rows whose identifier is not made of their key, got more`)
    if (this.#used % PIECE === 0) this.#pieces.push(Buffer.alloc(PIECE * ID_BYTES))
    return this.#used++
  }

  #piece(place: number): Buffer {
    return this.#pieces[Math.floor(place / PIECE)] as Buffer
  }
}
