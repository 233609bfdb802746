import { KeyAliases } from './key-aliases.ts'
import { mix32 } from './row-hash.ts'
import { TextArena } from './text-arena.ts'

/** What is known of a key. */
export const UNSEEN = 0
export const LOADED = 1
export const QUARANTINED = 2
export const EXCLUDED = 3
export type KeyState = typeof UNSEEN | typeof LOADED | typeof QUARANTINED | typeof EXCLUDED

export const NOT_FOUND = -1

/** Keys are kept in pieces of this many, so that growing never copies them. */
const PIECE_BITS = 16
const PIECE = 1 << PIECE_BITS
const PIECE_MASK = PIECE - 1

/** The slots are split by the first bits of the hash: each part grows by itself, so no single growth takes long. */
const PART_BITS = 6
const PARTS = 1 << PART_BITS
const FIRST_SLOTS = 16
const FIRST_ROW = 64

/**
 * A set of keys, each with a dense ordinal (0, 1, 2, … in the order added) and a state. A key is either a 64-bit integer, given as the high and low
 * half of its two's complement, or a text; the two never equal one another. About 14 to 20 bytes for an integer key, 18 to 24 and its UTF-8 bytes for a text.
 * Texts are well-formed UTF-16 (what comes out of a database always is).
 */
export class KeyIndex {
  #size = 0
  /** Ordinal + 1 of each integer key from 0 on that is below its length, or 0: keys are mostly numbers in a row. What is told here need not be in the slots. */
  #row = new Int32Array(0)
  /** Open addressing: ordinal + 1, or 0 for a free slot; at most three quarters full. */
  readonly #slots: Int32Array[] = Array.from({ length: PARTS }, () => new Int32Array(FIRST_SLOTS))
  readonly #used = new Int32Array(PARTS)
  /** Integer key: its halves. Text key: its hash and where its bytes are in the arena. */
  readonly #hi: Int32Array[] = []
  readonly #lo: Int32Array[] = []
  readonly #states: Uint8Array[] = []
  #arena: TextArena | null = null
  /** Keys that lead to another key's row. */
  readonly aliases = new KeyAliases()
  /** Identifiers that are not made of the key. */
  readonly ids = new KeyAliases()

  get size(): number {
    return this.#size
  }

  /** The ordinal of an integer key, or NOT_FOUND. */
  find(hi: number, lo: number): number {
    const row = this.#row
    if (hi === 0 && lo >>> 0 < row.length) return (row[lo] as number) - 1
    const hash = hashOfInteger(hi, lo)
    const slots = this.#partOf(hash)
    const mask = slots.length - 1
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const ordinal = (slots[i] as number) - 1
      if (ordinal < 0) return NOT_FOUND
      if (this.#holds(ordinal, hi, lo)) return ordinal
    }
  }

  /** The ordinal of an integer key; a new one, with the state UNSEEN, when it was not there. */
  add(hi: number, lo: number): number {
    const known = this.find(hi, lo)
    if (known !== NOT_FOUND) return known
    return this.#append(hashOfInteger(hi, lo), { hi, lo, isText: 0 })
  }

  /** The ordinal of a text key, or NOT_FOUND. */
  findText(text: string): number {
    const arena = this.#arena
    if (arena === null) return NOT_FOUND
    const hash = hashOfText(text)
    const slots = this.#partOf(hash)
    const mask = slots.length - 1
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const ordinal = (slots[i] as number) - 1
      if (ordinal < 0) return NOT_FOUND
      if (this.#isText(ordinal) && this.#hiOf(ordinal) === hash && arena.equals(this.#loOf(ordinal), text)) return ordinal
    }
  }

  /** The ordinal of a text key; a new one, with the state UNSEEN, when it was not there. */
  addText(text: string): number {
    const known = this.findText(text)
    if (known !== NOT_FOUND) return known
    this.#arena ??= new TextArena()
    const hash = hashOfText(text)
    return this.#append(hash, { hi: hash, lo: this.#arena.add(text), isText: TEXT_BIT })
  }

  state(ordinal: number): KeyState {
    // The two low bits are only ever written from a KeyState.
    return ((this.#states[ordinal >> PIECE_BITS]?.[ordinal & PIECE_MASK] ?? 0) & STATE_BITS) as KeyState
  }

  setState(ordinal: number, state: KeyState): void {
    const piece = this.#states[ordinal >> PIECE_BITS]
    if (piece === undefined || ordinal >= this.#size) throw new RangeError(`expected an ordinal below ${this.#size}, got ${ordinal}`)
    piece[ordinal & PIECE_MASK] = ((piece[ordinal & PIECE_MASK] as number) & TEXT_BIT) | state
  }

  /** The key at an ordinal as its canonical text: an integer in decimal, a text as it was added. */
  keyAt(ordinal: number): string {
    if (ordinal >= this.#size) throw new RangeError(`expected an ordinal below ${this.#size}, got ${ordinal}`)
    if (this.#isText(ordinal)) return this.#arena?.text(this.#loOf(ordinal)) ?? ''
    return String((BigInt(this.#hiOf(ordinal)) << 32n) | BigInt(this.#loOf(ordinal) >>> 0))
  }

  /** Bytes held, without what the engine needs to know the arrays. */
  get bytes(): number {
    const slots = this.#slots.reduce((sum, part) => sum + part.byteLength, 0)
    return slots + this.#row.byteLength + this.#hi.length * PIECE * 9 + (this.#arena?.bytes ?? 0)
  }

  #partOf(hash: number): Int32Array {
    return this.#slots[hash >>> (32 - PART_BITS)] as Int32Array
  }

  #hiOf(ordinal: number): number {
    return (this.#hi[ordinal >> PIECE_BITS] as Int32Array)[ordinal & PIECE_MASK] as number
  }

  #loOf(ordinal: number): number {
    return (this.#lo[ordinal >> PIECE_BITS] as Int32Array)[ordinal & PIECE_MASK] as number
  }

  #isText(ordinal: number): boolean {
    return (((this.#states[ordinal >> PIECE_BITS] as Uint8Array)[ordinal & PIECE_MASK] as number) & TEXT_BIT) !== 0
  }

  #holds(ordinal: number, hi: number, lo: number): boolean {
    return this.#loOf(ordinal) === lo && this.#hiOf(ordinal) === hi && !this.#isText(ordinal)
  }

  #append(hash: number, key: { readonly hi: number; readonly lo: number; readonly isText: number }): number {
    const ordinal = this.#size
    const at = ordinal & PIECE_MASK
    if (at === 0) {
      this.#hi.push(new Int32Array(PIECE))
      this.#lo.push(new Int32Array(PIECE))
      this.#states.push(new Uint8Array(PIECE))
    }
    const piece = ordinal >> PIECE_BITS
    ;(this.#hi[piece] as Int32Array)[at] = key.hi
    ;(this.#lo[piece] as Int32Array)[at] = key.lo
    ;(this.#states[piece] as Uint8Array)[at] = key.isText
    this.#size = ordinal + 1
    if (key.hi === 0 && key.isText === 0 && this.#reaches(key.lo >>> 0)) this.#row[key.lo >>> 0] = ordinal + 1
    else this.#occupy(hash, ordinal)
    return ordinal
  }

  /** Whether a key has its place in the row, which is made longer as long as most of it is used. */
  #reaches(lo: number): boolean {
    const { length } = this.#row
    if (lo < length) return true
    const wider = Math.max(FIRST_ROW, length * 2)
    if (lo >= wider || wider > FIRST_ROW + this.#size * 3) return false
    const row = new Int32Array(wider)
    row.set(this.#row)
    for (let ordinal = 0; ordinal < this.#size; ordinal++) {
      const own = this.#loOf(ordinal) >>> 0
      if (own >= length && own < wider && this.#hiOf(ordinal) === 0 && !this.#isText(ordinal)) row[own] = ordinal + 1
    }
    this.#row = row
    return true
  }

  #occupy(hash: number, ordinal: number): void {
    const part = hash >>> (32 - PART_BITS)
    const used = (this.#used[part] as number) + 1
    this.#used[part] = used
    let slots = this.#slots[part] as Int32Array
    if (used * 4 > slots.length * 3) {
      slots = this.#doubled(slots)
      this.#slots[part] = slots
    }
    place(slots, hash, ordinal)
  }

  #doubled(slots: Int32Array): Int32Array {
    const wider = new Int32Array(slots.length * 2)
    for (let i = 0; i < slots.length; i++) {
      const ordinal = (slots[i] as number) - 1
      if (ordinal >= 0) place(wider, this.#hashOf(ordinal), ordinal)
    }
    return wider
  }

  #hashOf(ordinal: number): number {
    return this.#isText(ordinal) ? this.#hiOf(ordinal) : hashOfInteger(this.#hiOf(ordinal), this.#loOf(ordinal))
  }
}

const STATE_BITS = 0x03
const TEXT_BIT = 0x80

function place(slots: Int32Array, hash: number, ordinal: number): void {
  const mask = slots.length - 1
  let i = hash & mask
  while (slots[i] !== 0) i = (i + 1) & mask
  slots[i] = ordinal + 1
}

/** Evenly spread over 32 bits, with their sign; the same on every machine. */
export function hashOfInteger(hi: number, lo: number): number {
  return mix32(mix32(lo) ^ Math.imul(hi, 0x9e3779b1))
}

/** As `hashOfInteger`. */
export function hashOfText(text: string): number {
  let h = text.length
  for (let i = 0; i < text.length; i++) h = (Math.imul(h ^ text.charCodeAt(i), 0x01000193) + (h >>> 15)) | 0
  return mix32(h)
}
