import { baseOf } from '../cast/sql-family.ts'
import type { Column, KeyEquality, Relation } from '../model/catalogue.ts'
import { type FieldHash, fieldHash, hashKind } from './field-hash.ts'
import { HashSet } from './hash-set.ts'
import { KEYS_PER_SOURCE } from './limits.ts'

/** Rows looked at before a likely key is given up that is none. */
const TRIAL = 2000

/** Keys that may still be kept in memory. */
export class KeyBudget {
  left = KEYS_PER_SOURCE
}

export interface KeySpec {
  readonly relation: Relation
  readonly columns: readonly string[]
  /** `likely`: nobody declared it, its name says it. `referenced`: foreign keys lead to it. */
  readonly kind: 'primary' | 'unique' | 'referenced' | 'likely'
}

export interface KeyFacts extends KeySpec {
  /** One for each column: which other columns' values may be equal. */
  readonly kinds: readonly string[]
  /** Rows whose key has no NULL part. */
  readonly rows: number
  /** Rows whose key has a NULL part. */
  readonly nulls: number
  /** Rows whose key an earlier row had; null: too many keys to tell. */
  readonly duplicates: number | null
  readonly values: HashSet
}

/** A key in the first pass: duplicates, and its values for the second. */
export class KeyWatch {
  readonly spec: KeySpec
  readonly #at: readonly number[]
  readonly #hashes: readonly FieldHash[]
  readonly #values: HashSet
  readonly #budget: KeyBudget
  readonly #lanes = new Int32Array(2)
  #rows = 0
  #nulls = 0
  #duplicates = 0

  /** `read`: the names of the columns as they are delivered; `limit`: its share of the budget. */
  constructor(spec: KeySpec, read: readonly string[], { budget, limit }: { readonly budget: KeyBudget; readonly limit: number }) {
    this.spec = spec
    this.#at = spec.columns.map(name => read.indexOf(name))
    this.#hashes = keyHashes(spec.relation, spec.columns)
    this.#values = new HashSet(limit)
    this.#budget = budget
  }

  add(data: Buffer, start: Int32Array, length: Int32Array): void {
    if (this.#values.isOver) return
    const lanes = this.#lanes
    // An empty text stands for none in what nobody declared.
    const isEmpty = this.spec.kind === 'likely' && length[this.#at[0] as number] === 0
    if (isEmpty || !hashKey(this.#at, this.#hashes, { data, start, length, lanes })) {
      this.#nulls++
      return
    }
    this.#rows++
    if (this.#values.add(lanes[0] as number, lanes[1] as number)) return
    this.#duplicates++
    if (this.spec.kind === 'likely' && this.#rows >= TRIAL && this.#duplicates * 10 > this.#rows) this.#values.drop()
  }

  /** Takes what is kept out of the budget. */
  facts(): KeyFacts {
    this.#budget.left -= this.#values.size
    return this.tried()
  }

  /** Of a key nothing is looked up in later. */
  tried(): KeyFacts {
    const { relation, columns } = this.spec
    return {
      ...this.spec,
      kinds: columns.map(name => hashKind(columnOf(relation, name).type)),
      rows: this.#rows,
      nulls: this.#nulls,
      duplicates: this.#values.isOver ? null : this.#duplicates,
      values: this.#values,
    }
  }
}

/** Under the equality of the key's own columns, so that what refers to them is compared as they are. */
export function keyHashes(
  relation: Relation,
  columns: readonly string[],
  as: Relation = relation,
  asColumns = columns,
): readonly FieldHash[] {
  return columns.map((name, i) => fieldHash(columnOf(relation, name).type, equalityOf(columnOf(as, asColumns[i] ?? ''))))
}

function equalityOf({ type, collation }: Column): KeyEquality | undefined {
  return baseOf(type).name === 'citext' ? 'fold' : collation?.equality
}

/** Whether it is known when two values of the column are equal; of some collations only their server knows. */
export function isComparable({ type, collation }: Column): boolean {
  return collation === null || collation.isDeterministic || collation.equality !== undefined || baseOf(type).name === 'citext'
}

export interface KeyRow {
  readonly data: Buffer
  readonly start: Int32Array
  readonly length: Int32Array
  readonly lanes: Int32Array
}

/** The hash of several fields into `lanes`; false where one is NULL. */
export function hashKey(at: readonly number[], hashes: readonly FieldHash[], { data, start, length, lanes }: KeyRow): boolean {
  lanes[0] = 0
  lanes[1] = 0
  for (let i = 0; i < at.length; i++) {
    const field = at[i] as number
    const size = length[field] as number
    if (size < 0) return false
    ;(hashes[i] as FieldHash)(data, start[field] as number, size, lanes)
  }
  return true
}

export function columnOf(relation: Relation, name: string): Relation['columns'][number] {
  const column = relation.columns.find(known => known.name === name)
  if (column === undefined) throw new RangeError(`expected a column ${name} of ${relation.name}, got none`)
  return column
}
