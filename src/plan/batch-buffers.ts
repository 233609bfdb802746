import { TupleWriter } from '../base/tuple-writer.ts'
import type { NoteRow, QuarantineRow } from '../model/ledger-records.ts'
import { OwnedBuffer } from './owned-buffer.ts'

const FIRST_ROWS = 1 << 6

/** The tuples of one target table in a batch, and where each loaded row's tuples end, so that rows can be left out again. */
export class TableBuffer {
  // Small at first: most of 383 tenants' tables are.
  readonly writer = new TupleWriter(1 << 13)
  /** Tuples written since the last `endRow`. */
  tuples = 0
  #ends = new Int32Array(FIRST_ROWS)
  #counts = new Int32Array(FIRST_ROWS)
  #rows = 0

  /** One loaded source row is done; it may have written any number of tuples. */
  endRow(): void {
    if (this.#rows === this.#ends.length) {
      this.#ends = grown(this.#ends)
      this.#counts = grown(this.#counts)
    }
    this.#ends[this.#rows] = this.writer.at
    this.#counts[this.#rows] = this.tuples
    this.#rows++
  }

  /** The tuples of loaded rows from..to-1, not copied. */
  slice(from: number, to: number): Buffer {
    return this.writer.buf.subarray(this.#start(from), to === 0 ? 0 : this.#ends[to - 1])
  }

  /** How many tuples loaded rows from..to-1 wrote. */
  count(from: number, to: number): number {
    if (from === to) return 0
    return (this.#counts[to - 1] as number) - (from === 0 ? 0 : (this.#counts[from - 1] as number))
  }

  /** Where the tuples of a loaded row begin in the writer's buffer, and where they end. */
  startOf(row: number): number {
    return this.#start(row)
  }

  endOf(row: number): number {
    return this.#ends[row] as number
  }

  #start(row: number): number {
    return row === 0 ? 0 : (this.#ends[row - 1] as number)
  }

  reset(): void {
    this.writer.reset()
    this.tuples = 0
    this.#rows = 0
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const next = new Int32Array(array.length * 2)
  next.set(array)
  return next
}

/** A row that is another row. */
export interface MergedRow {
  readonly key: readonly string[]
  /** Of the row it is. */
  readonly id: string
  readonly notes: readonly NoteRow[]
}

/** Everything a batch collects from the row program. Reused: `reset` keeps the memory. */
export class BatchBuffers {
  readonly tables: readonly TableBuffer[]
  readonly idMap = new TableBuffer()
  read = 0
  /** Rows whose tuples stand in `tables`. */
  loaded = 0
  excluded = 0
  /** Canonical key text of loaded rows, when the key is not one integer. */
  readonly texts: string[] = []
  /** Halves of loaded rows' keys, when it is. */
  #halves = new Int32Array(FIRST_ROWS * 2)
  /** Hash of loaded rows' tuples. */
  #hashes = new Int32Array(FIRST_ROWS * 2)
  /** Whole rows. */
  readonly quarantine: QuarantineRow[] = []
  /** Refused optional parts, with the loaded row each belongs to. */
  readonly parts: { readonly row: number; readonly refused: QuarantineRow }[] = []
  readonly exclusions: { readonly key: readonly string[]; readonly code: string; readonly column: string }[] = []
  /** Rows that are other rows. */
  readonly merged: MergedRow[] = []
  /** With the loaded row each belongs to. */
  readonly notes: { readonly row: number; readonly note: NoteRow }[] = []
  /** Of each relation the entity accounts for. */
  readonly #owned: OwnedBuffer[] = []
  /** Pairs (loaded row, outcome number). */
  #taken = new Int32Array(FIRST_ROWS)
  #takenAt = 0

  constructor(tables: number) {
    this.tables = Array.from({ length: tables }, () => new TableBuffer())
  }

  get bytes(): number {
    let sum = this.idMap.writer.at
    for (const table of this.tables) sum += table.writer.at
    return sum
  }

  /** Of the nth relation the entity accounts for. */
  owned(n: number): OwnedBuffer {
    for (let i = this.#owned.length; i <= n; i++) this.#owned.push(new OwnedBuffer())
    return this.#owned[n] as OwnedBuffer
  }

  addInteger(halves: Int32Array): void {
    if (this.loaded * 2 >= this.#halves.length) this.#halves = grown(this.#halves)
    this.#halves[this.loaded * 2] = halves[0] as number
    this.#halves[this.loaded * 2 + 1] = halves[1] as number
  }

  integerAt(row: number): bigint {
    return (BigInt(this.#halves[row * 2] as number) << 32n) | BigInt((this.#halves[row * 2 + 1] as number) >>> 0)
  }

  halvesAt(row: number): { hi: number; lo: number } {
    return { hi: this.#halves[row * 2] as number, lo: this.#halves[row * 2 + 1] as number }
  }

  /** Remembers an outcome the row about to be counted as loaded has taken. */
  addTaken(outcome: number): void {
    if (this.#takenAt + 2 > this.#taken.length) this.#taken = grown(this.#taken)
    this.#taken[this.#takenAt++] = this.loaded
    this.#taken[this.#takenAt++] = outcome
  }

  /** Counts of outcome numbers over the loaded rows for which `holds`. */
  countTaken(holds: (row: number) => boolean): Map<number, number> {
    const counts = new Map<number, number>()
    for (let i = 0; i < this.#takenAt; i += 2) {
      const outcome = this.#taken[i + 1] as number
      if (holds(this.#taken[i] as number)) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    }
    return counts
  }

  addHash(lanes: Int32Array): void {
    if (this.loaded * 2 >= this.#hashes.length) this.#hashes = grown(this.#hashes)
    this.#hashes[this.loaded * 2] = lanes[0] as number
    this.#hashes[this.loaded * 2 + 1] = lanes[1] as number
  }

  /** Sum and exclusive or of all hashes as signed 64-bit numbers, and the least and greatest key; of integer keys, at least one row. */
  sumUp(): { readonly sum: bigint; readonly xor: bigint; readonly least: bigint; readonly most: bigint } {
    // Exact: 2³² times far fewer rows than 2²¹ fit a batch's arrays.
    let high = 0
    let low = 0
    let xorHigh = 0
    let xorLow = 0
    let first = 0
    let last = 0
    const keys = this.#halves
    const isLess = (a: number, b: number): boolean =>
      (keys[a * 2] as number) < (keys[b * 2] as number) ||
      (keys[a * 2] === keys[b * 2] && (keys[a * 2 + 1] as number) >>> 0 < (keys[b * 2 + 1] as number) >>> 0)
    for (let row = 0; row < this.loaded; row++) {
      const hi = this.#hashes[row * 2] as number
      const lo = this.#hashes[row * 2 + 1] as number
      high += hi
      low += lo >>> 0
      xorHigh ^= hi
      xorLow ^= lo
      if (isLess(row, first)) first = row
      if (isLess(last, row)) last = row
    }
    const whole = (hi: number, lo: number): bigint => (BigInt(hi) << 32n) | BigInt(lo >>> 0)
    return {
      sum: (BigInt(high) << 32n) + BigInt(low),
      xor: whole(xorHigh, xorLow),
      least: this.integerAt(first),
      most: this.integerAt(last),
    }
  }

  /** Signed decimal text, as the ledger keeps it. */
  hashAt(row: number): string {
    return ((BigInt(this.#hashes[row * 2] as number) << 32n) | BigInt((this.#hashes[row * 2 + 1] as number) >>> 0)).toString()
  }

  reset(): void {
    for (const table of this.tables) table.reset()
    this.idMap.reset()
    for (const owned of this.#owned) owned.reset()
    this.read = 0
    this.loaded = 0
    this.excluded = 0
    this.texts.length = 0
    this.quarantine.length = 0
    this.parts.length = 0
    this.exclusions.length = 0
    this.merged.length = 0
    this.notes.length = 0
    this.#takenAt = 0
  }
}
