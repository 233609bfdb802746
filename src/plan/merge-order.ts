import type { TupleCursor } from '../base/tuple-cursor.ts'
import { integerKey } from '../cast/key-text.ts'
import { baseOf } from '../cast/sql-family.ts'
import type { SqlType } from '../model/sql-type.ts'

/** Reads a key out of fields as numbers that stand in its source's order. False: a part of it is NULL. */
export type ReadOrder = (cursor: TupleCursor, into: Float64Array) => boolean

/** A key part every source orders alike, and this process too: integers by value, uuid by bytes. Texts go by collations only their server knows. */
export function isOrderKnown(type: SqlType): boolean {
  return wordsOf(type) !== null
}

/** Whether two columns' values can be compared in the order of both. */
export function areInOneOrder(a: SqlType, b: SqlType): boolean {
  const words = wordsOf(a)
  return words !== null && words === wordsOf(b)
}

/** How many numbers a key takes. */
export function orderLength(types: readonly SqlType[]): number {
  return types.reduce((sum, type) => sum + (wordsOf(type) ?? 0), 0)
}

/** `slots`: where the parts lie in a row. Types are ones whose order is known. */
export function readOrder(types: readonly SqlType[], slots: readonly number[]): ReadOrder {
  const halves = new Int32Array(2)
  const parts = types.map((type, i) => ({ slot: slots[i] as number, toHalves: integerKey(type) }))
  return (cursor, into) => {
    let at = 0
    for (const { slot, toHalves } of parts) {
      const length = cursor.length[slot] as number
      const start = cursor.start[slot] as number
      if (length < 0) return false
      if (toHalves === null) for (let byte = 0; byte < 16; byte += 4) into[at++] = cursor.data.readUInt32BE(start + byte)
      else {
        toHalves(cursor.data, start, length, halves)
        into[at++] = halves[0] as number
        into[at++] = (halves[1] as number) >>> 0
      }
    }
    return true
  }
}

export function compareOrder(a: Float64Array, b: Float64Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return 0
}

/**
 * A position right before every row with these leading key parts, given as texts; null = the beginning is as good. `types`: of the columns that are read.
 */
export function positionBefore(texts: readonly string[], types: readonly SqlType[]): readonly string[] | null {
  const last = texts.length - 1
  const type = types[last]
  if (type === undefined) return null
  const before = textBefore(texts[last] ?? '', type)
  if (before === null) return null
  const lead = texts.slice(0, last)
  return lead.every((text, i) => fits(text, types[i] as SqlType)) ? [...lead, before] : null
}

/**
 * The position after every row that is not behind these key parts, whether or not the columns that are read can hold them; null = the beginning. What was passed is not read again.
 */
export function positionAfter(texts: readonly string[], types: readonly SqlType[]): readonly string[] | null {
  const at = texts.findIndex((text, i) => !fits(text, types[i] as SqlType))
  if (at < 0) return texts
  const text = texts[at] ?? ''
  if (!INTEGER.test(text)) return null
  const rest = (from: number): readonly string[] => types.slice(from).map(greatest)
  if (!text.startsWith('-')) return [...texts.slice(0, at), ...rest(at)]
  const before = at === 0 ? null : positionBefore(texts.slice(0, at), types.slice(0, at))
  return before && [...before, ...rest(at)]
}

function greatest(type: SqlType): string {
  const range = rangeOf(type)
  return range === null ? 'ffffffff-ffff-ffff-ffff-ffffffffffff' : String(range.most)
}

const INTEGER = /^-?\d+$/
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function fits(text: string, type: SqlType): boolean {
  const range = rangeOf(type)
  if (range === null) return UUID.test(text)
  return INTEGER.test(text) && BigInt(text) >= range.least && BigInt(text) <= range.most
}

function textBefore(text: string, type: SqlType): string | null {
  const range = rangeOf(type)
  if (range !== null) {
    if (!INTEGER.test(text)) return null
    const before = BigInt(text) - 1n
    if (before < range.least) return null
    return String(before > range.most ? range.most : before)
  }
  if (!UUID.test(text)) return null
  const value = BigInt(`0x${text.replaceAll('-', '')}`)
  if (value === 0n) return null
  const hex = (value - 1n).toString(16).padStart(32, '0')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

const BITS: Readonly<Record<string, bigint>> = { int2: 15n, int4: 31n, int8: 63n }

/** Null: no integer. */
function rangeOf(type: SqlType): { readonly least: bigint; readonly most: bigint } | null {
  if (integerKey(type) === null) return null
  const most = 1n << (BITS[baseOf(type).name] ?? 63n)
  return { least: -most, most: most - 1n }
}

/** Integers have two, uuid four; null: the order is not known. */
function wordsOf(type: SqlType): number | null {
  if (integerKey(type) !== null) return 2
  const base = baseOf(type)
  return base.kind === 'base' && base.name === 'uuid' ? 4 : null
}
