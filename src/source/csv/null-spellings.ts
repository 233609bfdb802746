/** What may stand for NULL where nothing is declared: nothing, `\N`, `NULL`. */
export const USUAL_NULLS = ['', '\\N', 'NULL'] as const
export const EMPTY = 0
export const BACKSLASH_N = 1
export const NULL_WORD = 2

/** Fields that are not quoted and stand for NULL. */
export class NullSpellings {
  readonly #spellings: readonly { readonly bytes: Buffer; readonly index: number }[]
  readonly #longest: number

  /** `indexes`: which of them count. */
  constructor(spellings: readonly string[], indexes: readonly number[] = spellings.map((_, i) => i)) {
    this.#spellings = indexes.map(index => ({ bytes: Buffer.from(spellings[index] ?? ''), index }))
    this.#longest = Math.max(-1, ...this.#spellings.map(({ bytes }) => bytes.length))
  }

  /** Which one the field is; −1: a value. */
  find(data: Buffer, start: number, end: number): number {
    const length = end - start
    if (length > this.#longest) return -1
    for (const { bytes, index } of this.#spellings) {
      if (bytes.length === length && isAt(data, start, bytes)) return index
    }
    return -1
  }
}

function isAt(data: Buffer, start: number, bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) if (data[start + i] !== bytes[i]) return false
  return true
}
