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

/** An int64 field from its halves; `low` as an unsigned number. */
export function writeHalves(high: number, low: number, out: TupleWriter): void {
  out.ensure(12)
  const buf = out.buf
  buf.writeInt32BE(8, out.at)
  buf.writeInt32BE(high, out.at + 4)
  buf.writeUInt32BE(low, out.at + 8)
  out.at += 12
}
