import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { RehouseError } from '../../errors.ts'
import type { RelationFile } from './relation-files.ts'
import { unpackedBytes } from './unpacked-bytes.ts'

/** What tells a file from what it was: device, inode, size, and the times of the last change, in ns. */
export interface FileState {
  readonly dev: string
  readonly ino: string
  readonly size: string
  readonly mtime: string
  readonly ctime: string
}

export interface ByteOptions {
  /** The file must still be this one; null = whatever it is. */
  readonly expected: FileState | null
  readonly signal?: AbortSignal | undefined
  /** Sees the bytes as they lie in the file, before they are decompressed. */
  readonly onRaw?: (chunk: Buffer) => void
  readonly onState?: (state: FileState) => void
}

const CHUNK_BYTES = 256 * 1024
/** Clocks of file systems go in steps of up to 10 ms: a change within the same step as the last one would not show. */
const SETTLED_MS = 20

/**
 * The bytes of a file, decompressed. A chunk is valid until the next one is asked for. Throws SOURCE_UNREACHABLE, SOURCE_INVALID for a
 * compressed file that is broken, SOURCE_CHANGED where the file is not `expected` or was written to meanwhile.
 */
export async function* fileBytes(file: RelationFile, options: ByteOptions): AsyncGenerator<Buffer> {
  const handle = await openFile(file)
  try {
    const before = await stateOf(handle, file)
    if (options.expected !== null && !isSame(options.expected, before)) throw changed(file)
    options.onState?.(before)
    const raw = { handle, options, size: Number(before.size), file }
    if (file.compression === 'none') yield* rawChunks(raw, Buffer.allocUnsafeSlow(CHUNK_BYTES))
    else yield* unpackedBytes(rawChunks(raw, null), { file, chunkBytes: CHUNK_BYTES })
    if (!isSame(before, await stateOf(handle, file))) throw changed(file)
  } finally {
    await handle.close()
  }
}

export function isSame(a: FileState, b: FileState): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtime === b.mtime && a.ctime === b.ctime
}

/** The state of the file that stands at the path now. */
export async function fileState(file: RelationFile): Promise<FileState> {
  const handle = await openFile(file)
  try {
    return await stateOf(handle, file)
  } finally {
    await handle.close()
  }
}

/** Waits until a change from now on must show in the file's state. */
export async function settledState(file: RelationFile): Promise<FileState> {
  for (;;) {
    const state = await fileState(file)
    const age = Date.now() - Number(BigInt(state.mtime) / 1_000_000n)
    if (age < 0 || age >= SETTLED_MS) return state
    await sleep(SETTLED_MS - age)
  }
}

async function openFile(file: RelationFile): Promise<FileHandle> {
  try {
    return await open(file.path, 'r')
  } catch (error) {
    throw unreadable(file, error)
  }
}

async function stateOf(handle: FileHandle, file: RelationFile): Promise<FileState> {
  const { dev, ino, size, mtimeNs, ctimeNs, ...state } = await handle.stat({ bigint: true })
  if ((state.mode & 0o170000n) !== 0o100000n) throw unreadable(file, undefined)
  return { dev: String(dev), ino: String(ino), size: String(size), mtime: String(mtimeNs), ctime: String(ctimeNs) }
}

interface Raw {
  readonly handle: FileHandle
  readonly options: ByteOptions
  readonly size: number
  readonly file: RelationFile
}

/** Chunks of the file in `buffer`, used over and over; null = each in a buffer of its own. */
async function* rawChunks({ handle, options, size, file }: Raw, buffer: Buffer | null): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    options.signal?.throwIfAborted()
    const chunk = buffer ?? Buffer.allocUnsafeSlow(CHUNK_BYTES)
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, at).catch((error: unknown) => {
      throw unreadable(file, error)
    })
    if (bytesRead === 0) {
      if (at !== size) throw changed(file)
      return
    }
    at += bytesRead
    const read = chunk.subarray(0, bytesRead)
    options.onRaw?.(read)
    yield read
  }
}

function unreadable(file: RelationFile, cause: unknown): RehouseError {
  return new RehouseError('SOURCE_UNREACHABLE', 'expected a file that can be read, got none', {
    where: { file: file.place, table: file.table },
    next: 'Check that the file is there and who may read it.',
    cause,
  })
}

export function changed(file: RelationFile): RehouseError {
  return new RehouseError('SOURCE_CHANGED', 'expected the file as it was when it was first read, got one that was written to or replaced', {
    where: { file: file.place, table: file.table },
    next: 'Wait until the export is complete and begin a new run.',
  })
}
