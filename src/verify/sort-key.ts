import type { FieldAt } from './tuple-stream.ts'

/** By which field of its tuples a stream is ordered (null: by the whole tuple), and how. `bytes`: as they are, a shorter one first. `int8`: by value. */
export interface SortKey {
  readonly field: number | null
  readonly form: 'bytes' | 'int8'
}

export interface KeyAt extends FieldAt {
  readonly data: Buffer
}

/** Below zero: `a` comes before `b`. */
export function compareKeys(form: SortKey['form'], a: KeyAt, b: KeyAt): number {
  if (form === 'bytes') return a.data.compare(b.data, b.start, b.start + b.length, a.start, a.start + a.length)
  const high = a.data.readInt32BE(a.start) - b.data.readInt32BE(b.start)
  return high !== 0 ? high : a.data.readUInt32BE(a.start + 4) - b.data.readUInt32BE(b.start + 4)
}

/** The key of a tuple that lies from `start` to `end`; `field` finds one of its fields. */
export function keyAt(
  key: SortKey,
  tuple: { readonly data: Buffer; readonly start: number; readonly end: number; readonly field: (index: number) => FieldAt },
): KeyAt {
  const { data, start, end } = tuple
  if (key.field === null) return { data, start, length: end - start }
  const field = tuple.field(key.field)
  return { data, start: field.start, length: Math.max(0, field.length) }
}
