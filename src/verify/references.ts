import type { MappingValue } from '../model/mapping.ts'
import { standsFor } from '../model/stands-for.ts'
import type { ReferenceTo } from '../target/target.ts'
import type { TableScope, VerifiedEntity } from './table-scopes.ts'

type Ref = Extract<MappingValue, { kind: 'ref' }>
type Parent = ReferenceTo['parents'][number]

/** The references of a table: those the mapping makes, and those its foreign keys declare besides. Those that may lead nowhere are left out, and so are those into another service. */
export function findReferences(scope: TableScope, entities: readonly VerifiedEntity[]): readonly ReferenceTo[] {
  const tenantColumn = tenantColumnOf(scope)
  const idColumn = scope.keyColumn
  const found = new Map<string, ReferenceTo>()
  const add = (column: string, parents: readonly Parent[]): void => {
    const known = found.get(column)?.parents ?? []
    const all = [...known, ...parents.filter(parent => !known.some(other => isSame(other, parent)))]
    if (all.length > 0) found.set(column, { column, parents: all, tenantColumn, idColumn })
  }
  const loose = new Set<string>()
  for (const { of, shape } of scope.writers) {
    for (const { name, value } of of.facts.entity.into[shape]?.columns ?? []) {
      if (value.kind !== 'ref') continue
      const parents = parentsOf(value, { scope, entities })
      if (parents === null || mayLeadNowhere(value)) loose.add(name)
      else add(name, parents)
    }
  }
  for (const key of scope.relation.foreignKeys) {
    const pairs = key.columns
      .map((column, i) => [column, key.referencedColumns[i] ?? ''] as const)
      .filter(([column]) => column !== tenantColumn)
    const [column, referenced] = pairs.length === 1 ? (pairs[0] ?? ['', '']) : ['', '']
    if (column === '' || loose.has(column) || found.has(column)) continue
    const table = { schema: key.referencedSchema, name: key.referencedTable }
    const ownTenant = key.columns.find(name => name === tenantColumn)
    add(column, [
      {
        table,
        idColumn: referenced,
        tenantColumn: ownTenant === undefined ? null : (key.referencedColumns[key.columns.indexOf(ownTenant)] ?? null),
      },
    ])
  }
  return [...found.values()].filter(({ column }) => !loose.has(column))
}

function mayLeadNowhere({ missing }: Ref): boolean {
  return missing.some(({ take }) => take !== null && 'allow' in take)
}

/** Null: one of them is not looked at here. */
function parentsOf(
  { entities: names }: Ref,
  { scope, entities }: { readonly scope: TableScope; readonly entities: readonly VerifiedEntity[] },
): readonly Parent[] | null {
  const parents: Parent[] = []
  const all = entities.map(other => other.facts.entity)
  for (const name of names.flatMap(one => standsFor(one, all))) {
    const of = entities.find(other => other.facts.entity.name === name && other.facts.entity.service === scope.service)
    const head = of?.compiled.tables[0]
    if (of === undefined || head === undefined || head.idColumn === null) return null
    const tenantColumn = of.tenant === null || !head.columns.includes(tenantColumnOf(scope) ?? '') ? null : tenantColumnOf(scope)
    parents.push({ table: { schema: head.schema, name: head.table }, idColumn: head.idColumn, tenantColumn })
  }
  return parents
}

function tenantColumnOf({ rows }: TableScope): string | null {
  return rows.tenant?.column ?? null
}

function isSame(a: Parent, b: Parent): boolean {
  return a.table.schema === b.table.schema && a.table.name === b.table.name && a.idColumn === b.idColumn
}
