import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { crc32, createDeflateRaw } from 'node:zlib'

export interface ZipOptions {
  /** `always`: 64-bit sizes also where 32 bits would do. Default: only where they must be. */
  readonly zip64?: 'needed' | 'always'
  /** Sizes and CRC behind the data of each entry instead of before them. */
  readonly sizes?: 'before' | 'after'
  /** Of deflate, 0 to 9; default 6. */
  readonly level?: number
  /** Order of the central directory; the data stay where they were written. Default: as written. */
  readonly order?: (names: readonly string[]) => readonly string[]
  /** What headers say instead of the truth. */
  readonly lies?: (name: string) => Partial<Stated> | null
}

export interface Stated {
  readonly crc: number
  readonly packed: number
  readonly size: number
}

interface Entry extends Stated {
  readonly name: Buffer
  readonly method: 0 | 8
  readonly flags: number
  readonly offset: number
  readonly isBig: boolean
}

const MOST_32 = 0xffff_ffff
const MOST_16 = 0xffff
/** 2020-01-01 00:00, so that the same rows give the same bytes. */
const DOS_TIME = 0
const DOS_DATE = (40 << 9) | (1 << 5) | 1

/** Writes a zip file entry by entry, holding no more than a chunk of it; zip64 where sizes or numbers ask for it. */
export class ZipWriter {
  readonly #file: FileHandle
  readonly #options: ZipOptions
  readonly #entries: Entry[] = []
  #position = 0

  private constructor(file: FileHandle, options: ZipOptions) {
    this.#file = file
    this.#options = options
  }

  static async create(path: string, options: ZipOptions = {}): Promise<ZipWriter> {
    return new ZipWriter(await open(path, 'w'), options)
  }

  /** `isBig`: room for 64-bit sizes before the data, needed for an entry that may pass 4 GiB. */
  async add(name: string, chunks: Iterable<Buffer> | AsyncIterable<Buffer>, how: { stored?: true; isBig?: true } = {}): Promise<void> {
    const isAfter = this.#options.sizes === 'after'
    const head = {
      name: Buffer.from(name),
      method: how.stored ? (0 as const) : (8 as const),
      flags: (isAfter ? 8 : 0) | (/[^ -~]/.test(name) ? 0x800 : 0),
      offset: this.#position,
      isBig: how.isBig === true || this.#options.zip64 === 'always',
    }
    const nothing = { crc: 0, packed: 0, size: 0 }
    await this.#append(localHeader({ ...head, ...nothing }))
    const true_ = await this.#appendData(chunks, head.method)
    if (!head.isBig && Math.max(true_.packed, true_.size) > MOST_32) throw new RangeError(`expected less than 4 GiB for ${name}: say isBig`)
    const entry: Entry = { ...head, ...true_, ...this.#options.lies?.(name) }
    if (isAfter) await this.#append(descriptor(entry))
    else await this.#write(localHeader(entry), entry.offset)
    this.#entries.push(entry)
  }

  /** Writes the central directory and closes the file. */
  async finish(): Promise<void> {
    const start = this.#position
    const isAlways = this.#options.zip64 === 'always'
    for (const entry of this.#ordered()) await this.#append(centralHeader(entry, isAlways))
    await this.#append(endRecords({ entries: this.#entries.length, start, size: this.#position - start, isAlways }))
    await this.close()
  }

  #ordered(): readonly Entry[] {
    const { order } = this.#options
    if (!order) return this.#entries
    const byName = new Map(this.#entries.map(entry => [entry.name.toString(), entry]))
    return order([...byName.keys()]).flatMap(name => byName.get(name) ?? [])
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #appendData(chunks: Iterable<Buffer> | AsyncIterable<Buffer>, method: 0 | 8): Promise<Stated> {
    let crc = 0
    let size = 0
    const began = this.#position
    async function* watched(): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        crc = crc32(chunk, crc)
        size += chunk.length
        yield chunk
      }
    }
    const packed = method === 0 ? watched() : Readable.from(watched()).compose(createDeflateRaw({ level: this.#options.level ?? 6 }))
    for await (const chunk of packed) await this.#append(chunk)
    return { crc, size, packed: this.#position - began }
  }

  async #append(bytes: Buffer): Promise<void> {
    await this.#write(bytes, this.#position)
    this.#position += bytes.length
  }

  async #write(bytes: Buffer, at: number): Promise<void> {
    await this.#file.write(bytes, 0, bytes.length, at)
  }
}

function localHeader(entry: Entry): Buffer {
  const isAfter = (entry.flags & 8) !== 0
  const size = isAfter ? 0 : entry.size
  const packed = isAfter ? 0 : entry.packed
  const extra = entry.isBig ? bigExtra([size, packed]) : Buffer.alloc(0)
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x0403_4b50, 0)
  writeCommon(head.subarray(4), entry)
  head.writeUInt32LE(isAfter ? 0 : entry.crc, 14)
  head.writeUInt32LE(entry.isBig ? MOST_32 : packed, 18)
  head.writeUInt32LE(entry.isBig ? MOST_32 : size, 22)
  head.writeUInt16LE(entry.name.length, 26)
  head.writeUInt16LE(extra.length, 28)
  return Buffer.concat([head, entry.name, extra])
}

function centralHeader(entry: Entry, isAlways: boolean): Buffer {
  const big = [entry.size, entry.packed, entry.offset].map(value => isAlways || value >= MOST_32)
  const extra = bigExtra([entry.size, entry.packed, entry.offset].filter((_, i) => big[i]))
  const head = Buffer.alloc(46)
  head.writeUInt32LE(0x0201_4b50, 0)
  head.writeUInt16LE(45, 4)
  writeCommon(head.subarray(6), entry)
  head.writeUInt32LE(entry.crc, 16)
  head.writeUInt32LE(big[1] ? MOST_32 : entry.packed, 20)
  head.writeUInt32LE(big[0] ? MOST_32 : entry.size, 24)
  head.writeUInt16LE(entry.name.length, 28)
  head.writeUInt16LE(extra.length, 30)
  head.writeUInt32LE(big[2] ? MOST_32 : entry.offset, 42)
  return Buffer.concat([head, entry.name, extra])
}

/** Version needed, flags, method, time: the same in both headers. */
function writeCommon(at: Buffer, entry: Entry): void {
  at.writeUInt16LE(entry.isBig ? 45 : entry.method === 0 ? 10 : 20, 0)
  at.writeUInt16LE(entry.flags, 2)
  at.writeUInt16LE(entry.method, 4)
  at.writeUInt16LE(DOS_TIME, 6)
  at.writeUInt16LE(DOS_DATE, 8)
}

function descriptor(entry: Entry): Buffer {
  const bytes = Buffer.alloc(entry.isBig ? 24 : 16)
  bytes.writeUInt32LE(0x0807_4b50, 0)
  bytes.writeUInt32LE(entry.crc, 4)
  if (entry.isBig) {
    bytes.writeBigUInt64LE(BigInt(entry.packed), 8)
    bytes.writeBigUInt64LE(BigInt(entry.size), 16)
  } else {
    bytes.writeUInt32LE(entry.packed, 8)
    bytes.writeUInt32LE(entry.size, 12)
  }
  return bytes
}

function bigExtra(values: readonly number[]): Buffer {
  if (values.length === 0) return Buffer.alloc(0)
  const extra = Buffer.alloc(4 + values.length * 8)
  extra.writeUInt16LE(1, 0)
  extra.writeUInt16LE(values.length * 8, 2)
  for (const [i, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + i * 8)
  return extra
}

function endRecords({ entries, start, size, isAlways }: { entries: number; start: number; size: number; isAlways: boolean }): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x0605_4b50, 0)
  end.writeUInt16LE(Math.min(entries, MOST_16), 8)
  end.writeUInt16LE(Math.min(entries, MOST_16), 10)
  end.writeUInt32LE(Math.min(size, MOST_32), 12)
  end.writeUInt32LE(isAlways ? MOST_32 : Math.min(start, MOST_32), 16)
  if (!isAlways && entries < MOST_16 && start < MOST_32 && size < MOST_32) return end
  const big = Buffer.alloc(56 + 20)
  big.writeUInt32LE(0x0606_4b50, 0)
  big.writeBigUInt64LE(44n, 4)
  big.writeUInt16LE(45, 12)
  big.writeUInt16LE(45, 14)
  big.writeBigUInt64LE(BigInt(entries), 24)
  big.writeBigUInt64LE(BigInt(entries), 32)
  big.writeBigUInt64LE(BigInt(size), 40)
  big.writeBigUInt64LE(BigInt(start), 48)
  // Where to find the record above.
  big.writeUInt32LE(0x0706_4b50, 56)
  big.writeBigUInt64LE(BigInt(start + size), 64)
  big.writeUInt32LE(1, 72)
  return Buffer.concat([big, end])
}
