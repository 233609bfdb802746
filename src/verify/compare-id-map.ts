import { IdentifierSum } from '../base/identifier-hash.ts'
import { canonicalKey, keyParts } from '../base/key-text.ts'
import { uuidText } from '../base/uuid-text.ts'
import type { KeyRange, Ledger } from '../ledger/ledger.ts'
import type { Difference } from '../model/results.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import type { Differences } from './differences.ts'
import { batchRows, type ExpectedRows, freeRanges } from './expected-rows.ts'
import { placeOf } from './explain-rows.ts'
import { type MergeListener, MergeRows, type Origin, type Tuple } from './merge-rows.ts'
import { SortRows } from './sort-rows.ts'
import type { SpillFolder } from './spill-folder.ts'
import type { VerifiedEntity } from './table-scopes.ts'
import { fieldAt, TupleStream } from './tuple-stream.ts'

/** Fields of an id map tuple (IdMapRows). */
export const ID_MAP_FIELDS = 6
export const KEY = 2
export const ID = 3
export const HASH = 4

export interface IdMapSetting {
  readonly of: VerifiedEntity
  readonly ledger: Pick<Ledger, 'idMap' | 'sumIdMap'>
  readonly spill: SpillFolder
  readonly differences: Differences
  readonly isMoved: boolean
}

export function idMapFormat({ facts }: VerifiedEntity): 'integer' | 'text' {
  return facts.strategy === 'ordered' ? 'integer' : 'text'
}

const LEAST = -(2n ** 63n)
const MOST = 2n ** 63n - 1n
/** Where key, identifier and hash lie in an id map tuple of integer keys. */
const INTEGER_AT = { key: 20, id: 32, hash: 52 } as const

/**
 * Compares the id map as it must be with the ledger's: every key, its identifier and the hash of its row. Where rows come in the order of their integer keys, batch by batch from
 * sums the ledger makes itself, row by row only what does not come to the same.
 */
export class CompareIdMap {
  readonly #setting: IdMapSetting
  readonly #format: 'integer' | 'text'
  readonly #tell: TellIdMap
  /** Null: all is compared row by row. */
  #sum: IdentifierSum | null
  /** The keys below are compared. */
  #next = LEAST
  #merge: IdMapMerge | null = null
  #sorter: SortRows | null = null

  constructor(setting: IdMapSetting) {
    const { of } = setting
    this.#setting = setting
    this.#format = idMapFormat(of)
    this.#tell = new TellIdMap(setting)
    this.#sum = this.#format === 'integer' && of.inKeyOrder ? new IdentifierSum() : null
  }

  async push({ buffers, held }: { readonly buffers: BatchBuffers; readonly held: ReadonlySet<number> }): Promise<void> {
    const { of, spill } = this.#setting
    const isInteger = of.facts.key.isInteger
    const isOrdered = this.#format === 'integer'
    const ranges = freeRanges(buffers.loaded, held).map(range => batchRows({ buffers, table: buffers.idMap, isInteger, writer: 0 }, range))
    if (this.#sum !== null && (await this.#isSummedUp(this.#sum, ranges))) return
    for (const rows of ranges) {
      if (isOrdered && of.inKeyOrder) {
        await this.#whole().push(rows)
        continue
      }
      this.#sorter ??= new SortRows(spill)
      for (let row = 0; row < rows.size; row++) {
        const at = rows.startOf(row)
        const field = fieldAt(rows.buf, at, KEY)
        const sortKey = isOrdered ? signFlipped(rows.buf, field.start) : { data: rows.buf, ...field }
        const tuples = { data: rows.buf, start: at, end: rows.endOf(row), count: 1 }
        await this.#sorter.add({ sortKey, tuples, writer: 0, key: canonicalKey(rows.keyOf(row)), hash: rows.hashOf(row) })
      }
    }
  }

  /** Compares a batch and the keys since the one before. False: the ledger makes no sums. */
  async #isSummedUp(sum: IdentifierSum, ranges: readonly ExpectedRows[]): Promise<boolean> {
    const last = ranges.at(-1)
    if (last === undefined) return true
    sum.reset()
    for (const rows of ranges) addRows(sum, rows)
    const most = last.buf.readBigInt64BE(last.startOf(last.size - 1) + INTEGER_AT.key)
    return await this.#compareRange(sum, { least: this.#next, most }, ranges)
  }

  async #compareRange(sum: IdentifierSum, between: KeyRange, ranges: readonly ExpectedRows[]): Promise<boolean> {
    const { ledger } = this.#setting
    const known = await ledger.sumIdMap(this.#place, between)
    if (known === null) {
      this.#sum = null
      return false
    }
    this.#next = between.most + 1n
    if (known.rows === sum.rows && known.sum === sum.sum) return true
    this.#merge = this.#open(between)
    for (const rows of ranges) await this.#merge.push(rows)
    await this.#merge.finish()
    this.#merge = null
    return true
  }

  get #place(): { readonly entity: number; readonly tenant: number } {
    const { of } = this.#setting
    return { entity: of.number, tenant: of.tenant?.number ?? 0 }
  }

  /** All that is left. */
  #whole(): IdMapMerge {
    this.#merge ??= this.#open(this.#next === LEAST ? undefined : { least: this.#next, most: MOST })
    return this.#merge
  }

  #open(between: KeyRange | undefined): IdMapMerge {
    const { ledger } = this.#setting
    const format = this.#format
    return new IdMapMerge(ledger.idMap({ ...this.#place, format, ...(between === undefined ? {} : { between }) }), this.#tell, format)
  }

  async done(): Promise<void> {
    if (this.#sum !== null && this.#next <= MOST) {
      this.#sum.reset()
      if (await this.#compareRange(this.#sum, { least: this.#next, most: MOST }, [])) return
    } else if (this.#sum !== null) return
    const merge = this.#whole()
    if (this.#sorter !== null) for await (const rows of this.#sorter.regions()) await merge.push(rows)
    await merge.finish()
  }

  /** Ends the reading of the id map, however far it is. Idempotent. */
  async close(): Promise<void> {
    await this.#merge?.close()
  }

  /** Once the rows themselves are compared: if every one is as it was when it was read, the source explains nothing. */
  tellSuspects(): void {
    for (const suspect of this.#tell.suspects) this.#setting.differences.add(suspect)
    this.#tell.suspects = []
  }
}

/** The ledger’s rows beside the expected ones. */
class IdMapMerge {
  readonly #stream: TupleStream
  readonly #merge: MergeRows

  constructor(rows: AsyncIterable<Buffer>, listener: MergeListener, format: 'integer' | 'text') {
    this.#stream = new TupleStream(rows, { fields: ID_MAP_FIELDS, what: `rehouse.id_map_${format}` })
    this.#merge = new MergeRows(this.#stream, { key: { field: KEY, form: format === 'integer' ? 'int8' : 'bytes' }, listener })
  }

  push(rows: ExpectedRows): Promise<void> {
    return this.#merge.push(rows)
  }

  finish(): Promise<void> {
    return this.#merge.finish()
  }

  close(): Promise<void> {
    return this.#stream.close()
  }
}

function addRows(sum: IdentifierSum, rows: ExpectedRows): void {
  const view = new DataView(rows.buf.buffer, rows.buf.byteOffset, rows.buf.byteLength)
  for (let row = 0; row < rows.size; row++) {
    const at = rows.startOf(row)
    const [key, hash] = [at + INTEGER_AT.key, at + INTEGER_AT.hash]
    sum.add(view, at + INTEGER_AT.id, view.getInt32(key) ^ view.getInt32(hash), view.getInt32(key + 4) ^ view.getInt32(hash + 4))
  }
}

/** Bytes that compare as the integer does. */
function signFlipped(data: Buffer, start: number): { readonly data: Buffer; readonly start: number; readonly length: number } {
  const bytes = Buffer.from(data.subarray(start, start + 8))
  bytes.writeUInt8(bytes.readUInt8(0) ^ 0x80, 0)
  return { data: bytes, start: 0, length: 8 }
}

/** More than this many are not kept until it is known whether the source moved on; then that it may have is all that is said. */
const MOST_SUSPECTS = 100_000

class TellIdMap implements MergeListener {
  readonly #setting: IdMapSetting
  /** What a source that was written to since would explain. */
  suspects: Difference[] = []

  constructor(setting: IdMapSetting) {
    this.#setting = setting
  }

  equal(): void {}

  missing(origin: Origin): void {
    this.#suspect(origin.key, { id: null, column: null, expected: 'a row', actual: null })
  }

  extra(actual: Tuple): void {
    this.#suspect(keyOf(actual), { id: idText(actual), column: null, expected: null, actual: 'a row' })
  }

  doubled(actual: Tuple): void {
    this.extra(actual)
  }

  different(origin: Origin, { expected, actual }: { readonly expected: Tuple; readonly actual: Tuple }): void {
    const [wanted, got] = [idText(expected), idText(actual)]
    if (wanted !== got) this.#setting.differences.add(this.#told(origin.key, { id: wanted, column: 'id', expected: wanted, actual: got }))
    else this.#suspect(origin.key, { id: wanted, column: 'hash', expected: hashText(expected), actual: hashText(actual) })
  }

  #suspect(key: readonly string[], told: Told): void {
    const { isMoved, differences } = this.#setting
    if (!isMoved) differences.add(this.#told(key, told))
    else if (this.suspects.length < MOST_SUSPECTS) this.suspects.push(this.#told(key, told))
  }

  #told(key: readonly string[], told: Told): Difference {
    const { of } = this.#setting
    return { ...placeOf(of), key, table: `rehouse.id_map_${idMapFormat(of)}`, ...told, kind: 'id_map' }
  }

  settle(): Promise<void> {
    return this.#setting.differences.flush()
  }
}

type Told = Pick<Difference, 'id' | 'column' | 'expected' | 'actual'>

function textAt({ data, fields }: Tuple, index: number): string {
  const { start = 0, length = 0 } = fields[index] ?? {}
  return data.toString('utf8', start, start + Math.max(0, length))
}

function idText(tuple: Tuple): string {
  const field = tuple.fields[ID]
  return field?.length === 16 ? uuidText(tuple.data, field.start) : textAt(tuple, ID)
}

export function keyOf(tuple: Tuple): readonly string[] {
  const isInteger = tuple.fields[ID]?.length === 16
  if (isInteger) return [String(tuple.data.readBigInt64BE(tuple.fields[KEY]?.start ?? 0))]
  const text = textAt(tuple, KEY)
  return keyParts(text) ?? [text]
}

function hashText(tuple: Tuple): string {
  return String(tuple.data.readBigInt64BE(tuple.fields[HASH]?.start ?? 0))
}
