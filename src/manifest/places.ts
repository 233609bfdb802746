import type { Place } from '../model/place.ts'

/** Offsets → lines and columns, both from 1. */
export class Places {
  readonly #file: string
  readonly #lineStarts: number[] = [0]

  constructor(file: string, text: string) {
    this.#file = file
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.#lineStarts.push(i + 1)
  }

  at(offset: number): Place {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { file: this.#file, line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 }
  }
}
