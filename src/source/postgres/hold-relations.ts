import { tableLabel } from '../../base/table-label.ts'
import { RehouseError } from '../../errors.ts'
import type { Relation } from '../../model/catalogue.ts'
import type { SqlType } from '../../model/sql-type.ts'
import { relationsFrom } from '../../postgres/catalogue.ts'
import { readCatalogueRows } from '../../postgres/catalogue-rows.ts'
import { qualifiedName } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

/**
 * Keeps relations as they are until the transaction ends: nobody can alter, rewrite or truncate them, only read and write rows. Rewriting and TRUNCATE know
 * no snapshots: a table they emptied is empty under an older snapshot too, and no count would show it.
 * To be called at the beginning of the transaction: LOCK takes no snapshot, so what is locked cannot have changed since the snapshot that comes after it.
 */
export async function holdRelations(session: Session, relations: readonly Relation[]): Promise<void> {
  const tables = relations.filter(relation => relation.kind === 'table' || relation.kind === 'partitioned')
  const names = tables.map(table => (table.kind === 'table' ? `only ${qualifiedName(table)}` : qualifiedName(table)))
  if (names.length === 0) return
  await session.script('savepoint held')
  try {
    await session.script(`lock table ${names.join(', ')} in access share mode`)
  } catch (error) {
    // A login with rights to columns only may not lock, but reading locks too: then it is a moment later, with the first statement on each.
    if (!(error instanceof RehouseError) || error.code !== 'SOURCE_REFUSED') throw error
    await session.script('rollback to savepoint held')
  }
  // No snapshot can be exported from within one.
  await session.script('release savepoint held')
}

/** The rest of the holding, under the snapshot: touches what cannot be locked, and compares all of them with what was planned for. Throws SOURCE_CHANGED. */
export async function checkHeld(session: Session, all: readonly Relation[]): Promise<void> {
  // What a query reads is its own business.
  const relations = all.filter(relation => relation.query === undefined)
  if (relations.length === 0) return
  const rows = await readCatalogueRows(
    session,
    relations.map(({ schema, name }) => ({ schema, name })),
  )
  const found = [...relationsFrom(rows).values()]
  for (const planned of relations) {
    const now = found.find(relation => relation.schema === planned.schema && relation.name === planned.name)
    if (now === undefined) throw changed(planned, 'none of that name')
    if (shapeOf(now) !== shapeOf(planned)) throw changed(planned, 'other columns, types or keys')
  }
  for (const relation of relations) await session.query(`select from ${qualifiedName(relation)} limit 0`)
}

/** What the bytes of its rows and their order depend on. */
function shapeOf({ kind, columns, primaryKey, uniqueKeys }: Relation): string {
  const described = columns.map(column => [column.name, typeShape(column.type), column.isNullable, column.generated, column.collation])
  return JSON.stringify([kind, described, primaryKey, uniqueKeys])
}

function typeShape(type: SqlType): unknown {
  return [type.oid, type.modifier, type.element && typeShape(type.element), type.fields?.map(field => [field.name, typeShape(field.type)])]
}

function changed(relation: Relation, got: string): RehouseError {
  const table = tableLabel(relation.schema, relation.name)
  return new RehouseError('SOURCE_CHANGED', `expected ${table} as it was when the run was planned, got ${got}`, {
    where: { table },
    next: 'Run the same command again: it plans anew with what is there now.',
  })
}
