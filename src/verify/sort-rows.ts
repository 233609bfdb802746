import type { FileHandle } from 'node:fs/promises'
import { keyParts } from '../base/key-text.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import type { ExpectedRows } from './expected-rows.ts'
import { noSpace, type SpillFolder } from './spill-folder.ts'

/** One row to be sorted: its sort key (compared as bytes), and what comes back with it. */
export interface SortRecord {
  readonly sortKey: { readonly data: Buffer; readonly start: number; readonly length: number }
  readonly tuples: { readonly data: Buffer; readonly start: number; readonly end: number; readonly count: number }
  readonly writer: number
  /** Canonical text. */
  readonly key: string
  /** Decimal text of an int8. */
  readonly hash: string
}

const MEMORY_BYTES = 32 << 20
const REGION_BYTES = 1 << 18
const READ_BYTES = 1 << 18
/** Record: int32 whole length, sort key length, key length, tuples count; int16 writer; int8 hash; sort key, key, tuples. */
const SORT_KEY_LENGTH = 4
const KEY_LENGTH = 8
const COUNT = 12
const WRITER = 16
const HASH = 20
const HEAD = 28

/**
 * Sorts any number of rows in bounded memory: what does not fit is written to the spill folder as sorted runs, which are merged at the end.
 * Rows with equal keys come out in the order added.
 */
export class SortRows {
  readonly #spill: SpillFolder
  readonly #memoryBytes: number
  readonly #records = new TupleWriter(1 << 16)
  #starts: number[] = []
  readonly #runs: FileHandle[] = []

  constructor(spill: SpillFolder, memoryBytes: number = MEMORY_BYTES) {
    this.#spill = spill
    this.#memoryBytes = memoryBytes
  }

  /** Copies the record. */
  async add({ sortKey, tuples, writer, key, hash }: SortRecord): Promise<void> {
    const out = this.#records
    const keyBytes = Buffer.byteLength(key)
    const size = HEAD + sortKey.length + keyBytes + tuples.end - tuples.start
    if (out.at > 0 && out.at + size > this.#memoryBytes) await this.#writeRun()
    out.ensure(size)
    const { buf, at } = out
    this.#starts.push(at)
    buf.writeInt32BE(size, at)
    buf.writeInt32BE(sortKey.length, at + SORT_KEY_LENGTH)
    buf.writeInt32BE(keyBytes, at + KEY_LENGTH)
    buf.writeInt32BE(tuples.count, at + COUNT)
    buf.writeInt32BE(writer, at + WRITER)
    buf.writeBigInt64BE(BigInt(hash), at + HASH)
    let to = at + HEAD
    to += sortKey.data.copy(buf, to, sortKey.start, sortKey.start + sortKey.length)
    to += buf.write(key, to, 'utf8')
    tuples.data.copy(buf, to, tuples.start, tuples.end)
    out.at = at + size
  }

  #sorted(): readonly number[] {
    const { buf } = this.#records
    return this.#starts.toSorted((a, b) => compareRecords(buf, a, buf, b) || a - b)
  }

  async #writeRun(): Promise<void> {
    const file = await this.#spill.newFile()
    this.#runs.push(file)
    try {
      const { buf } = this.#records
      let parts: Buffer[] = []
      let bytes = 0
      for (const start of this.#sorted()) {
        const record = buf.subarray(start, start + buf.readInt32BE(start))
        parts.push(record)
        bytes += record.length
        if (bytes < READ_BYTES) continue
        await file.appendFile(Buffer.concat(parts))
        parts = []
        bytes = 0
      }
      await file.appendFile(Buffer.concat(parts))
    } catch (cause) {
      throw noSpace(cause)
    }
    this.#records.reset()
    this.#starts = []
  }

  /** Everything added, sorted, in stretches that stay valid until the next one is asked for. The sorter is empty afterwards. */
  async *regions(): AsyncGenerator<ExpectedRows> {
    const inMemory = new MemoryRun(this.#records.buf, this.#sorted())
    const runs: Run[] = [...this.#runs.map(file => new FileRun(file)), inMemory]
    const region = new Region()
    try {
      for (const run of runs) await run.next()
      for (let run = least(runs); run !== null; run = least(runs)) {
        region.add(run)
        await run.next()
        if (region.bytes < REGION_BYTES) continue
        yield region
        region.reset()
      }
      if (region.size > 0) yield region
    } finally {
      for (const file of this.#runs) await file.close()
      this.#runs.length = 0
      this.#starts = []
      this.#records.reset()
    }
  }
}

function compareRecords(a: Buffer, at: number, b: Buffer, other: number): number {
  const from = at + HEAD
  const to = other + HEAD
  return a.compare(b, to, to + b.readInt32BE(other + SORT_KEY_LENGTH), from, from + a.readInt32BE(at + SORT_KEY_LENGTH))
}

/** A sorted run; its current record lies in `buf` from `at`; `isOver` once there is none. */
interface Run {
  readonly buf: Buffer
  readonly at: number
  readonly isOver: boolean
  next(): Promise<void>
}

/** Earlier runs win ties, so that the order added is kept. */
function least(runs: readonly Run[]): Run | null {
  let found: Run | null = null
  for (const run of runs) if (!run.isOver && (found === null || compareRecords(run.buf, run.at, found.buf, found.at) < 0)) found = run
  return found
}

class MemoryRun implements Run {
  readonly buf: Buffer
  readonly #starts: readonly number[]
  #next = 0
  at = 0
  isOver = false

  constructor(buf: Buffer, starts: readonly number[]) {
    this.buf = buf
    this.#starts = starts
  }

  next(): Promise<void> {
    const start = this.#starts[this.#next++]
    this.isOver = start === undefined
    this.at = start ?? 0
    return Promise.resolve()
  }
}

class FileRun implements Run {
  readonly #file: FileHandle
  #position = 0
  #size = 0
  buf: Buffer = Buffer.alloc(0)
  at = 0
  isOver = false

  constructor(file: FileHandle) {
    this.#file = file
  }

  async next(): Promise<void> {
    this.at += this.#size
    if (!(await this.#has(HEAD))) {
      this.isOver = true
      return
    }
    this.#size = this.buf.readInt32BE(this.at)
    await this.#has(this.#size)
  }

  /** Whether so many bytes from `at` on are there; reads them where need be. */
  async #has(bytes: number): Promise<boolean> {
    if (this.buf.length - this.at >= bytes) return true
    const rest = this.buf.subarray(this.at)
    const wanted = Math.max(READ_BYTES, bytes)
    const more = Buffer.allocUnsafe(wanted)
    const { bytesRead } = await this.#file.read(more, 0, wanted, this.#position)
    this.#position += bytesRead
    this.buf = Buffer.concat([rest, more.subarray(0, bytesRead)])
    this.at = 0
    return this.buf.length >= bytes
  }
}

class Region implements ExpectedRows {
  readonly isMixed = true
  readonly #tuples = new TupleWriter(REGION_BYTES * 2)
  #ends: number[] = []
  #counts: number[] = []
  #writers: number[] = []
  #keys: string[] = []
  #hashes: bigint[] = []

  add({ buf, at }: Run): void {
    const key = at + HEAD + buf.readInt32BE(at + SORT_KEY_LENGTH)
    const tuples = key + buf.readInt32BE(at + KEY_LENGTH)
    const end = at + buf.readInt32BE(at)
    this.#tuples.ensure(end - tuples)
    buf.copy(this.#tuples.buf, this.#tuples.at, tuples, end)
    this.#tuples.at += end - tuples
    this.#ends.push(this.#tuples.at)
    this.#counts.push((this.#counts.at(-1) ?? 0) + buf.readInt32BE(at + COUNT))
    this.#writers.push(buf.readInt32BE(at + WRITER))
    this.#keys.push(buf.toString('utf8', key, tuples))
    this.#hashes.push(buf.readBigInt64BE(at + HASH))
  }

  get buf(): Buffer {
    return this.#tuples.buf
  }

  get bytes(): number {
    return this.#tuples.at
  }

  get size(): number {
    return this.#ends.length
  }

  startOf(row: number): number {
    return row === 0 ? 0 : (this.#ends[row - 1] as number)
  }

  endOf(row: number): number {
    return this.#ends[row] as number
  }

  tuples(from: number, to: number): number {
    return (this.#counts[to - 1] as number) - (from === 0 ? 0 : (this.#counts[from - 1] as number))
  }

  writerOf(row: number): number {
    return this.#writers[row] as number
  }

  keyOf(row: number): readonly string[] {
    const text = this.#keys[row] as string
    return keyParts(text) ?? [text]
  }

  hashOf(row: number): string {
    return String(this.#hashes[row])
  }

  reset(): void {
    this.#tuples.reset()
    this.#ends = []
    this.#counts = []
    this.#writers = []
    this.#keys = []
    this.#hashes = []
  }
}
