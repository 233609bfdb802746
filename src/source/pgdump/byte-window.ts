/** Bytes of a stream that are not done with yet, in one piece. Offsets count from the beginning of the stream. */
export class ByteWindow {
  data: Buffer = Buffer.alloc(0)
  /** Offset of `data[0]`. */
  base = 0
  #store: Buffer = Buffer.alloc(0)

  /** Offset of the end of what is here. */
  get end(): number {
    return this.base + this.data.length
  }

  /** Drops what lies before `from` and appends. A part that comes in many pieces costs its length, not its length for each piece. */
  push(chunk: Buffer, from: number): void {
    const rest = this.data.subarray(from - this.base)
    this.base = from
    this.data = rest.length === 0 ? chunk : this.#joined(rest, chunk)
  }

  #joined(rest: Buffer, chunk: Buffer): Buffer {
    const length = rest.length + chunk.length
    const isThere = rest.buffer === this.#store.buffer
    const at = isThere ? rest.byteOffset - this.#store.byteOffset : 0
    if (isThere && at + length <= this.#store.length) {
      chunk.copy(this.#store, at + rest.length)
      return this.#store.subarray(at, at + length)
    }
    const isFitting = !isThere && this.#store.length >= length && this.#store.length <= length * 8
    const store = isFitting ? this.#store : Buffer.allocUnsafeSlow(length * 2)
    rest.copy(store)
    chunk.copy(store, rest.length)
    this.#store = store
    return store.subarray(0, length)
  }
}
