import { createGunzip, createZstdDecompress } from 'node:zlib'
import { RehouseError } from '../../errors.ts'
import type { RelationFile } from './relation-files.ts'

type Unpacker = ReturnType<typeof createGunzip | typeof createZstdDecompress>
type Packed = { readonly file: RelationFile; readonly chunkBytes: number }

/**
 * The content of packed bytes, which may be in several parts one after the other (tools that pack in parallel write many).
 * Throws SOURCE_INVALID where they are cut or damaged, or something else stands behind them.
 */
export async function* unpackedBytes(packed: AsyncGenerator<Buffer>, { file, chunkBytes }: Packed): AsyncGenerator<Buffer> {
  const input = new PackedInput(packed)
  try {
    do yield* onePart(input, { file, chunkBytes })
    while (await input.hasMore())
  } finally {
    await input.close()
  }
}

/** Chunks, of which the end of the last can be given back. */
class PackedInput {
  readonly #chunks: AsyncGenerator<Buffer>
  #back: Buffer | null = null

  constructor(chunks: AsyncGenerator<Buffer>) {
    this.#chunks = chunks
  }

  async next(): Promise<Buffer | null> {
    const back = this.#back
    this.#back = null
    if (back !== null) return back
    const { value, done } = await this.#chunks.next()
    return done === true ? null : value
  }

  giveBack(chunk: Buffer): void {
    this.#back = chunk
  }

  async hasMore(): Promise<boolean> {
    this.#back = await this.next()
    return this.#back !== null
  }

  async close(): Promise<void> {
    await this.#chunks.return(undefined)
  }
}

async function* onePart(input: PackedInput, { file, chunkBytes }: Packed): AsyncGenerator<Buffer> {
  const unpacker = file.compression === 'gzip' ? createGunzip({ chunkSize: chunkBytes }) : createZstdDecompress({ chunkSize: chunkBytes })
  const feeding = feed(input, unpacker)
  // Told by the iteration below; until then it must not count as unhandled.
  feeding.catch((error: unknown) => unpacker.destroy(error instanceof Error ? error : undefined))
  try {
    // The stream delivers nothing but buffers.
    for await (const chunk of unpacker) yield chunk as Buffer
    const { fed, last } = await feeding
    const left = fed - unpacker.bytesWritten
    if (left > 0 && unpacker.bytesWritten === 0) throw broken(file, undefined)
    if (left > 0) input.giveBack(last.subarray(last.length - left))
  } catch (error) {
    unpacker.destroy()
    // What the file itself could not give comes first.
    await feeding
    if (!isOfUnpacker(error)) throw error
    throw broken(file, error)
  } finally {
    unpacker.destroy()
    await feeding.catch(() => undefined)
  }
}

/** Errors of the library have a code; what else was thrown, the reason of a signal above all, goes on as it is. */
function isOfUnpacker(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(Z_|ZSTD_|ERR_)/.test(error.code)
}

/** Gives the stream chunks until the input ends or the stream does; the bytes given, and the last chunk. */
async function feed(input: PackedInput, unpacker: Unpacker): Promise<{ readonly fed: number; readonly last: Buffer }> {
  let fed = 0
  let last: Buffer = Buffer.alloc(0)
  for (let chunk = await input.next(); chunk !== null; chunk = await input.next()) {
    last = chunk
    fed += chunk.length
    if (!(await isTaken(unpacker, chunk))) return { fed, last }
  }
  unpacker.end()
  return { fed, last }
}

/** False: the stream ended within the chunk, or is destroyed; it does not call back then. */
function isTaken(unpacker: Unpacker, chunk: Buffer): Promise<boolean> {
  return new Promise(resolve => {
    if (unpacker.destroyed) return resolve(false)
    const onEnd = (): void => resolve(false)
    unpacker.once('end', onEnd)
    unpacker.once('close', onEnd)
    unpacker.write(chunk, error => {
      unpacker.off('end', onEnd)
      unpacker.off('close', onEnd)
      resolve(error === null || error === undefined)
    })
  })
}

function broken(file: RelationFile, cause: unknown): RehouseError {
  return new RehouseError(
    'SOURCE_INVALID',
    `expected whole ${file.compression} data to the end of the file, got data that is cut or damaged`,
    {
      where: { file: file.place, table: file.table },
      next: 'Copy the file again, or ask for another export.',
      cause,
    },
  )
}
