import { bug } from '../errors.ts'
import type { ExpectedRows } from './expected-rows.ts'
import { compareKeys, type KeyAt, keyAt, type SortKey } from './sort-key.ts'
import { type FieldAt, fieldAt, fieldsAt, type TupleStream } from './tuple-stream.ts'

/** One tuple and its fields; its bytes are its own. */
export interface Tuple {
  readonly data: Buffer
  readonly fields: readonly FieldAt[]
}

/** The source row an expected tuple is from. */
export interface Origin {
  readonly writer: number
  readonly key: readonly string[]
  readonly hash: string
}

/** Told what the comparison finds. What is told stays valid. */
export interface MergeListener {
  equal(tuples: number, writer: number): void
  missing(origin: Origin, expected: Tuple): void
  extra(actual: Tuple): void
  /** Extra too, but its key is one that was expected, of a row with this hash. */
  doubled(actual: Tuple, hash: string): void
  /** The same sort key, other bytes. */
  different(origin: Origin, pair: { readonly expected: Tuple; readonly actual: Tuple }): void
  /** Awaited between rows, whenever something but `equal` was told. */
  settle(): Promise<void>
}

/**
 * Compares two streams ordered by the same key: expected rows as they are pushed, actual ones as they come. Equal stretches are compared as bytes, all at once.
 * Tuples with the same key are a set: their order says nothing.
 */
export class MergeRows {
  readonly #actual: TupleStream
  readonly #key: SortKey
  readonly #listener: MergeListener
  #last: KeyAt | null = null
  #passed: { readonly key: KeyAt; readonly hash: string } | null = null

  constructor(actual: TupleStream, of: { readonly key: SortKey; readonly listener: MergeListener }) {
    this.#actual = actual
    this.#key = of.key
    this.#listener = of.listener
  }

  /** In ascending order of the key, within and over the calls. */
  async push(rows: ExpectedRows): Promise<void> {
    let row = 0
    while (row < rows.size) {
      const to = this.#within(rows, row)
      if (to > row) {
        const next = this.#pass(rows, row, to)
        if (next > row) {
          row = next
          continue
        }
      } else if (await this.#actual.more()) continue
      await this.#compare(rows, row)
      row++
    }
  }

  /** The first row that does not lie, as a whole, in as many bytes as the other side has here. */
  #within(rows: ExpectedRows, from: number): number {
    const limit = rows.startOf(from) + this.#actual.available
    if (rows.endOf(rows.size - 1) <= limit) return rows.size
    let low = from
    let high = rows.size - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (rows.endOf(middle) <= limit) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Passes what is equal, byte for byte. Returns the first row that is not. */
  #pass(rows: ExpectedRows, from: number, to: number): number {
    if (this.#isEqual(rows, from, to)) return to
    let row = from
    while (row < to && this.#isEqual(rows, row, row + 1)) row++
    return row
  }

  #isEqual(rows: ExpectedRows, from: number, to: number): boolean {
    const { data, at } = this.#actual
    const start = rows.startOf(from)
    const end = rows.endOf(to - 1)
    if (data.compare(rows.buf, start, end, at, at + end - start) !== 0) return false
    this.#actual.at = at + end - start
    this.#remember(rows, to - 1)
    if (!rows.isMixed) this.#listener.equal(rows.tuples(from, to), rows.writerOf(from))
    else for (let row = from; row < to; row++) this.#listener.equal(rows.tuples(row, row + 1), rows.writerOf(row))
    return true
  }

  /** The key of the last row passed: another row with it is one too many. */
  #remember(rows: ExpectedRows, row: number): void {
    const start = rows.startOf(row)
    const last = rows.endOf(row)
    if (last === start) return
    const { data, ...field } = keyAt(this.#key, { data: rows.buf, start, end: last, field: index => fieldAt(rows.buf, start, index) })
    const copy = Buffer.from(data.subarray(field.start, field.start + field.length))
    this.#passed = { key: { data: copy, start: 0, length: copy.length }, hash: rows.hashOf(row) }
  }

  async #compare(rows: ExpectedRows, row: number): Promise<void> {
    const expected = tuplesOf(rows, row)
    const origin = (): Origin => ({ writer: rows.writerOf(row), key: rows.keyOf(row), hash: rows.hashOf(row) })
    for (const group of this.#groups(expected)) {
      const key = this.#keyOf(group[0] as Tuple)
      this.#assertOrder(key)
      await this.#passExtras(key)
      const actual = await this.#takeEqualKeys(key)
      this.#match(group, { actual, origin: origin() })
      await this.#listener.settle()
    }
  }

  /** Tuples of one row with one key (a part's rows, by their head) belong together. */
  #groups(tuples: readonly Tuple[]): readonly (readonly Tuple[])[] {
    const groups: Tuple[][] = []
    for (const tuple of tuples) {
      const last = groups.at(-1)
      if (last?.[0] !== undefined && compareKeys(this.#key.form, this.#keyOf(last[0]), this.#keyOf(tuple)) === 0) last.push(tuple)
      else groups.push([tuple])
    }
    return groups.toSorted((a, b) => compareKeys(this.#key.form, this.#keyOf(a[0] as Tuple), this.#keyOf(b[0] as Tuple)))
  }

  #keyOf({ data, fields }: Tuple): KeyAt {
    return keyAt(this.#key, { data, start: 0, end: data.length, field: index => fields[index] as FieldAt })
  }

  #assertOrder(key: KeyAt): void {
    if (this.#last !== null && compareKeys(this.#key.form, this.#last, key) > 0) throw bug('expected rows in the order of their key')
    this.#last = { ...key, data: Buffer.from(key.data) }
  }

  #actualKey(): KeyAt {
    const { data, at, end, start, length } = this.#actual
    return keyAt(this.#key, { data, start: at, end, field: index => ({ start: start[index] as number, length: length[index] as number }) })
  }

  /** What comes before the key is expected nowhere. */
  async #passExtras(key: KeyAt): Promise<void> {
    while ((await this.#actual.row()) && compareKeys(this.#key.form, this.#actualKey(), key) < 0) await this.#extra()
  }

  async #extra(): Promise<void> {
    const data = this.#actual.copy()
    const tuple = { data, fields: fieldsAt(data, 0).fields }
    const passed = this.#passed
    if (passed !== null && compareKeys(this.#key.form, passed.key, this.#actualKey()) === 0) this.#listener.doubled(tuple, passed.hash)
    else this.#listener.extra(tuple)
    this.#actual.pass()
    await this.#listener.settle()
  }

  async #takeEqualKeys(key: KeyAt): Promise<Tuple[]> {
    const found: Tuple[] = []
    while ((await this.#actual.row()) && compareKeys(this.#key.form, this.#actualKey(), key) === 0) {
      const data = this.#actual.copy()
      found.push({ data, fields: fieldsAt(data, 0).fields })
      this.#actual.pass()
    }
    return found
  }

  /** Equal ones first; what is left over is paired in order, and then one side has too many. */
  #match(group: readonly Tuple[], { actual, origin }: { readonly actual: Tuple[]; readonly origin: Origin }): void {
    const left: Tuple[] = []
    for (const tuple of group) {
      const same = actual.findIndex(other => other.data.equals(tuple.data))
      if (same < 0) left.push(tuple)
      else actual.splice(same, 1)
    }
    if (group.length > left.length) this.#listener.equal(group.length - left.length, origin.writer)
    for (const expected of left) {
      const other = actual.shift()
      if (other === undefined) this.#listener.missing(origin, expected)
      else this.#listener.different(origin, { expected, actual: other })
    }
    for (const other of actual) this.#listener.doubled(other, origin.hash)
  }

  /** All that was expected has been pushed: what is left is too much. */
  async finish(): Promise<void> {
    while (await this.#actual.row()) await this.#extra()
    await this.#actual.close()
  }
}

function tuplesOf(rows: ExpectedRows, row: number): readonly Tuple[] {
  const tuples: Tuple[] = []
  for (let at = rows.startOf(row); at < rows.endOf(row); ) {
    const { end } = fieldsAt(rows.buf, at)
    const data = Buffer.from(rows.buf.subarray(at, end))
    tuples.push({ data, fields: fieldsAt(data, 0).fields })
    at = end
  }
  return tuples
}
