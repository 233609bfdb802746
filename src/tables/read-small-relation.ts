import { TupleCursor } from '../base/tuple-cursor.ts'
import { valueText } from '../cast/value-text.ts'
import type { Constant, Relation } from '../model/catalogue.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { SourceSnapshot } from '../source/source.ts'

/** A list longer than this is no list of tables. */
export const MOST_ROWS = 1_000_000

/** Some columns of every row of a relation that says something about others, in no order that means anything. Null: it has more rows than `MOST_ROWS`. */
export async function readSmallRelation(
  snapshot: SourceSnapshot,
  { relation, columns }: { readonly relation: Relation; readonly columns: readonly string[] },
): Promise<readonly (readonly Constant[])[] | null> {
  const texts = columns.map(name => valueText(typeOf(relation, name)))
  const cursor = new TupleCursor(columns.length)
  const rows: (readonly Constant[])[] = []
  const { signal } = new AbortController()
  for await (const chunk of snapshot.read({ relation, columns, key: { kind: 'columns', names: [] }, after: null, signal })) {
    cursor.push(chunk)
    while (cursor.next()) {
      if (rows.length === MOST_ROWS) return null
      rows.push(texts.map((text, i) => constantAt(cursor, i, text)))
    }
  }
  return rows
}

function constantAt(cursor: TupleCursor, i: number, text: ReturnType<typeof valueText>): Constant {
  const start = cursor.start[i] as number
  const length = cursor.length[i] as number
  if (length < 0) return { field: null, text: null }
  return { field: Buffer.from(cursor.data.subarray(start, start + length)), text: text(cursor.data, start, length) }
}

function typeOf(relation: Relation, name: string): SqlType {
  const column = relation.columns.find(candidate => candidate.name === name)
  if (column === undefined) throw new RangeError(`expected a column ${name}`)
  return column.type
}

/** Of these columns, those the login may not read. */
export function deniedOf({ denied }: Relation, columns: readonly string[]): readonly string[] {
  return columns.filter(name => denied?.columns.includes(name))
}
