/** A buffer that grows: fields are written one after the other, little-endian. */
export class FieldBytes {
  #bytes: Buffer
  #used = 0

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size)
  }

  get length(): number {
    return this.#used
  }

  /** Hands over what was written and begins anew. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#used))
    this.#used = 0
    return taken
  }

  uint(value: number, size: number): void {
    const at = this.#reserve(size)
    if (size <= 6) this.#bytes.writeUIntLE(value, at, size)
    else this.#bytes.writeBigUInt64LE(BigInt(value), at)
  }

  int(value: number, size: number): void {
    const at = this.#reserve(size)
    this.#bytes.writeIntLE(value, at, size)
  }

  int64(value: bigint): void {
    const at = this.#reserve(8)
    this.#bytes.writeBigInt64LE(value, at)
  }

  uint64(value: bigint): void {
    const at = this.#reserve(8)
    this.#bytes.writeBigUInt64LE(value, at)
  }

  float(value: number): void {
    const at = this.#reserve(4)
    this.#bytes.writeFloatLE(value, at)
  }

  double(value: number): void {
    const at = this.#reserve(8)
    this.#bytes.writeDoubleLE(value, at)
  }

  fill(value: number, size: number): void {
    const at = this.#reserve(size)
    this.#bytes.fill(value, at, at + size)
  }

  /** UTF-16, half surrogates as they are. */
  utf16(text: string): void {
    const at = this.#reserve(text.length * 2)
    this.#bytes.write(text, at, 'utf16le')
  }

  bytes(bytes: Buffer): void {
    const at = this.#reserve(bytes.length)
    bytes.copy(this.#bytes, at)
  }

  /** First: it may put another buffer in the place of this one. */
  #reserve(size: number): number {
    const at = this.#used
    this.#used += size
    if (this.#used > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#used, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, at)
      this.#bytes = grown
    }
    return at
  }
}
