import type { ArchiveReader } from './archive-reader.ts'
import { invalidDump } from './dump-errors.ts'

/** Where the parts of an entry’s data are: between these bytes, each with its length before it. */
export interface CustomData {
  readonly start: number
  readonly end: number
}

const ROWS = 1
const LARGE_OBJECTS = 3

/** Walks over everything that follows the table of contents: the data of each entry by its number. Rejects with SOURCE_INVALID where the archive is cut off or damaged. */
export async function walkCustomData(reader: ArchiveReader): Promise<ReadonlyMap<number, CustomData>> {
  const found = new Map<number, CustomData>()
  while (!reader.isAtEnd) {
    const kind = await reader.byte()
    if (kind !== ROWS && kind !== LARGE_OBJECTS) throw reader.invalid('the beginning of an entry’s data', 'something else')
    const id = await reader.int()
    const start = reader.offset
    if (kind === ROWS) await skipParts(reader)
    else while ((await reader.int()) !== 0) await skipParts(reader)
    if (found.has(id)) throw reader.invalid('each entry’s data once', `those of entry ${id} again`)
    if (kind === ROWS) found.set(id, { start, end: reader.offset })
  }
  return found
}

async function skipParts(reader: ArchiveReader): Promise<void> {
  for (let length = await reader.int(); length !== 0; length = await reader.int()) await reader.skip(length)
}

/**
 * Takes the lengths out of a stream of parts: a sign and a number of `intBytes` before each, zero after the last. Without compression each row is a part, so what is left of a chunk is put together
 * in place and given as one.
 */
export async function* withoutLengths(
  chunks: AsyncIterable<Buffer>,
  of: { readonly intBytes: number; readonly file: string },
): AsyncGenerator<Buffer> {
  const parts = new PartLengths(of.intBytes)
  for await (const chunk of chunks) {
    const kept = parts.takeOut(chunk)
    if (kept.length > 0) yield kept
    if (parts.isEnded) return
  }
  throw invalidDump('expected the end of an entry’s data, got the end of the file', { file: of.file })
}

class PartLengths {
  readonly #head: number
  #read = 0
  #length = 0
  #unit = 1
  #left = 0
  isEnded = false

  constructor(intBytes: number) {
    this.#head = intBytes + 1
  }

  /** The parts in the chunk, moved to its beginning. */
  takeOut(chunk: Buffer): Buffer {
    let to = 0
    for (let at = 0; at < chunk.length && !this.isEnded; ) {
      if (this.#left === 0) {
        this.#headByte(chunk[at++] as number)
        continue
      }
      const end = Math.min(chunk.length, at + this.#left)
      chunk.copyWithin(to, at, end)
      to += end - at
      this.#left -= end - at
      at = end
    }
    return chunk.subarray(0, to)
  }

  /** The sign comes first; the walk before has made sure that it is plus. */
  #headByte(byte: number): void {
    if (this.#read > 0) {
      this.#length += byte * this.#unit
      this.#unit *= 256
    }
    if (++this.#read < this.#head) return
    this.#left = this.#length
    this.isEnded = this.#length === 0
    this.#read = 0
    this.#length = 0
    this.#unit = 1
  }
}
