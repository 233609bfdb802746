const MOST_CHARACTERS = 40
const MOST_SHAPES = 64
/** A longer run of one kind of letters is shown as three and a plus. */
const RUN = 3

/** What a text looks like, nothing of what it says: letters as `A` and `a`, digits as `9`, other letters as `a`; ASCII punctuation stays, further signs are `?`. Runs of more than three letters end in `+`. */
export function textShape(text: string): string {
  let out = ''
  let last = ''
  let run = 0
  const end = Math.min(text.length, MOST_CHARACTERS)
  for (let i = 0; i < end; i++) {
    const sign = signOf(text.charCodeAt(i))
    run = sign === last ? run + 1 : 1
    last = sign
    const isLetter = sign === 'a' || sign === 'A'
    if (!isLetter || run <= RUN) out += sign
    else if (run === RUN + 1) out += '+'
  }
  return text.length > MOST_CHARACTERS ? `${out}…` : out
}

function signOf(code: number): string {
  if (code >= 0x30 && code <= 0x39) return '9'
  if (code >= 0x61 && code <= 0x7a) return 'a'
  if (code >= 0x41 && code <= 0x5a) return 'A'
  if (code >= 0x20 && code < 0x7f) return String.fromCharCode(code)
  if (code < 0xa0) return '?'
  return /\p{Lu}/u.test(String.fromCharCode(code)) ? 'A' : 'a'
}

export interface ShapeCount {
  readonly shape: string
  readonly count: number
}

/** The shapes met most often, of at most 64 kept at a time (Space-Saving): exact while there are no more of them, at most too high otherwise. */
export class ShapeCounter {
  readonly #counts = new Map<string, number>()
  isExact = true

  add(shape: string): void {
    const known = this.#counts.get(shape)
    if (known !== undefined) this.#counts.set(shape, known + 1)
    else if (this.#counts.size < MOST_SHAPES) this.#counts.set(shape, 1)
    else this.#replaceRarest(shape)
  }

  /** The most frequent first. */
  top(most: number): readonly ShapeCount[] {
    const all = [...this.#counts].map(([shape, count]) => ({ shape, count }))
    return all.sort((a, b) => b.count - a.count || (a.shape < b.shape ? -1 : 1)).slice(0, most)
  }

  #replaceRarest(shape: string): void {
    this.isExact = false
    let rarest = ''
    let least = Infinity
    for (const [known, count] of this.#counts) {
      if (count >= least) continue
      rarest = known
      least = count
    }
    this.#counts.delete(rarest)
    this.#counts.set(shape, least + 1)
  }
}
