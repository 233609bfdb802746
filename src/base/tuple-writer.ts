/**
 * A growing buffer of PostgreSQL binary COPY tuples: int16 field count, then per field int32 length (-1 = NULL) and that many bytes, big-endian.
 * Encoders write at `at` after `ensure`; to take back what they wrote, set `at` to where it was.
 */
export class TupleWriter {
  buf: Buffer
  at = 0

  constructor(initialBytes = 1 << 16) {
    this.buf = Buffer.allocUnsafeSlow(initialBytes)
  }

  /** Makes room for `bytes` more. `buf` may be another buffer afterwards: never keep it over a call. */
  ensure(bytes: number): void {
    if (this.at + bytes > this.buf.length) this.#grow(bytes)
  }

  #grow(bytes: number): void {
    const next = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.at + bytes))
    this.buf.copy(next, 0, 0, this.at)
    this.buf = next
  }

  /** The start of a tuple. */
  fieldCount(count: number): void {
    this.ensure(2)
    this.buf[this.at] = count >> 8
    this.buf[this.at + 1] = count
    this.at += 2
  }

  /** Always true, so that it can end a field writer; `field` likewise. */
  null(): true {
    this.ensure(4)
    this.buf.writeInt32BE(-1, this.at)
    this.at += 4
    return true
  }

  /** One field: its length and `length` bytes of `data` from `start`. */
  field(data: Uint8Array, start: number, length: number): true {
    this.ensure(4 + length)
    this.buf.writeInt32BE(length, this.at)
    this.at += 4
    if (length <= 24) for (let i = 0; i < length; i++) this.buf[this.at + i] = data[start + i] as number
    else this.buf.set(data.subarray(start, start + length), this.at)
    this.at += length
    return true
  }

  /** A text field, UTF-8. A lone surrogate becomes U+FFFD as in every UTF-8 encoder: callers that can meet one check first. */
  text(value: string): void {
    const most = value.length * 3
    this.ensure(4 + most)
    const written = this.buf.write(value, this.at + 4, 'utf8')
    this.buf.writeInt32BE(written, this.at)
    this.at += 4 + written
  }

  int32(value: number): void {
    this.ensure(8)
    this.buf.writeInt32BE(4, this.at)
    this.buf.writeInt32BE(value, this.at + 4)
    this.at += 8
  }

  int64(value: bigint): void {
    this.ensure(12)
    this.buf.writeInt32BE(8, this.at)
    this.buf.writeBigInt64BE(value, this.at + 4)
    this.at += 12
  }

  /** Everything written so far, not copied. */
  bytes(): Buffer {
    return this.buf.subarray(0, this.at)
  }

  reset(): void {
    this.at = 0
  }
}
