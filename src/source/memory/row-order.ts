import { createHash } from 'node:crypto'
import { compareCodePoints } from '../../base/code-point-order.ts'
import type { FieldText } from '../../cast/container-text.ts'
import { keyText } from '../../cast/key-text.ts'
import { familyOf } from '../../cast/sql-family.ts'
import { bug } from '../../errors.ts'
import type { Relation } from '../../model/catalogue.ts'

export type Field = Buffer | null
export type MemoryRow = readonly Field[]

export interface KeyedRow {
  /** Fields delivered before the asked ones. */
  readonly lead: MemoryRow
  readonly fields: MemoryRow
  isAfter(position: readonly string[]): boolean
}

type Compare = (a: string, b: string) => number

/** Rows in the order of a key: integers by value, everything else by the code points of its canonical text. Rows with a NULL in their key come last, after every position. */
export function keyedRows(relation: Relation, rows: readonly MemoryRow[], names: readonly string[]): readonly KeyedRow[] {
  const parts = names.map(name => keyPart(relation, name))
  const compare = (a: readonly string[], b: readonly string[]): number => {
    for (const [i, part] of parts.entries()) {
      const order = part.compare(a[i] ?? '', b[i] ?? '')
      if (order !== 0) return order
    }
    return 0
  }
  const keyed = rows.map(fields => ({ fields, key: parts.map(part => part.text(fields)) }))
  const whole = keyed.filter((row): row is { fields: MemoryRow; key: string[] } => row.key.every(part => part !== null))
  const holed = keyed.filter(row => row.key.some(part => part === null))
  return [
    ...whole
      .sort((a, b) => compare(a.key, b.key))
      .map(row => ({ lead: [], fields: row.fields, isAfter: (position: readonly string[]) => compare(row.key, position) > 0 })),
    ...holed.map(row => ({ lead: [], fields: row.fields, isAfter: () => true })),
  ]
}

function keyPart(relation: Relation, name: string): { readonly compare: Compare; readonly text: (fields: MemoryRow) => string | null } {
  const index = relation.columns.findIndex(column => column.name === name)
  const column = relation.columns[index]
  if (column === undefined) throw bug(`expected key column ${name} in ${relation.schema}.${relation.name}`)
  const textOf: FieldText = keyText(column.type)
  const isInteger = familyOf(column.type) === 'int'
  return {
    compare: isInteger ? (a, b) => Number(BigInt(a) > BigInt(b)) - Number(BigInt(a) < BigInt(b)) : compareCodePoints,
    text: fields => {
      const field = fields[index] ?? null
      return field === null ? null : textOf(field, 0, field.length)
    },
  }
}

/** Rows in the order of the SHA-256 of their fields, equal ones numbered from 1. */
export function contentRows(rows: readonly MemoryRow[]): readonly KeyedRow[] {
  const copies = new Map<string, number>()
  const digested = rows.map(fields => {
    const digest = digestOf(fields)
    const copy = (copies.get(digest) ?? 0) + 1
    copies.set(digest, copy)
    return { fields, digest, copy }
  })
  return digested
    .sort((a, b) => compareCodePoints(a.digest, b.digest) || a.copy - b.copy)
    .map(({ fields, digest, copy }) => ({
      lead: [Buffer.from(digest, 'hex'), int8(copy)],
      fields,
      isAfter: ([afterDigest = '', afterCopy = '0']) => (compareCodePoints(`\\x${digest}`, afterDigest) || copy - Number(afterCopy)) > 0,
    }))
}

function digestOf(fields: MemoryRow): string {
  const hash = createHash('sha256')
  for (const field of fields) hash.update(field === null ? 'N' : `${field.length}:`).update(field ?? '')
  return hash.digest('hex')
}

function int8(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}
