import { type FileHandle, open } from 'node:fs/promises'
import { changedDump, invalidDump, unreachableDump } from './dump-errors.ts'

/** What tells that a file is still the one that was looked at. */
export interface FileIdentity {
  readonly device: bigint
  readonly inode: bigint
  readonly size: bigint
  readonly modified: bigint
}

const CHUNK_BYTES = 1 << 18

/** A file by its path and identity. It is opened for each use; one that is not the same any more is SOURCE_CHANGED. */
export class DumpFile {
  readonly path: string
  /** For people. */
  readonly label: string
  readonly identity: FileIdentity

  constructor(path: string, label: string, identity: FileIdentity) {
    this.path = path
    this.label = label
    this.identity = identity
  }

  /** Rejects with SOURCE_UNREACHABLE. */
  static async at(path: string, label: string): Promise<DumpFile> {
    const handle = await opened(path, label)
    try {
      return new DumpFile(path, label, await identityOf(handle))
    } finally {
      await handle.close()
    }
  }

  get size(): number {
    return Number(this.identity.size)
  }

  /** The bytes from `start` to `end` in buffers that are the caller’s. The identity is compared before the first and after the last. */
  async *stream(range: { readonly start: number; readonly end: number }, signal: AbortSignal): AsyncGenerator<Buffer> {
    signal.throwIfAborted()
    const handle = await this.#open()
    try {
      for (let at = range.start; at < range.end; ) {
        const length = Math.min(CHUNK_BYTES, range.end - at)
        const chunk = Buffer.allocUnsafeSlow(length)
        const bytesRead = await this.#readInto(handle, chunk, at)
        signal.throwIfAborted()
        if (bytesRead === 0) break
        yield chunk.subarray(0, bytesRead)
        signal.throwIfAborted()
        at += bytesRead
      }
      await this.#compare(handle)
    } finally {
      await handle.close()
    }
  }

  async #readInto(handle: FileHandle, chunk: Buffer, at: number): Promise<number> {
    try {
      return (await handle.read(chunk, 0, chunk.length, at)).bytesRead
    } catch (error) {
      throw unreachableDump(this.label, error)
    }
  }

  /** Exactly the bytes asked for. */
  async read(start: number, length: number): Promise<Buffer> {
    if (start + length > this.size)
      throw invalidDump(`expected ${length} bytes at byte ${start}, got the end of the file at byte ${this.size}`, { file: this.label })
    const parts: Buffer[] = []
    for await (const chunk of this.stream({ start, end: start + length }, NEVER)) parts.push(chunk)
    return Buffer.concat(parts, length)
  }

  async #open(): Promise<FileHandle> {
    const handle = await opened(this.path, this.label)
    try {
      await this.#compare(handle)
      return handle
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async #compare(handle: FileHandle): Promise<void> {
    if (!isSameFile(await identityOf(handle), this.identity)) throw changedDump({ file: this.label })
  }
}

const NEVER = new AbortController().signal

export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.device === b.device && a.inode === b.inode && a.size === b.size && a.modified === b.modified
}

async function opened(path: string, label: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (error) {
    throw unreachableDump(label, error)
  }
}

async function identityOf(handle: FileHandle): Promise<FileIdentity> {
  const { dev, ino, size, mtimeNs } = await handle.stat({ bigint: true })
  return { device: dev, inode: ino, size, modified: mtimeNs }
}
