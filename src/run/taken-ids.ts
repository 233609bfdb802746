import { TupleCursor } from '../base/tuple-cursor.ts'
import { RehouseError } from '../errors.ts'
import { loadedKey } from './classify-batch.ts'
import type { FilledBatch, LoadContext } from './load-context.ts'
import type { RefusedRow } from './refusal-code.ts'

/** Where the id stands in an id map tuple of the text form. */
const ID_FIELD = 3
const ID_MAP_FIELDS = 6

/**
 * A row refused as a duplicate may be refused for its identifier. If another row has it that was given it (two tables kept their UUIDs into one), the reason is `id_taken`.
 * If another key of the same entity has it, two keys gave one hash: that must never be settled quietly, so it throws ID_COLLISION naming both.
 */
export async function explainTakenIds(
  refused: readonly RefusedRow[],
  batch: FilledBatch,
  context: LoadContext,
): Promise<readonly RefusedRow[]> {
  const { compiled, service, facts, tenant } = context
  const duplicates = refused.filter(row => row.code === 'unique_violation')
  if (duplicates.length === 0 || compiled.strategy === 'ordered') return refused
  const ids = new Map(duplicates.map(row => [row.row, givenIdOf(batch, row.row)]))
  const known = (await service.ledger.keysOf([...ids.values()])).filter(match => match.isMerged !== true)
  const matches = new Map(known.map(match => [match.id, match]))
  const isInteger = compiled.key?.isInteger ?? false
  // Not made by Rehouse: that two keys have one says nothing of its hash.
  const isGiven = compiled.strategy === 'keep' || compiled.strategy === 'lookup'
  return refused.map(row => {
    const match = matches.get(ids.get(row.row) ?? '')
    if (match === undefined) return row
    const key = loadedKey(batch.buffers, { row: row.row, isInteger })
    const isOwn = match.entity === facts.entity.name && match.tenant === (tenant?.code ?? null)
    const isOther = !isOwn || (isGiven && match.key.join('\n') !== key.join('\n'))
    if (isOwn && !isGiven && match.key.join('\n') !== key.join('\n')) throw collision(match.key, key)
    return !isOther ? row : { ...row, code: 'id_taken', detail: `the identifier belongs to a row of ${match.entity}` }
  })
}

/** The identifier of a loaded row whose id map is in the text form: any but an `ordered` one. */
export function givenIdOf({ buffers }: FilledBatch, row: number): string {
  const cursor = new TupleCursor(ID_MAP_FIELDS)
  cursor.push(buffers.idMap.slice(row, row + 1))
  cursor.next()
  const start = cursor.start[ID_FIELD] as number
  return cursor.data.toString('latin1', start, start + (cursor.length[ID_FIELD] as number))
}

function collision(one: readonly string[], other: readonly string[]): RehouseError {
  return new RehouseError(
    'ID_COLLISION',
    `expected different identifiers for the keys ${JSON.stringify(one)} and ${JSON.stringify(other)}, got the same`,
    {
      where: { key: other },
      next: 'Choose another `id` strategy for the entity and begin with empty targets; report it, it is not expected ever to happen.',
    },
  )
}
