import { TupleCursor } from '../base/tuple-cursor.ts'
import { fieldDecoder } from '../cast/field-codec.ts'
import { parseJson } from '../cast/json-parser.ts'
import { jsonScalar } from '../cast/jsonb-text.ts'
import { bug, RehouseError } from '../errors.ts'
import type { ListLayout } from '../plan/list-layout.ts'
import type { LoadContext } from './load-context.ts'
import { nextRow } from './next-row.ts'

type Counting = Pick<LoadContext, 'compiled' | 'facts' | 'snapshot' | 'tenant'>

/**
 * How many rows the entity has in the same snapshot, by a way of its own (guarantee 2): the source’s own count; of elements the source’s own sum. A source that cannot
 * look into a column is read once more, its lists parsed as whole documents, and its rows compared with its own count of them.
 */
export async function countRows(context: Counting): Promise<bigint> {
  const { compiled, facts, snapshot } = context
  const { list } = compiled
  if (list === null) return snapshot.count(facts.relation)
  const { listColumn: column, countsEmpty } = list
  if (snapshot.countElements !== undefined) return snapshot.countElements(facts.relation, { column, countsEmpty })
  return countAgain(context, list)
}

async function countAgain({ facts, snapshot, tenant }: Counting, list: ListLayout): Promise<bigint> {
  const { relation, key } = facts
  const type = relation.columns.find(column => column.name === list.listColumn)?.type
  if (type === undefined || key.source.kind !== 'columns') throw bug(`expected a list column of ${facts.entity.name}`)
  const decode = fieldDecoder(type)
  const text = jsonScalar(type)
  const columns = [...key.source.names, list.listColumn]
  const cursor = new TupleCursor(columns.length)
  const at = columns.length - 1
  const { signal } = new AbortController()
  let [rows, elements] = [0n, 0n]
  for await (const chunk of snapshot.read({ relation, columns, key: key.source, after: null, signal })) {
    cursor.push(chunk)
    while (nextRow(cursor, facts)) {
      rows++
      const length = cursor.length[at] as number
      const document = length < 0 ? 'null' : text(decode(cursor.data, cursor.start[at] as number, length))
      elements += BigInt(sizeOf(document, list))
    }
  }
  const counted = await snapshot.count(relation)
  if (rows === counted) return elements
  throw new RehouseError(
    'SOURCE_COUNT_MISMATCH',
    `expected ${counted} rows with lists, as the source counted in the same snapshot, got ${rows}`,
    {
      where: { entity: facts.entity.name, tenant: tenant?.code },
      next: 'Nothing of the last batch was kept. Run `rehouse migrate --resume`; if it stays, report it with the source’s version.',
    },
  )
}

function sizeOf(document: string, { countsEmpty }: ListLayout): number {
  const parsed = parseJson(document)?.document ?? null
  if (parsed !== null && !Array.isArray(parsed)) return 1
  const size = parsed?.length ?? 0
  return size === 0 && countsEmpty ? 1 : size
}
