import { hashView, TupleSetHash } from '../base/row-hash.ts'
import { uuidBytes } from '../base/uuid-text.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { TargetReader } from '../target/target.ts'
import type { Differences } from './differences.ts'
import { ExplainRows } from './explain-rows.ts'
import type { Tuple } from './merge-rows.ts'
import type { TableScope, TableWriter } from './table-scopes.ts'
import { fieldsAt, TupleStream } from './tuple-stream.ts'

export interface TableDigestSetting {
  readonly differences: Differences
  readonly signal: AbortSignal
  reader(service: string): TargetReader
  ledger(service: string): Ledger
}

/** One table’s rows beside the id map. */
export class TableDigest {
  readonly label: string
  readonly #stream: TupleStream
  readonly #key: number
  readonly #fields: number
  readonly #explain: ExplainRows
  /** Of a table that may hold several rows of one row: the tuples of the row at hand, in any order. */
  readonly #set: TupleSetHash | null
  #isOpen = false

  constructor(scope: TableScope, setting: TableDigestSetting) {
    const [writer] = scope.writers
    const { plan, of, shape } = writer as TableWriter
    const reader = setting.reader(scope.service)
    this.label = scope.label
    this.#fields = plan.columns.length
    this.#key = plan.columns.indexOf(scope.keyColumn ?? '')
    this.#set = of.facts.entity.into[shape]?.each ? new TupleSetHash() : null
    const rows = reader.rows({ ...scope.rows, columns: plan.columns, orderBy: scope.keyColumn, ids: null, signal: setting.signal })
    this.#stream = new TupleStream(rows, { fields: this.#fields, what: scope.label })
    const ledger = setting.ledger(scope.service)
    this.#explain = new ExplainRows({
      scope,
      reader,
      ledger,
      differences: setting.differences,
      showValues: false,
      signal: setting.signal,
      isMoved: () => false,
    })
  }

  /** Chains the row with this identifier into the hash. False: it is not next, or not here yet. */
  hashHere(id: Buffer, at: number, lanes: Int32Array): boolean {
    const stream = this.#stream
    if (this.#set !== null) return this.#setHere(this.#set, id, { at, lanes })
    if (!stream.isHere() || !isSameId(id, at, stream.data, stream.start[this.#key] as number)) return false
    this.#chain(lanes)
    // Another row with the same identifier is one too many: it comes before the next.
    stream.pass()
    return true
  }

  async hash(id: Buffer, at: number, lanes: Int32Array): Promise<number> {
    const stream = this.#stream
    if (this.#set !== null) return await this.#hashSet(this.#set, id, { at, lanes })
    let rows = 0
    while (await stream.row()) {
      const order = this.#compare(id, at)
      if (order > 0) break
      if (order < 0 || rows > 0) await this.#extra()
      else {
        this.#chain(lanes)
        stream.pass()
        rows++
      }
    }
    // What the program hashed of a table it wrote nothing to.
    if (rows === 0) hashView(this.#stream.view, 0, 0, lanes)
    return rows
  }

  /** As `hashHere`: whether the row behind the last of the set is here, and is another’s. What was added stays for `hash` to go on with. */
  #setHere(set: TupleSetHash, id: Buffer, { at, lanes }: { readonly at: number; readonly lanes: Int32Array }): boolean {
    const stream = this.#stream
    this.#open(set, lanes)
    while (stream.isHere()) {
      const order = this.#compare(id, at)
      if (order < 0) return false
      if (order > 0) {
        this.#close(set, lanes)
        return true
      }
      this.#add(set)
    }
    return false
  }

  async #hashSet(set: TupleSetHash, id: Buffer, { at, lanes }: { readonly at: number; readonly lanes: Int32Array }): Promise<number> {
    const stream = this.#stream
    this.#open(set, lanes)
    while (await stream.row()) {
      const order = this.#compare(id, at)
      if (order > 0) break
      if (order < 0) await this.#extra()
      else this.#add(set)
    }
    return this.#close(set, lanes)
  }

  #open(set: TupleSetHash, lanes: Int32Array): void {
    if (!this.#isOpen) set.begin(lanes)
    this.#isOpen = true
  }

  #add(set: TupleSetHash): void {
    const { at, end } = this.#stream
    set.add(this.#stream.view, at, end)
    this.#stream.pass()
  }

  #close(set: TupleSetHash, lanes: Int32Array): number {
    set.end(lanes)
    this.#isOpen = false
    return set.tuples
  }

  /** The row at hand against an identifier. */
  #compare(id: Buffer, at: number): number {
    const { data, start } = this.#stream
    const key = start[this.#key] as number
    return data.compare(id, at, at + 16, key, key + 16)
  }

  #chain(lanes: Int32Array): void {
    const { at, end } = this.#stream
    hashView(this.#stream.view, at, end, lanes)
  }

  async #extra(): Promise<void> {
    this.#explain.extra(copied(this.#stream))
    this.#stream.pass()
    await this.#explain.settle()
  }

  async missing({ id, key, hash }: { readonly id: string; readonly key: readonly string[]; readonly hash: string }): Promise<void> {
    const fields = Array.from({ length: this.#fields }, (_, i) => ({ start: 0, length: i === this.#key ? 16 : -1 }))
    this.#explain.missing({ writer: 0, key, hash }, { data: uuidBytes(id) ?? Buffer.alloc(16), fields })
    await this.#explain.settle()
  }

  async finish(): Promise<void> {
    while (await this.#stream.row()) await this.#extra()
    await this.#stream.close()
    await this.#explain.finish()
  }
}

/** The row taken apart last, for keeping. */
export function copied(stream: TupleStream): Tuple {
  const data = stream.copy()
  return { data, fields: fieldsAt(data, 0).fields }
}

/** Whether two identifiers are the same; much faster than comparing buffers. */
export function isSameId(a: Buffer, at: number, b: Buffer, other: number): boolean {
  return (
    a.readInt32LE(at + 12) === b.readInt32LE(other + 12) &&
    a.readInt32LE(at + 8) === b.readInt32LE(other + 8) &&
    a.readInt32LE(at + 4) === b.readInt32LE(other + 4) &&
    a.readInt32LE(at) === b.readInt32LE(other)
  )
}
