import { invalidDump } from './dump-errors.ts'

/** Longer texts in a table of contents are taken for damage. */
const MOST_TEXT_BYTES = 1 << 28

/** Reads an archive of pg_dump from its beginning: bytes, whole numbers and texts as it writes them. Everything beyond the end is SOURCE_INVALID; nothing is allocated by a claimed size. */
export class ArchiveReader {
  readonly #chunks: AsyncIterator<Buffer>
  readonly #file: string
  readonly #size: number
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  #intBytes = 4
  #offsetBytes = 8
  /** Offset of the next byte. */
  offset = 0

  constructor(chunks: AsyncIterable<Buffer>, of: { readonly file: string; readonly size: number }) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#file = of.file
    this.#size = of.size
  }

  /** As the header says. */
  setSizes(sizes: { readonly int: number; readonly offset: number }): void {
    if (sizes.int < 1 || sizes.int > 8 || sizes.offset < 1 || sizes.offset > 8)
      throw this.invalid('sizes of 1 to 8 bytes', `${sizes.int} and ${sizes.offset}`)
    this.#intBytes = sizes.int
    this.#offsetBytes = sizes.offset
  }

  get isAtEnd(): boolean {
    return this.offset >= this.#size
  }

  invalid(expected: string, got: string): Error {
    return invalidDump(`expected ${expected} at byte ${this.offset}, got ${got}`, { file: this.#file })
  }

  async byte(): Promise<number> {
    if (this.#at === this.#chunk.length) await this.#more()
    this.offset++
    return this.#chunk[this.#at++] as number
  }

  /** A sign and a number of so many bytes, the lowest first. */
  async int(): Promise<number> {
    // Bytes are asked for one by one only where a chunk ends among them: an archive can have a length for each row.
    const isHere = this.#chunk.length - this.#at > this.#intBytes
    const sign = isHere ? this.#take() : await this.byte()
    const value = isHere ? this.#unsignedHere(this.#intBytes) : await this.#unsigned(this.#intBytes)
    if (sign > 1 || value > 0x7fff_ffff) throw this.invalid('a whole number', 'bytes that are none')
    return sign === 1 ? -value : value
  }

  #take(): number {
    this.offset++
    return this.#chunk[this.#at++] as number
  }

  #unsignedHere(bytes: number): number {
    let value = 0
    for (let i = 0, unit = 1; i < bytes; i++, unit *= 256) value += this.#take() * unit
    return value
  }

  async dataOffset(): Promise<number> {
    return this.#unsigned(this.#offsetBytes)
  }

  async #unsigned(bytes: number): Promise<number> {
    let value = 0
    for (let i = 0, unit = 1; i < bytes; i++, unit *= 256) value += (await this.byte()) * unit
    return value
  }

  /** Null: there is none. */
  async text(): Promise<Buffer | null> {
    const length = await this.int()
    if (length < 0) return null
    if (length > MOST_TEXT_BYTES || length > this.#size - this.offset)
      throw this.invalid('a text that ends within the file', `one of ${length} bytes`)
    const parts: Buffer[] = []
    for (let left = length; left > 0; ) {
      if (this.#at === this.#chunk.length) await this.#more()
      const part = this.#chunk.subarray(this.#at, this.#at + left)
      parts.push(part)
      this.#at += part.length
      this.offset += part.length
      left -= part.length
    }
    return Buffer.concat(parts, length)
  }

  async skip(length: number): Promise<void> {
    if (length < 0 || length > this.#size - this.offset) throw this.invalid('data that ends within the file', `a part of ${length} bytes`)
    for (let left = length; left > 0; ) {
      if (this.#at === this.#chunk.length) await this.#more()
      const part = Math.min(left, this.#chunk.length - this.#at)
      this.#at += part
      this.offset += part
      left -= part
    }
  }

  /** Everything that is left, for whoever looks at the bytes as they pass. */
  async finish(): Promise<void> {
    await this.skip(this.#size - this.offset)
    // The end itself: the file is compared there with what it was.
    await this.#chunks.next()
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next()
    if (next.done === true) throw this.invalid('more of the archive', 'the end of the file')
    this.#chunk = next.value
    this.#at = 0
  }
}
