import { canonicalKey } from '../../base/key-text.ts'
import { recordListField } from '../../base/record-list.ts'
import { keyText } from '../../cast/key-text.ts'
import { bug } from '../../errors.ts'
import type { Relation } from '../../model/catalogue.ts'
import type { Attachment } from '../source.ts'
import type { MemoryRow } from './row-order.ts'

interface Joined {
  /** Of the rows they are attached to. */
  readonly relation: Relation
  readonly table: { readonly relation: Relation; readonly rows: readonly MemoryRow[] }
}

/** The field of a row that holds the rows of another table belonging to it. Values are equal where their canonical texts are. */
export function attachedField({ columns, on }: Attachment, { relation, table }: Joined): (fields: MemoryRow) => Buffer {
  const keyOf = keyIn(
    table.relation,
    on.map(({ theirs }) => theirs),
  )
  const ours = keyIn(
    relation,
    on.map(pair => pair.ours),
  )
  const chosen = columns.map(name => indexOf(table.relation, name))
  const byKey = new Map<string, MemoryRow[]>()
  for (const row of table.rows) {
    const key = keyOf(row)
    if (key === null) continue
    const known = byKey.get(key) ?? []
    known.push(chosen.map(i => row[i] ?? null))
    byKey.set(key, known)
  }
  return fields => recordListField(byKey.get(ours(fields) ?? '') ?? [])
}

function keyIn(relation: Relation, names: readonly string[]): (row: MemoryRow) => string | null {
  const parts = names.map(name => {
    const index = indexOf(relation, name)
    const column = relation.columns[index] as Relation['columns'][number]
    return { index, text: keyText(column.type) }
  })
  return row => {
    const texts = parts.map(({ index, text }) => {
      const field = row[index] ?? null
      return field === null ? null : text(field, 0, field.length)
    })
    return texts.every(text => text !== null) ? canonicalKey(texts) : null
  }
}

function indexOf(relation: Relation, name: string): number {
  const index = relation.columns.findIndex(column => column.name === name)
  if (index < 0) throw bug(`expected a column ${name} in ${relation.schema}.${relation.name}`)
  return index
}
