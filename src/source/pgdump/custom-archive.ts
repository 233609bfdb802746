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

/** Takes the lengths out of a stream of parts: a sign and a number of `intBytes` before each, zero after the last. */
export async function* withoutLengths(
  chunks: AsyncIterable<Buffer>,
  of: { readonly intBytes: number; readonly file: string },
): AsyncGenerator<Buffer> {
  const head = of.intBytes + 1
  let read = 0
  let length = 0
  let unit = 1
  let left = 0
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const part = chunk.subarray(at, at + left)
        yield part
        at += part.length
        left -= part.length
        continue
      }
      // The sign comes first; the walk before has made sure that it is plus.
      if (read > 0) {
        length += (chunk[at] as number) * unit
        unit *= 256
      }
      at++
      if (++read < head) continue
      if (length === 0) return
      left = length
      read = 0
      length = 0
      unit = 1
    }
  }
  throw invalidDump('expected the end of an entry’s data, got the end of the file', { file: of.file })
}
