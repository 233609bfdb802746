import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { crc32, createInflateRaw } from 'node:zlib'
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl'
import { RehouseError } from '../../errors.ts'
import { invalidFile, unreachableFile } from './file-errors.ts'

/** One file inside the zip. */
export interface ZipPart {
  readonly name: string
  readonly bytes: number
  readonly entry: Entry
}

const STORED = 0
const DEFLATED = 8
/** What deflate can make of a byte at most, and what it needs to say nothing. */
const MOST_PER_BYTE = 1032
const EMPTY_BYTES = 64
const INFLATE_BYTES = 1 << 17
/** A part up to this size is held until it is checked; a larger one is gone through twice. */
const HELD_BYTES = 1 << 24

/**
 * A zip file opened for reading its parts at random, several at a time. Nothing is believed that it says of itself: a part gives exactly as many bytes as stated and of the
 * checksum stated, or SOURCE_INVALID; a file written to meanwhile is SOURCE_CHANGED.
 */
export class ZipParts {
  readonly path: string
  readonly parts: ReadonlyMap<string, ZipPart>
  /** SHA-256, in hex, of the file’s size and of what its directory says: names, sizes and checksums of all parts. */
  readonly marker: string
  readonly #file: FileHandle
  readonly #zip: ZipFile
  readonly #state: string
  /** Larger parts that were gone through and are as stated. */
  readonly #checked = new Set<ZipPart>()
  #isClosed = false

  private constructor(opened: Opened, parts: ReadonlyMap<string, ZipPart>, marker: string) {
    this.path = opened.path
    this.#file = opened.file
    this.#zip = opened.zip
    this.#state = opened.state
    this.parts = parts
    this.marker = marker
  }

  static async open(path: string): Promise<ZipParts> {
    const file = await open(path, 'r').catch((error: unknown) => {
      throw unreachableFile('expected a file that can be read, got none', { file: path }, error)
    })
    try {
      const { isFile, size, state } = await stateOf(file)
      if (!isFile) throw unreachableFile('expected a file, got something else', { file: path })
      const zip = await fromFdPromise(file.fd, { autoClose: false, lazyEntries: true }).catch((error: unknown) => {
        throw notAZip(path, error)
      })
      const parts = await readParts(path, zip)
      return new ZipParts({ path, file, zip, state }, parts, fingerprint(size, parts))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /**
   * The bytes of a part, in chunks, once all of it is known to be as stated: rows of a damaged part would be committed before its end shows the damage.
   * Ending early closes what was opened for it; the signal’s reason is thrown.
   */
  async *read(part: ZipPart, signal: AbortSignal): AsyncGenerator<Buffer> {
    signal.throwIfAborted()
    await this.assertUnchanged()
    if (part.bytes <= HELD_BYTES) yield* await collected(this.#inflated(part, signal))
    else {
      await this.#check(part, signal)
      yield* this.#inflated(part, signal)
    }
    await this.assertUnchanged()
  }

  async #check(part: ZipPart, signal: AbortSignal): Promise<void> {
    if (this.#checked.has(part)) return
    for await (const _ of this.#inflated(part, signal)) signal.throwIfAborted()
    this.#checked.add(part)
  }

  async *#inflated(part: ZipPart, signal: AbortSignal): AsyncGenerator<Buffer> {
    const stream = await this.#stream(part)
    let bytes = 0
    let sum = 0
    try {
      for await (const chunk of chunksOf(stream)) {
        signal.throwIfAborted()
        bytes += chunk.length
        if (bytes > part.bytes) throw invalidFile(`expected ${part.bytes} bytes in ${part.name}, got more`, { file: this.path })
        sum = crc32(chunk, sum)
        yield chunk
      }
    } catch (error) {
      if (error instanceof RehouseError || signal.aborted) throw error
      await this.assertUnchanged()
      throw invalidFile(
        `expected ${part.name} to be compressed as it says, got bytes that are not (after ${bytes})`,
        { file: this.path },
        error,
      )
    } finally {
      stream.destroy()
    }
    if (bytes === part.bytes && sum === part.entry.crc32 >>> 0) return
    await this.assertUnchanged()
    if (bytes !== part.bytes) throw invalidFile(`expected ${part.bytes} bytes in ${part.name}, got ${bytes}`, { file: this.path })
    throw invalidFile(`expected the checksum ${hex(part.entry.crc32)} of ${part.name}, got ${hex(sum)}`, { file: this.path })
  }

  async #stream(part: ZipPart): Promise<Readable> {
    if (this.#isClosed) throw unreachableFile('expected an open file, got one that was closed', { file: this.path })
    const raw = await this.#zip.openReadStreamPromise(part.entry, { decodeFileData: false }).catch((error: unknown) => {
      throw invalidFile(`expected the bytes of ${part.name} where the file says they are, got none`, { file: this.path }, error)
    })
    if (part.entry.compressionMethod === STORED) return raw
    // The error reaches whoever reads the last stream.
    return pipeline(raw, createInflateRaw({ chunkSize: INFLATE_BYTES }), () => undefined)
  }

  /** Rejects with SOURCE_CHANGED when the file is no longer as it was when it was opened. */
  async assertUnchanged(): Promise<void> {
    if (this.#isClosed) throw unreachableFile('expected an open file, got one that was closed', { file: this.path })
    if ((await stateOf(this.#file)).state === this.#state) return
    throw new RehouseError('SOURCE_CHANGED', 'expected the file as it was when it was opened, got one that was written to', {
      where: { file: this.path },
      next: 'Wait until the file is complete, then run again.',
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#file.close()
  }
}

interface Opened {
  readonly path: string
  readonly file: FileHandle
  readonly zip: ZipFile
  readonly state: string
}

async function stateOf(file: FileHandle): Promise<{ readonly isFile: boolean; readonly size: number; readonly state: string }> {
  const stat = await file.stat({ bigint: true })
  return { isFile: stat.isFile(), size: Number(stat.size), state: [stat.dev, stat.ino, stat.size, stat.mtimeNs].join(' ') }
}

function notAZip(path: string, cause: unknown): RehouseError {
  return invalidFile('expected a whole BACPAC (a zip file), got one that is cut off, encrypted or of another kind', { file: path }, cause)
}

async function readParts(path: string, zip: ZipFile): Promise<ReadonlyMap<string, ZipPart>> {
  const parts = new Map<string, ZipPart>()
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName
      if (name.endsWith('/')) continue
      if (parts.has(name)) throw invalidFile(`expected each part once, got ${name} twice`, { file: path })
      parts.set(name, checkedPart(path, entry))
    }
  } catch (error) {
    throw error instanceof RehouseError ? error : notAZip(path, error)
  }
  return parts
}

function checkedPart(path: string, entry: Entry): ZipPart {
  const { fileName: name, compressionMethod: method, compressedSize, uncompressedSize: bytes } = entry
  if (entry.isEncrypted()) throw invalidFile(`expected parts that are not encrypted, got ${name}`, { file: path })
  if (method !== STORED && method !== DEFLATED)
    throw invalidFile(`expected parts that are stored or deflated, got ${name} compressed by method ${method}`, { file: path })
  const most = method === STORED ? compressedSize : compressedSize * MOST_PER_BYTE + EMPTY_BYTES
  if (bytes > most) throw invalidFile(`expected at most ${most} bytes in ${name}, got a file that claims ${bytes}`, { file: path })
  return { name, bytes, entry }
}

/** Names, sizes and checksums of all parts, in the file’s order. */
function fingerprint(size: number, parts: ReadonlyMap<string, ZipPart>): string {
  const hash = createHash('sha256').update(`${size}\n`)
  for (const { name, bytes, entry } of parts.values())
    hash.update(`${[JSON.stringify(name), entry.compressionMethod, entry.compressedSize, bytes, entry.crc32].join(' ')}\n`)
  return hash.digest('hex')
}

async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  // A stream of bytes: without an encoding Node gives Buffers.
  for await (const chunk of stream) yield chunk as Buffer
}

async function collected(chunks: AsyncIterable<Buffer>): Promise<readonly Buffer[]> {
  const list: Buffer[] = []
  for await (const chunk of chunks) list.push(chunk)
  return list
}

function hex(sum: number): string {
  return (sum >>> 0).toString(16).padStart(8, '0')
}
