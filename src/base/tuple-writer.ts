/**
 * A growing buffer of PostgreSQL binary COPY tuples: int16 field count, then per field int32 length (-1 = NULL) and that many bytes, big-endian.
 * Encoders write at `at` after `ensure`; to take back what they wrote, set `at` to where it was.
 */
export class TupleWriter {
  buf: Buffer
  /** Over the bytes of `buf`: the fastest way to write a number. */
  view: DataView
  at = 0

  constructor(initialBytes = 1 << 16) {
    this.buf = Buffer.allocUnsafeSlow(initialBytes)
    this.view = viewOf(this.buf)
  }

  /** Makes room for `bytes` more. `buf` may be another buffer afterwards: never keep it over a call. */
  ensure(bytes: number): void {
    if (this.at + bytes > this.buf.length) this.#grow(bytes)
  }

  #grow(bytes: number): void {
    const next = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.at + bytes))
    this.buf.copy(next, 0, 0, this.at)
    this.buf = next
    this.view = viewOf(next)
  }

  /** The start of a tuple. */
  fieldCount(count: number): void {
    this.ensure(2)
    this.view.setInt16(this.at, count)
    this.at += 2
  }

  /** Always true, so that it can end a field writer; `field` likewise. */
  null(): true {
    this.ensure(4)
    this.view.setInt32(this.at, -1)
    this.at += 4
    return true
  }

  /** One field: its length and `length` bytes of `data` from `start`. */
  field(data: Uint8Array, start: number, length: number): true {
    this.ensure(4 + length)
    const at = this.at
    this.view.setInt32(at, length)
    // Below this a loop is faster than the call that copies a block.
    if (length <= SHORT) for (let i = 0, to = at + 4; i < length; i++) this.buf[to + i] = data[start + i] as number
    else this.buf.set(data.subarray(start, start + length), at + 4)
    this.at = at + 4 + length
    return true
  }

  /** A uuid field from its four words. */
  uuid(a: number, b: number, c: number, d: number): true {
    this.ensure(20)
    const { view, at } = this
    view.setInt32(at, 16)
    view.setInt32(at + 4, a)
    view.setInt32(at + 8, b)
    view.setInt32(at + 12, c)
    view.setInt32(at + 16, d)
    this.at = at + 20
    return true
  }

  /** A text field, UTF-8. A lone surrogate becomes U+FFFD as in every UTF-8 encoder: callers that can meet one check first. */
  text(value: string): void {
    const most = value.length * 3
    this.ensure(4 + most)
    const written = this.buf.write(value, this.at + 4, 'utf8')
    this.view.setInt32(this.at, written)
    this.at += 4 + written
  }

  int32(value: number): void {
    this.ensure(8)
    this.view.setInt32(this.at, 4)
    this.view.setInt32(this.at + 4, value)
    this.at += 8
  }

  int64(value: bigint): void {
    this.ensure(12)
    this.view.setInt32(this.at, 8)
    this.view.setBigInt64(this.at + 4, value)
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

const SHORT = 24

function viewOf(buf: Buffer): DataView {
  return new DataView(buf.buffer, buf.byteOffset, buf.byteLength)
}
