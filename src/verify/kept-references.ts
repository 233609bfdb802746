import type { ForeignKey } from '../model/catalogue.ts'
import type { TargetReader } from '../target/target.ts'
import type { AsLoaded } from './as-loaded.ts'
import type { findReferences } from './references.ts'
import type { TableScope, VerifiedEntity } from './table-scopes.ts'

type Reference = ReturnType<typeof findReferences>[number]

interface Ground {
  readonly scopes: readonly TableScope[]
  reader(service: string): Pick<TargetReader, 'count'>
}

/** Whether all references of a table are ones the mapping makes and the server’s own foreign keys have checked, so that it may do to look at the rows on both ends. */
export function areKeyed(scope: TableScope, references: readonly Reference[]): boolean {
  return references.every(
    reference =>
      reference.parents.length === 1 &&
      scope.writers.every(writer => isMade(writer.of, { shape: writer.shape, column: reference.column })) &&
      scope.relation.foreignKeys.some(key => covers(key, reference)),
  )
}

function isMade(of: VerifiedEntity, { shape, column }: { readonly shape: number; readonly column: string }): boolean {
  return of.facts.entity.into[shape]?.columns.some(({ name, value }) => name === column && value.kind === 'ref') ?? false
}

/** A key over the column, and over the tenant’s where the tenant is looked at. */
function covers(key: ForeignKey, { column, tenantColumn, parents: [parent] }: Reference): boolean {
  if (parent === undefined || !key.isValidated) return false
  if (key.referencedSchema !== parent.table.schema || key.referencedTable !== parent.table.name) return false
  const leads = (from: string, to: string): boolean => key.columns.some((name, i) => name === from && key.referencedColumns[i] === to)
  const isOfTenant = tenantColumn !== null && parent.tenantColumn !== null
  return leads(column, parent.idColumn) && (!isOfTenant || leads(tenantColumn, parent.tenantColumn))
}

/**
 * Whether no reference of a table with such keys can lead astray: all of its rows, and all of its parents’, are as they were loaded and as the keys were checked with.
 */
export async function areKept(
  scope: TableScope,
  { references, ground, asLoaded }: { references: readonly Reference[]; ground: Ground; asLoaded: Pick<AsLoaded, 'has'> },
): Promise<boolean> {
  const { service, rows } = scope
  const labelled = (schema: string, name: string): readonly TableScope[] =>
    ground.scopes.filter(({ service: other, relation }) => other === service && relation.schema === schema && relation.name === name)
  const own = labelled(rows.table.schema, rows.table.name)
  const parents = references.flatMap(({ parents: all }) => all.map(({ table }) => labelled(table.schema, table.name)))
  if (parents.some(found => found.length === 0)) return false
  if (![...own, ...parents.flat()].every(one => one.judgesExtras && one.writers.every(({ of }) => asLoaded.has(of)))) return false
  const reader = ground.reader(service)
  const counts = await Promise.all(own.map(one => reader.count(one.rows)))
  // Rows of nobody’s were not compared.
  return counts.reduce((sum, count) => sum + count, 0n) === (await reader.count({ table: rows.table, tenant: null }))
}
