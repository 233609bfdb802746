import { tableLabel } from '../base/table-label.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import { RehouseError } from '../errors.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import type { EntityFacts } from '../plan/tenant-plan.ts'
import type { ReadRequest } from '../source/source.ts'

/** The cursor's next row; bytes that are no row are the source's fault (SOURCE_INVALID). */
export function nextRow(cursor: TupleCursor, facts: EntityFacts): boolean {
  try {
    return cursor.next()
  } catch (error) {
    if (error instanceof RangeError) throw sourceInvalid(facts, error.message)
    throw error
  }
}

export function sourceInvalid({ entity, relation }: EntityFacts, message: string): RehouseError {
  return new RehouseError('SOURCE_INVALID', message, {
    where: { entity: entity.name, table: tableLabel(relation.schema, relation.name) },
    next: 'Read the table again with --resume; if it stays, report it with the source’s version.',
  })
}

/** All rows of an entity, or those after a position. Never ended from outside: work stops between batches. */
export function readRequest(
  { facts, compiled }: { readonly facts: EntityFacts; readonly compiled: Pick<CompiledEntity, 'columns'> },
  after: readonly string[] | null = null,
): ReadRequest {
  return {
    relation: facts.relation,
    columns: compiled.columns,
    key: facts.key.source,
    after,
    signal: new AbortController().signal,
  }
}
