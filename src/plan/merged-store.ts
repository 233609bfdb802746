import { KeyAliases } from '../base/key-aliases.ts'
import type { KeyIndex } from '../base/key-index.ts'

/** Identifiers of an entity and tenant that are not made of the row's own key: of rows that are other rows, whichever they are in the end, and those looked up. By ordinals of the entity's key index. */
export class MergedStore {
  isFilled = false
  readonly #ids = new KeyAliases()
  /** Rows that are rows of the same entity: whose. */
  readonly #next = new Map<number, number>()
  readonly #circles = new Set<number>()
  /** Looked up; by the identifier's bytes. */
  readonly #owners = new Map<string, number>()
  readonly #taken = new Set<number>()

  get size(): number {
    return this.#ids.size
  }

  /** `id`: of the row named. `own`: its ordinal, where it is of the same entity; null = it is of another. */
  add(ordinal: number, { id, own }: { readonly id: Buffer; readonly own: number | null }): void {
    this.#ids.set(ordinal, id)
    if (own !== null) this.#next.set(ordinal, own)
  }

  /** An identifier that was looked up: the first row with it has it. */
  claim(ordinal: number, id: Buffer): void {
    const text = id.toString('latin1')
    if (this.#owners.has(text)) this.#taken.add(ordinal)
    else {
      this.#owners.set(text, ordinal)
      this.#ids.set(ordinal, id)
    }
  }

  /** A row before it has the identifier. */
  isTaken(ordinal: number): boolean {
    return this.#taken.has(ordinal)
  }

  /** After the last row: follows chains to their end, and tells whoever refers to the rows. */
  finish(index: KeyIndex): void {
    const done = new Set<number>()
    for (const start of this.#next.keys()) this.#follow(start, done)
    const id = Buffer.alloc(16)
    const owners = new Set(this.#owners.values())
    for (const ordinal of this.#ids.ordinals())
      if (this.#ids.copy(ordinal, id, 0)) (owners.has(ordinal) ? index.ids : index.aliases).set(ordinal, id)
    this.#owners.clear()
    this.isFilled = true
  }

  #follow(start: number, done: Set<number>): void {
    const path: number[] = []
    const isOnPath = new Set<number>()
    let at = start
    for (let next = this.#next.get(at); next !== undefined && !done.has(at) && !isOnPath.has(at); next = this.#next.get(at)) {
      path.push(at)
      isOnPath.add(at)
      at = next
    }
    for (const ordinal of path) done.add(ordinal)
    // What leads into a circle is refused with the rows of the circle, when references are settled.
    if (isOnPath.has(at)) for (const ordinal of path.slice(path.indexOf(at))) this.#circles.add(ordinal)
    const id = Buffer.alloc(16)
    const last = path.at(-1)
    if (last === undefined || !(this.#ids.copy(at, id, 0) || this.#ids.copy(last, id, 0))) return
    for (const ordinal of path) this.#ids.set(ordinal, id)
  }

  /** The rows named lead back to the row: there is none they could be. */
  isCircle(ordinal: number): boolean {
    return this.#circles.has(ordinal)
  }

  /** False: the row was no other row when they were read. */
  copyId(ordinal: number, out: Buffer): boolean {
    return this.#ids.copy(ordinal, out, 0)
  }
}
