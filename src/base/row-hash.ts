/**
 * A 64-bit hash of bytes as two int32 lanes, without BigInt: for noticing that a row is not what it was, not against an adversary.
 * `lanes` holds the seed when called and the hash afterwards, so hashing several tuples one after the other chains them.
 * Every step is a bijection of the 64-bit state, so two texts that differ in one 8-byte block never collide.
 */
export function hashBytes(buf: Uint8Array, start: number, end: number, lanes: Int32Array): void {
  hashView(new DataView(buf.buffer, buf.byteOffset, buf.byteLength), start, end, lanes)
}

/** The same over a view, for those who keep one. */
export function hashView(view: DataView, start: number, end: number, lanes: Int32Array): void {
  let hi = lanes[0] ?? 0
  let lo = lanes[1] ?? 0
  let at = start
  for (const whole = end - 7; at < whole; at += 8) {
    const b = view.getInt32(at + 4, true)
    let k = Math.imul(view.getInt32(at, true), C1)
    k = (k << 15) | (k >>> 17)
    hi ^= Math.imul(k, C2)
    hi = ((hi << 13) | (hi >>> 19)) + lo
    hi = (Math.imul(hi, 5) + N1) | 0
    k = Math.imul(b, C3)
    k = (k << 17) | (k >>> 15)
    lo ^= Math.imul(k, C4)
    lo = ((lo << 11) | (lo >>> 21)) + hi
    lo = (Math.imul(lo, 5) + N2) | 0
  }
  let a = 0
  let b = 0
  for (let shift = 0; at < end; at++, shift += 8) {
    if (shift < 32) a |= view.getUint8(at) << shift
    else b |= view.getUint8(at) << (shift - 32)
  }
  hi ^= Math.imul(a, C1) ^ (end - start)
  lo = mix32(((lo ^ Math.imul(b, C3)) + Math.imul(hi, C2)) | 0)
  hi = mix32((hi + lo) | 0)
  lo = mix32(lo ^ Math.imul(hi, C4))
  lanes[0] = mix32((hi + lo) | 0)
  lanes[1] = lo
}

const SUM = new DataView(new ArrayBuffer(8))
const ONE = new Int32Array(2)

/** The same over whole binary tuples, which are a set: their order does not matter. One tuple, or none, is hashed as its bytes are. Throws RangeError where they are not whole. */
export function hashTuples(
  view: DataView,
  { start, end, tuples }: { readonly start: number; readonly end: number; readonly tuples: number },
  lanes: Int32Array,
): void {
  if (tuples < 2) {
    hashView(view, start, end, lanes)
    return
  }
  let hi = 0
  let lo = 0
  for (let at = start; at < end; ) {
    const next = tupleEnd(view, at)
    ONE[0] = 0
    ONE[1] = 0
    hashView(view, at, next, ONE)
    hi = (hi + (ONE[0] as number)) | 0
    lo = (lo + (ONE[1] as number)) | 0
    at = next
  }
  SUM.setInt32(0, hi)
  SUM.setInt32(4, lo)
  hashView(SUM, 0, 8, lanes)
}

/** `hashTuples` for tuples that come one at a time, from wherever they lie. */
export class TupleSetHash {
  /** As if there were one tuple, or none. */
  readonly #chained = new Int32Array(2)
  readonly #before = new Int32Array(2)
  readonly #own = new Int32Array(2)
  #hi = 0
  #lo = 0
  tuples = 0

  /** Goes on from the hash in `lanes`. */
  begin(lanes: Int32Array): void {
    this.#chained.set(lanes)
    this.#hi = 0
    this.#lo = 0
    this.tuples = 0
  }

  add(view: DataView, start: number, end: number): void {
    if (this.tuples === 0) {
      this.#before.set(this.#chained)
      hashView(view, start, end, this.#chained)
    }
    this.tuples++
    const own = this.#own.fill(0)
    hashView(view, start, end, own)
    this.#hi = (this.#hi + (own[0] as number)) | 0
    this.#lo = (this.#lo + (own[1] as number)) | 0
  }

  /** Leaves the hash in `lanes`. */
  end(lanes: Int32Array): void {
    lanes.set(this.tuples < 2 ? this.#chained : this.#before)
    if (this.tuples === 1) return
    SUM.setInt32(0, this.#hi)
    SUM.setInt32(4, this.#lo)
    hashView(SUM, 0, this.tuples === 0 ? 0 : 8, lanes)
  }
}

function tupleEnd(view: DataView, start: number): number {
  let at = start + 2
  for (let field = view.getInt16(start); field > 0; field--) at += 4 + Math.max(0, view.getInt32(at))
  return at
}

// Odd 32-bit constants with about as many ones as zeros; which ones does not matter much.
const C1 = 0x239b961b
const C2 = 0xab0e9789 | 0
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93 | 0
const N1 = 0x561ccd1b
const N2 = 0x0bcaa747

/** A bijection of 32 bits in which each input bit changes about half of the output. */
export function mix32(value: number): number {
  let h = value
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}
