/** Sums are exact while so many hashes at most were added since the last carry: 2³² times as many stay below 2⁵³. */
const MOST_ADDED = 1 << 20
const START = (0x9e3779b9 + 16 + 3_923_095) | 0

/**
 * What a table of identifiers comes to, whatever its order: how many, and the sum of 64-bit hashes, each of an identifier with its key and the hash of its row.
 * The hash is what PostgreSQL’s `uuid_hash_extended(id, key # hash)` computes on servers of the usual byte order (Bob Jenkins’ lookup3 over four words), so that the
 * other side of a connection can make the same sum. Against accidents, not against an adversary.
 */
export class IdentifierSum {
  #rows = 0
  #high = 0
  #low = 0
  #added = 0
  #carried = 0n

  /** The identifier: 16 bytes of `view` from `at`. The seed, in halves: key xor hash. */
  add(view: DataView, at: number, high: number, low: number): void {
    let a = START
    let b = START
    let c = START
    if (high !== 0 || low !== 0) {
      a = (a + high) | 0
      b = (b + low) | 0
      a = (a - c) ^ ((c << 4) | (c >>> 28))
      c = (c + b) | 0
      b = (b - a) ^ ((a << 6) | (a >>> 26))
      a = (a + c) | 0
      c = (c - b) ^ ((b << 8) | (b >>> 24))
      b = (b + a) | 0
      a = (a - c) ^ ((c << 16) | (c >>> 16))
      c = (c + b) | 0
      b = (b - a) ^ ((a << 19) | (a >>> 13))
      a = (a + c) | 0
      c = (c - b) ^ ((b << 4) | (b >>> 28))
      b = (b + a) | 0
    }
    a = (a + view.getInt32(at, true)) | 0
    b = (b + view.getInt32(at + 4, true)) | 0
    c = (c + view.getInt32(at + 8, true)) | 0
    a = (a - c) ^ ((c << 4) | (c >>> 28))
    c = (c + b) | 0
    b = (b - a) ^ ((a << 6) | (a >>> 26))
    a = (a + c) | 0
    c = (c - b) ^ ((b << 8) | (b >>> 24))
    b = (b + a) | 0
    a = (a - c) ^ ((c << 16) | (c >>> 16))
    c = (c + b) | 0
    b = (b - a) ^ ((a << 19) | (a >>> 13))
    a = (a + c) | 0
    c = (c - b) ^ ((b << 4) | (b >>> 28))
    b = (b + a) | 0
    a = (a + view.getInt32(at + 12, true)) | 0
    c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0
    a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0
    b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0
    c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0
    a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0
    b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0
    c = ((c ^ b) - ((b << 24) | (b >>> 8))) | 0
    this.#high += b
    this.#low += c >>> 0
    this.#rows++
    if (++this.#added === MOST_ADDED) this.#carry()
  }

  #carry(): void {
    this.#carried += (BigInt(this.#high) << 32n) + BigInt(this.#low)
    this.#high = 0
    this.#low = 0
    this.#added = 0
  }

  get rows(): number {
    return this.#rows
  }

  /** Of signed hashes. */
  get sum(): bigint {
    this.#carry()
    return this.#carried
  }

  reset(): void {
    this.#carry()
    this.#carried = 0n
    this.#rows = 0
  }
}
