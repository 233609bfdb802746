import type { TupleCursor } from '../base/tuple-cursor.ts'
import type { KeyPart } from '../cast/key-text.ts'
import type { Relation } from '../model/catalogue.ts'
import type { Related } from '../model/mapping.ts'
import { inNumbering, namesInAll, oursIn } from './collect-names.ts'
import type { CompileContext } from './compile-context.ts'
import type { MatchKey } from './match-key.ts'

/** Where each value of a key lies in its rows as they are delivered; null = it is computed. */
type Slots = readonly (number | null)[]

export interface TheirKey {
  readonly key: MatchKey
  readonly parts: readonly KeyPart[]
  readonly slots: Slots
}

export interface OurKey {
  readonly key: MatchKey
  readonly slots: Slots
}

export interface LoaderWish {
  readonly one: Related
  readonly full: string
  readonly relation: Relation
  readonly columns: readonly string[]
  readonly theirs: TheirKey
  readonly ours: OurKey
  belongs(cursor: TupleCursor): boolean
  /** Told rows nobody asks for; null = nobody wants to know. */
  readonly orphan: ((cursor: TupleCursor) => void) | null
}

/** Whether positions go by a related row, by how many there are, or by a row that is matched by one: they are computed before the driving rows are read. */
export function isNumbered(name: string, { number, with: related }: Pick<CompileContext['entity'], 'number' | 'with'>): boolean {
  if (number.length === 0) return false
  const names = namesInAll([...number.flatMap(inNumbering), ...related.flatMap(oursIn)])
  return [...names].map(used => used.toLowerCase()).some(used => used === name || used.startsWith(`${name}.`))
}
