import type { TupleWriter } from '../base/tuple-writer.ts'
import { uuidText } from '../base/uuid-text.ts'
import type { RowState } from './row-state.ts'

export interface IdMapNumbers {
  readonly tenant: number
  readonly entity: number
}

/** Where the parts of an integer id map tuple lie, once its constant parts are laid out. */
const HEAD_BYTES = 2 + 8 + 6
const KEY_AT = HEAD_BYTES + 4
const ID_AT = KEY_AT + 8 + 4
const HASH_AT = ID_AT + 16 + 4
const BATCH_AT = HASH_AT + 8 + 4
const TUPLE_BYTES = BATCH_AT + 8

/** Writes loaded rows' id map tuples (layout: model/ledger-records.ts, IdMapRows). `hash` holds the two halves of the row's hash. */
export class IdMapTemplate {
  readonly #template = Buffer.alloc(TUPLE_BYTES)

  constructor({ tenant, entity }: IdMapNumbers) {
    const t = this.#template
    t.writeInt16BE(6, 0)
    t.writeInt32BE(4, 2)
    t.writeInt32BE(tenant, 6)
    t.writeInt32BE(2, 10)
    t.writeInt16BE(entity, 14)
    t.writeInt32BE(8, KEY_AT - 4)
    t.writeInt32BE(16, ID_AT - 4)
    t.writeInt32BE(8, HASH_AT - 4)
    t.writeInt32BE(8, BATCH_AT - 4)
  }

  setBatch(batch: string): void {
    this.#template.writeBigInt64BE(BigInt(batch), BATCH_AT)
  }

  /** Key as one integer, id as uuid. */
  writeInteger(row: RowState, hash: Int32Array, out: TupleWriter): void {
    out.ensure(TUPLE_BYTES)
    const { buf, at } = out
    this.#template.copy(buf, at)
    writeHalves(buf, at + KEY_AT, row.keyHalves)
    row.id.copy(buf, at + ID_AT)
    writeHalves(buf, at + HASH_AT, hash)
    out.at = at + TUPLE_BYTES
  }

  /** Key as canonical text, id as text. */
  writeText(row: RowState, { hash, key }: { readonly hash: Int32Array; readonly key: string }, out: TupleWriter): void {
    out.ensure(HEAD_BYTES)
    this.#template.copy(out.buf, out.at, 0, HEAD_BYTES)
    out.at += HEAD_BYTES
    out.text(key)
    out.text(uuidText(row.id, 0))
    out.ensure(24)
    out.buf.writeInt32BE(8, out.at)
    writeHalves(out.buf, out.at + 4, hash)
    this.#template.copy(out.buf, out.at + 12, BATCH_AT - 4, TUPLE_BYTES)
    out.at += 24
  }
}

function writeHalves(buf: Buffer, at: number, halves: Int32Array): void {
  buf.writeInt32BE(halves[0] as number, at)
  buf.writeInt32BE(halves[1] as number, at + 4)
}
