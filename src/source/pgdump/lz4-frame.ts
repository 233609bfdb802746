import { ByteWindow } from './byte-window.ts'

/** LZ4 frames (version 1 of the frame format), linked blocks and checksums included. */

export class Lz4Error extends Error {}

const MAGIC = 0x184d2204
/** 0x184D2A50 to 0x184D2A5F: frames to be passed over. */
const SKIPPABLE = 0x184d2a50
const HISTORY_BYTES = 1 << 16
const BLOCK_BYTES: Readonly<Record<number, number>> = { 4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22 }
const STORED = 0x8000_0000

interface Frame {
  readonly isLinked: boolean
  readonly hasBlockChecksums: boolean
  readonly hasChecksum: boolean
  readonly blockBytes: number
}

export class Lz4Frames {
  readonly #window = new ByteWindow()
  #at = 0
  #frame: Frame | null = null
  #skip = 0
  #history: Buffer = Buffer.alloc(0)
  #hash = new XxHash32()
  #hasBegun = false;

  /** What can be unpacked so far, in buffers that are the caller’s. Throws Lz4Error. */
  *push(chunk: Buffer): Generator<Buffer> {
    this.#window.push(chunk, this.#at)
    for (;;) {
      const skipped = Math.min(this.#skip, this.#window.end - this.#at)
      this.#at += skipped
      this.#skip -= skipped
      if (this.#skip > 0) return
      if (this.#frame === null) {
        if (!this.#header()) return
      } else {
        const block = this.#block(this.#frame)
        if (block === null) return
        if (block.length > 0) yield block
      }
    }
  }

  finish(): void {
    if (!this.#hasBegun || this.#frame !== null || this.#skip > 0 || this.#window.end > this.#at)
      throw new Lz4Error('expected the end of a frame, got the end of the data')
  }

  /** So many bytes from `#at`; null = they are not here yet. */
  #peek(length: number): Buffer | null {
    const from = this.#at - this.#window.base
    return this.#window.data.length - from < length ? null : this.#window.data.subarray(from, from + length)
  }

  #header(): boolean {
    const head = this.#peek(7)
    if (head === null) return false
    const magic = head.readUInt32LE(0)
    if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE) {
      const whole = this.#peek(8)
      if (whole === null) return false
      this.#skip = whole.readUInt32LE(4)
      this.#at += 8
      return true
    }
    const flags = head[4] as number
    const length = 7 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0)
    const blockBytes = BLOCK_BYTES[((head[5] as number) >> 4) & 7]
    if (magic !== MAGIC || flags >> 6 !== 1 || flags & 1 || blockBytes === undefined)
      throw new Lz4Error('expected a frame, got something else')
    const whole = this.#peek(length)
    if (whole === null) return false
    const check = new XxHash32().update(whole.subarray(4, length - 1)).digest()
    if (((check >>> 8) & 0xff) !== whole[length - 1]) throw new Lz4Error('expected the checksum of the head to be right')
    this.#frame = { isLinked: (flags & 0x20) === 0, hasBlockChecksums: (flags & 0x10) !== 0, hasChecksum: (flags & 4) !== 0, blockBytes }
    this.#hash = new XxHash32()
    this.#history = Buffer.alloc(0)
    this.#hasBegun = true
    this.#at += length
    return true
  }

  #block(frame: Frame): Buffer | null {
    const head = this.#peek(4)
    if (head === null) return null
    const word = head.readUInt32LE(0)
    if (word === 0) return this.#end(frame)
    const length = (word & ~STORED) >>> 0
    if (length > frame.blockBytes) throw new Lz4Error('expected a block no larger than the frame says')
    const whole = this.#peek(4 + length + (frame.hasBlockChecksums ? 4 : 0))
    if (whole === null) return null
    const packed = whole.subarray(4, 4 + length)
    if (frame.hasBlockChecksums && new XxHash32().update(packed).digest() !== whole.readUInt32LE(4 + length))
      throw new Lz4Error('expected the checksum of a block to be right')
    const block =
      (word & STORED) !== 0 ? Buffer.from(packed) : unpackBlock(packed, frame.isLinked ? this.#history : Buffer.alloc(0), frame.blockBytes)
    this.#at += whole.length
    if (frame.isLinked)
      this.#history =
        block.length >= HISTORY_BYTES ? block.subarray(-HISTORY_BYTES) : Buffer.concat([this.#history, block]).subarray(-HISTORY_BYTES)
    if (frame.hasChecksum) this.#hash.update(block)
    return block
  }

  #end(frame: Frame): Buffer | null {
    const tail = this.#peek(frame.hasChecksum ? 8 : 4)
    if (tail === null) return null
    if (frame.hasChecksum && tail.readUInt32LE(4) !== this.#hash.digest())
      throw new Lz4Error('expected the checksum of the data to be right')
    this.#at += tail.length
    this.#frame = null
    return EMPTY
  }
}

const EMPTY: Buffer = Buffer.alloc(0)

/** One block: literals and copies of what came before, `history` included. */
function unpackBlock(packed: Buffer, history: Buffer, most: number): Buffer {
  const out = Buffer.allocUnsafeSlow(history.length + most)
  history.copy(out)
  let to = history.length
  let at = 0
  const lengthAt = (first: number): number => {
    let length = first
    if (first !== 15) return length
    for (;;) {
      const more = packed[at++]
      if (more === undefined) throw new Lz4Error('expected a length, got the end of a block')
      length += more
      if (more !== 255) return length
    }
  }
  while (at < packed.length) {
    const token = packed[at++] as number
    const literals = lengthAt(token >> 4)
    if (literals > packed.length - at || literals > out.length - to) throw new Lz4Error('expected literals within the block')
    packed.copy(out, to, at, at + literals)
    at += literals
    to += literals
    if (at === packed.length) break
    if (at + 2 > packed.length) throw new Lz4Error('expected an offset, got the end of a block')
    const offset = packed.readUInt16LE(at)
    at += 2
    const length = lengthAt(token & 15) + 4
    if (offset === 0 || offset > to || length > out.length - to) throw new Lz4Error('expected a copy of what came before')
    if (offset >= length) out.copyWithin(to, to - offset, to - offset + length)
    else for (let i = 0; i < length; i++) out[to + i] = out[to + i - offset] as number
    to += length
  }
  return out.subarray(history.length, to)
}

const [P1, P2, P3, P4, P5] = [2654435761, 2246822519, 3266489917, 668265263, 374761393] as const

/** xxHash, 32 bits, seed 0. */
class XxHash32 {
  #state = [(P1 + P2) | 0, P2 | 0, 0, -P1 | 0]
  #rest: Buffer = Buffer.alloc(0)
  #length = 0

  update(data: Buffer): this {
    this.#length += data.length
    const all = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data])
    let at = 0
    for (; at + 16 <= all.length; at += 16)
      for (let i = 0; i < 4; i++) this.#state[i] = round(this.#state[i] as number, all.readInt32LE(at + 4 * i))
    this.#rest = Buffer.from(all.subarray(at))
    return this
  }

  digest(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state
    let hash = this.#length >= 16 ? (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0 : P5 | 0
    hash = (hash + this.#length) | 0
    let at = 0
    for (; at + 4 <= this.#rest.length; at += 4) hash = Math.imul(rotate((hash + Math.imul(this.#rest.readInt32LE(at), P3)) | 0, 17), P4)
    for (; at < this.#rest.length; at++) hash = Math.imul(rotate((hash + Math.imul(this.#rest[at] as number, P5)) | 0, 11), P1)
    hash = Math.imul(hash ^ (hash >>> 15), P2)
    hash = Math.imul(hash ^ (hash >>> 13), P3)
    return (hash ^ (hash >>> 16)) >>> 0
  }
}

function round(state: number, word: number): number {
  return Math.imul(rotate((state + Math.imul(word, P2)) | 0, 13), P1)
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
