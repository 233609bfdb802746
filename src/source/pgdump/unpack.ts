import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { RehouseError } from '../../errors.ts'
import { invalidDump } from './dump-errors.ts'
import { Lz4Error, Lz4Frames } from './lz4-frame.ts'

export type Packing = 'gzip' | 'zlib' | 'zstd' | 'lz4'

const CHUNK = { chunkSize: 1 << 17 }
const UNPACKERS: Readonly<Record<Exclude<Packing, 'lz4'>, () => Transform>> = {
  gzip: () => createGunzip(CHUNK),
  zlib: () => createInflate(CHUNK),
  zstd: () => createZstdDecompress(CHUNK),
}

/** By the bytes a file begins with; null = it is not packed. */
export function packingOf(head: Buffer): Packing | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  const word = head.length < 4 ? 0 : head.readUInt32LE(0)
  if (word === 0xfd2fb528) return 'zstd'
  return word === 0x184d2204 ? 'lz4' : null
}

/** Unpacked chunk by chunk, as fast as it is asked for. Rejects with SOURCE_INVALID for what is damaged or cut off. */
export async function* unpacked(chunks: AsyncIterable<Buffer>, packing: Packing, file: string): AsyncGenerator<Buffer> {
  try {
    if (packing === 'lz4') yield* lz4Unpacked(chunks)
    else yield* streamed(chunks, UNPACKERS[packing]())
  } catch (error) {
    // Those of the file itself; what else comes is the unpacker’s.
    if (error instanceof RehouseError || !isUnpackError(error)) throw error
    throw invalidDump(`expected data packed with ${packing} to its end, got damaged or missing bytes`, { file }, { cause: error })
  }
}

function isUnpackError(error: unknown): boolean {
  if (error instanceof Lz4Error) return true
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('Z_') || code.startsWith('ZSTD_') || code === 'ERR_TRAILING_JUNK_AFTER_STREAM_END'
}

async function* streamed(chunks: AsyncIterable<Buffer>, unpacker: Transform): AsyncGenerator<Buffer> {
  const source = Readable.from(chunks, { objectMode: false })
  const done = pipeline(source, unpacker).then(
    () => null,
    (error: unknown) => error,
  )
  try {
    for await (const chunk of unpacker) yield chunk as Buffer
  } finally {
    source.destroy()
    unpacker.destroy()
    await done
  }
  const error = await done
  if (error !== null) throw error
}

async function* lz4Unpacked(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const frames = new Lz4Frames()
  for await (const chunk of chunks) yield* frames.push(chunk)
  frames.finish()
}
