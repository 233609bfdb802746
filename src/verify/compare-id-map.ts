import { canonicalKey, keyParts } from '../base/key-text.ts'
import { uuidText } from '../base/uuid-text.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import type { Differences } from './differences.ts'
import { batchRows, freeRanges } from './expected-rows.ts'
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
  readonly ledger: Pick<Ledger, 'idMap'>
  readonly spill: SpillFolder
  readonly differences: Differences
  readonly isMoved: boolean
}

export function idMapFormat({ facts }: VerifiedEntity): 'integer' | 'text' {
  return facts.strategy === 'ordered' ? 'integer' : 'text'
}

/** Compares the id map as it must be with the ledger's: every key, its identifier and the hash of its row. */
export class CompareIdMap {
  readonly #setting: IdMapSetting
  readonly #merge: MergeRows
  #sorter: SortRows | null = null

  constructor(setting: IdMapSetting) {
    const { of, ledger } = setting
    this.#setting = setting
    const format = idMapFormat(of)
    const rows = ledger.idMap({ entity: of.number, tenant: of.tenant?.number ?? 0, format })
    const stream = new TupleStream(rows, { fields: ID_MAP_FIELDS, what: `rehouse.id_map_${format}` })
    const key = { field: KEY, form: format === 'integer' ? 'int8' : 'bytes' } as const
    this.#merge = new MergeRows(stream, { key, listener: new TellIdMap(setting) })
  }

  async push({ buffers, held }: { readonly buffers: BatchBuffers; readonly held: ReadonlySet<number> }): Promise<void> {
    const { of, spill } = this.#setting
    const isInteger = of.facts.key.isInteger
    const isOrdered = of.facts.strategy === 'ordered'
    for (const range of freeRanges(buffers.loaded, held)) {
      const rows = batchRows({ buffers, table: buffers.idMap, isInteger, writer: 0 }, range)
      if (isOrdered && of.inKeyOrder) {
        await this.#merge.push(rows)
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

  async done(): Promise<void> {
    if (this.#sorter !== null) for await (const rows of this.#sorter.regions()) await this.#merge.push(rows)
    await this.#merge.finish()
  }
}

/** Bytes that compare as the integer does. */
function signFlipped(data: Buffer, start: number): { readonly data: Buffer; readonly start: number; readonly length: number } {
  const bytes = Buffer.from(data.subarray(start, start + 8))
  bytes.writeUInt8(bytes.readUInt8(0) ^ 0x80, 0)
  return { data: bytes, start: 0, length: 8 }
}

class TellIdMap implements MergeListener {
  readonly #setting: IdMapSetting

  constructor(setting: IdMapSetting) {
    this.#setting = setting
  }

  equal(): void {}

  missing(origin: Origin): void {
    if (!this.#setting.isMoved) this.#tell(origin.key, { id: null, column: null, expected: 'a row', actual: null })
  }

  extra(actual: Tuple): void {
    if (!this.#setting.isMoved) this.#tell(keyOf(actual), { id: idText(actual), column: null, expected: null, actual: 'a row' })
  }

  different(origin: Origin, { expected, actual }: { readonly expected: Tuple; readonly actual: Tuple }): void {
    const [wanted, got] = [idText(expected), idText(actual)]
    if (wanted !== got) this.#tell(origin.key, { id: wanted, column: 'id', expected: wanted, actual: got })
    else if (!this.#setting.isMoved)
      this.#tell(origin.key, { id: wanted, column: 'hash', expected: hashText(expected), actual: hashText(actual) })
  }

  #tell(key: readonly string[], told: { id: string | null; column: string | null; expected: string | null; actual: string | null }): void {
    const { of, differences } = this.#setting
    const table = `rehouse.id_map_${idMapFormat(of)}`
    differences.add({ ...placeOf(of), key, table, ...told, kind: 'id_map' })
  }

  settle(): Promise<void> {
    return this.#setting.differences.flush()
  }
}

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
