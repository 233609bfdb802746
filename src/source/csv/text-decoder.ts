import { isUtf8 } from 'node:buffer'
import { singleByteTable } from './code-pages.ts'
import type { EncodingName } from './encodings.ts'

/** Bytes of a file in, UTF-8 text out, in pieces cut anywhere. What is no text of the encoding is told by `onBad` with its byte, which throws. */
export interface TextDecoding {
  push(chunk: Buffer): Buffer
  /** After the last chunk. */
  finish(): void
}

/** `byte` counts from `firstByte`. */
export type OnBadText = (byte: number, what: string) => never

export function decoderOf(encoding: EncodingName, options: { readonly firstByte: number; readonly onBad: OnBadText }): TextDecoding {
  if (encoding === 'utf-8') return new Utf8Check(options.firstByte, options.onBad)
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return new Utf16Decoding(encoding, options.firstByte, options.onBad)
  return new SingleByteDecoding(encoding, options.firstByte, options.onBad)
}

/** UTF-8 goes through as it is; it is only looked at. */
class Utf8Check implements TextDecoding {
  readonly #onBad: OnBadText
  /** Of the character that was cut by the end of the last chunk. */
  readonly #cut = Buffer.alloc(4)
  #held = 0
  #at: number

  constructor(firstByte: number, onBad: OnBadText) {
    this.#at = firstByte
    this.#onBad = onBad
  }

  push(chunk: Buffer): Buffer {
    const from = this.#held > 0 ? this.#joinCut(chunk) : 0
    const rest = chunk.subarray(from)
    const whole = rest.length - unfinished(rest)
    if (!isUtf8(rest.subarray(0, whole))) this.#refuse(this.#at + from + firstBad(rest))
    if (this.#held === 0 || from < chunk.length) {
      this.#held = rest.length - whole
      rest.copy(this.#cut, 0, whole)
    }
    this.#at += chunk.length
    return chunk
  }

  /** Completes the cut character; bytes of the chunk used for it. */
  #joinCut(chunk: Buffer): number {
    const begun = this.#at - this.#held
    const length = lengthByLead(this.#cut[0] as number)
    let used = 0
    while (this.#held < length && used < chunk.length && isContinuation(chunk[used] as number)) {
      this.#cut[this.#held++] = chunk[used++] as number
    }
    if (this.#held < length && used === chunk.length) return used
    if (this.#held < length || !isUtf8(this.#cut.subarray(0, length))) this.#refuse(begun)
    this.#held = 0
    return used
  }

  finish(): void {
    if (this.#held > 0) this.#onBad(this.#at - this.#held, 'expected a whole UTF-8 character at the end of the file, got a part of one')
  }

  #refuse(byte: number): never {
    return this.#onBad(byte, 'expected UTF-8, got a byte that is none')
  }
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80

/** Bytes a character has by its first; 1 for what cannot begin one. */
function lengthByLead(lead: number): number {
  if (lead >= 0xf0 && lead < 0xf8) return 4
  if (lead >= 0xe0) return lead < 0xf0 ? 3 : 1
  return lead >= 0xc0 ? 2 : 1
}

/** Bytes at the end that begin a character and do not end it. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number
    if (isContinuation(byte)) continue
    return lengthByLead(byte) > back ? back : 0
  }
  return 0
}

/** Where the first character that is not UTF-8 begins; for errors, so it may take its time. */
function firstBad(bytes: Buffer): number {
  for (let i = 0; i < bytes.length; ) {
    const length = lengthByLead(bytes[i] as number)
    if (i + length > bytes.length || !isUtf8(bytes.subarray(i, i + length))) return i
    i += length
  }
  return bytes.length
}

/** One byte, one character. */
class SingleByteDecoding implements TextDecoding {
  readonly #table: readonly (Uint8Array | null)[]
  readonly #encoding: EncodingName
  readonly #onBad: OnBadText
  #at: number

  constructor(encoding: EncodingName, firstByte: number, onBad: OnBadText) {
    this.#table = singleByteTable(encoding)
    this.#encoding = encoding
    this.#onBad = onBad
    this.#at = firstByte
  }

  push(chunk: Buffer): Buffer {
    const out = Buffer.allocUnsafeSlow(chunk.length * 3)
    let to = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number
      if (byte < 0x80) {
        out[to++] = byte
        continue
      }
      const text = this.#table[byte] ?? this.#refuse(i)
      for (let j = 0; j < text.length; j++) out[to++] = text[j] as number
    }
    this.#at += chunk.length
    return out.subarray(0, to)
  }

  #refuse(at: number): never {
    return this.#onBad(this.#at + at, `expected ${this.#encoding}, got a byte it has no character for`)
  }

  finish(): void {}
}

class Utf16Decoding implements TextDecoding {
  readonly #high: 0 | 1
  readonly #encoding: EncodingName
  readonly #onBad: OnBadText
  #at: number
  /** The byte of a cut unit, −1 = none. */
  #byte = -1
  /** A high surrogate that waits for its low one, 0 = none. */
  #surrogate = 0

  constructor(encoding: 'utf-16le' | 'utf-16be', firstByte: number, onBad: OnBadText) {
    this.#high = encoding === 'utf-16le' ? 1 : 0
    this.#encoding = encoding
    this.#onBad = onBad
    this.#at = firstByte
  }

  push(chunk: Buffer): Buffer {
    // A unit makes at most three bytes, a pair of units four.
    const out = Buffer.allocUnsafeSlow(chunk.length * 2 + 8)
    let to = 0
    let i = 0
    if (this.#byte >= 0 && chunk.length > 0) {
      to = this.#unit(this.#high === 1 ? this.#byte | ((chunk[0] as number) << 8) : (this.#byte << 8) | (chunk[0] as number), out, to)
      this.#byte = -1
      i = 1
      this.#at += 2
    }
    for (; i + 1 < chunk.length; i += 2) {
      to = this.#unit(((chunk[i + this.#high] as number) << 8) | (chunk[i + 1 - this.#high] as number), out, to)
      this.#at += 2
    }
    if (i < chunk.length) this.#byte = chunk[i] as number
    return out.subarray(0, to)
  }

  /** Writes one code unit; where the next byte goes. */
  #unit(unit: number, out: Buffer, to: number): number {
    if (this.#surrogate !== 0) {
      if (unit < 0xdc00 || unit > 0xdfff) return this.#refuse(this.#at - 2)
      const point = 0x10000 + ((this.#surrogate - 0xd800) << 10) + (unit - 0xdc00)
      this.#surrogate = 0
      out[to] = 0xf0 | (point >> 18)
      out[to + 1] = 0x80 | ((point >> 12) & 0x3f)
      out[to + 2] = 0x80 | ((point >> 6) & 0x3f)
      out[to + 3] = 0x80 | (point & 0x3f)
      return to + 4
    }
    if (unit < 0x80) {
      out[to] = unit
      return to + 1
    }
    if (unit < 0x800) {
      out[to] = 0xc0 | (unit >> 6)
      out[to + 1] = 0x80 | (unit & 0x3f)
      return to + 2
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
      if (unit >= 0xdc00) return this.#refuse(this.#at)
      this.#surrogate = unit
      return to
    }
    out[to] = 0xe0 | (unit >> 12)
    out[to + 1] = 0x80 | ((unit >> 6) & 0x3f)
    out[to + 2] = 0x80 | (unit & 0x3f)
    return to + 3
  }

  #refuse(byte: number): never {
    return this.#onBad(byte, `expected ${this.#encoding}, got half of a surrogate pair`)
  }

  finish(): void {
    if (this.#byte >= 0) this.#onBad(this.#at, `expected ${this.#encoding}, got an odd number of bytes`)
    if (this.#surrogate !== 0) this.#refuse(this.#at - 2)
  }
}
