import type { Orphan } from './owned-relation.ts'

const FIRST_ROWS = 1 << 6

/** Owned rows of the rows of a batch, of one relation. */
export class OwnedBuffer {
  /** Rows, and of those the excluded and quarantined ones, per loaded row. */
  #counts = new Int32Array(FIRST_ROWS * 3)
  #rows = 0
  /** Of rows that were set aside and have some. */
  readonly aside: { readonly key: readonly string[]; readonly fate: 'merged' | 'excluded' | 'quarantined'; readonly rows: number }[] = []
  readonly orphans: Orphan[] = []
  /** Owned rows in all. */
  read = 0

  /** Of the loaded row that follows the one before. */
  add(rows: number, excluded: number, quarantined: number): void {
    if (this.#rows * 3 >= this.#counts.length) {
      const next = new Int32Array(this.#counts.length * 2)
      next.set(this.#counts)
      this.#counts = next
    }
    this.#counts.set([rows, excluded, quarantined], this.#rows * 3)
    this.#rows++
    this.read += rows
  }

  addAside(row: OwnedBuffer['aside'][number]): void {
    this.aside.push(row)
    this.read += row.rows
  }

  addOrphan(orphan: Orphan): void {
    this.orphans.push(orphan)
    this.read++
  }

  /** Of a loaded row. */
  rowsAt(row: number): number {
    return row < this.#rows ? (this.#counts[row * 3] as number) : 0
  }

  excludedAt(row: number): number {
    return row < this.#rows ? (this.#counts[row * 3 + 1] as number) : 0
  }

  quarantinedAt(row: number): number {
    return row < this.#rows ? (this.#counts[row * 3 + 2] as number) : 0
  }

  reset(): void {
    this.#rows = 0
    this.aside.length = 0
    this.orphans.length = 0
    this.read = 0
  }
}
