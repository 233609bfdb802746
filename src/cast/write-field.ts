import type { TupleWriter } from '../base/tuple-writer.ts'

/** Single fields, int32 length included, that TupleWriter has no method for. */

/** jsonb and its like: a version byte of 1, then text. */
export function writeVersioned(text: string, out: TupleWriter): void {
  out.ensure(5 + text.length * 3)
  const written = out.buf.write(text, out.at + 5, 'utf8')
  out.buf.writeInt32BE(written + 1, out.at)
  out.buf[out.at + 4] = 1
  out.at += 5 + written
}

export function writeInt16(value: number, out: TupleWriter): void {
  out.ensure(6)
  out.buf.writeInt32BE(2, out.at)
  out.buf.writeInt16BE(value, out.at + 4)
  out.at += 6
}

export function writeFloat8(value: number, out: TupleWriter): void {
  out.ensure(12)
  out.buf.writeInt32BE(8, out.at)
  out.buf.writeDoubleBE(value, out.at + 4)
  out.at += 12
}

export function writeFloat4(value: number, out: TupleWriter): void {
  out.ensure(8)
  out.buf.writeInt32BE(4, out.at)
  out.buf.writeFloatBE(value, out.at + 4)
  out.at += 8
}

/** An int64 field from its halves; `low` as an unsigned number. Bytes are stored one by one: Buffer’s own writers check more and cost several times as much. */
export function writeHalves(high: number, low: number, out: TupleWriter): void {
  out.ensure(12)
  const { buf, at } = out
  buf[at] = 0
  buf[at + 1] = 0
  buf[at + 2] = 0
  buf[at + 3] = 8
  buf[at + 4] = high >> 24
  buf[at + 5] = high >> 16
  buf[at + 6] = high >> 8
  buf[at + 7] = high
  buf[at + 8] = low >>> 24
  buf[at + 9] = low >>> 16
  buf[at + 10] = low >>> 8
  buf[at + 11] = low
  out.at = at + 12
}
