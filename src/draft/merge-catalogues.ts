import { tableLabel } from '../base/table-label.ts'
import { familyOf } from '../cast/sql-family.ts'
import type { ForeignKey, Relation } from '../model/catalogue.ts'
import type { DraftSource } from './draft.ts'
import { type DraftFindings, listed } from './draft-finding.ts'
import { foldable, foldedGroups, foldedName } from './folded-groups.ts'
import { columnNamed, mergeKey, mergeUniqueKeys } from './merge-keys.ts'
import type { Member, MergedColumn, MergedForeignKey, MergedTable } from './merged-table.ts'
import { isSameTypeText, type SourceType } from './target-type.ts'

/** Tables of all sources by their folded names, in the order first found. What differs is listed, never settled in silence. */
export function mergeCatalogues(sources: readonly DraftSource[], findings: DraftFindings): readonly MergedTable[] {
  const tables = sources.flatMap(source =>
    source.catalogue.relations.filter(isTable).map(relation => ({ source, relation, owner: source.code, name: foldable(relation) })),
  )
  return foldedGroups(tables).map(members => mergeTable(members, sources, findings))
}

function isTable(relation: Relation): boolean {
  return relation.kind === 'table' || relation.kind === 'partitioned'
}

function mergeTable(members: readonly Member[], sources: readonly DraftSource[], findings: DraftFindings): MergedTable {
  const [first] = members
  const schema = first?.relation.schema ?? ''
  const name = first?.relation.name ?? ''
  const label = tableLabel(schema, name)
  const has = new Set(members.map(member => member.source.code))
  const without = sources.filter(source => !has.has(source.code)).map(source => source.code)
  if (without.length > 0)
    findings.note('INIT_DRIFT_TABLE', {
      table: label,
      message: `expected table ${label} in every source, got none in ${listed(without)}`,
      next: 'Nothing: `optional: true` says that a tenant without the table has no rows of it.',
    })
  const columns = mergeColumns(members, label, findings)
  const table = { schema, name, label, members, isOptional: without.length > 0, columns }
  const key = mergeKey(table, findings)
  return {
    ...table,
    key: key.columns,
    isKeyOwn: key.isOwn,
    uniqueKeys: mergeUniqueKeys(table, key.columns, findings),
    foreignKeys: mergeForeignKeys(table, findings),
  }
}

function mergeColumns(members: readonly Member[], label: string, findings: DraftFindings): readonly MergedColumn[] {
  const each = members.flatMap(member =>
    member.relation.columns.map(column => ({ ...member, column, owner: member.source.code, name: column.name })),
  )
  return foldedGroups(each).map(group => {
    const name = group[0]?.column.name ?? ''
    const has = new Set(group.map(item => item.source.code))
    const lackedBy = members.map(member => member.source.code).filter(code => !has.has(code))
    const types: SourceType[] = []
    for (const { source, column } of group) {
      const type = { type: column.type, version: source.catalogue.version }
      if (!types.some(known => isSameTypeText(known.type, type.type) && known.version === type.version)) types.push(type)
    }
    const nullable = group.filter(item => item.column.isNullable).map(item => item.source.code)
    const merged = { name, types, lackedBy }
    tellColumnDrift(merged, { label, nullable, members: group.length }, findings)
    const [first] = group
    return {
      ...merged,
      isNullable: nullable.length > 0 || lackedBy.length > 0,
      generated: group.find(item => item.column.generated === 'no')?.column.generated ?? first?.column.generated ?? 'no',
      collation: first?.column.collation ?? null,
      isDenied: group.some(item => item.relation.denied?.columns.includes(item.column.name) ?? false),
    }
  })
}

function tellColumnDrift(
  { name, types, lackedBy }: Pick<MergedColumn, 'name' | 'types' | 'lackedBy'>,
  { label, nullable, members }: { readonly label: string; readonly nullable: readonly string[]; readonly members: number },
  findings: DraftFindings,
): void {
  const where = { table: label, column: name }
  if (lackedBy.length > 0)
    findings.note('INIT_DRIFT_COLUMN', {
      ...where,
      message: `expected column ${name} of ${label} in every source, got none in ${listed(lackedBy)}`,
      next: 'Nothing: `may_lack` reads it as NULL there, counted.',
    })
  const texts = [...new Set(types.map(({ type }) => type.text))]
  if (texts.length > 1)
    findings.warn('INIT_DRIFT_TYPE', {
      ...where,
      message: `expected one type of ${label}.${name} in every source, got ${listed(texts)}`,
      next: `The target takes a type that holds them all${isOneFamily(types) ? '' : ', if need be text'}: look whether it is the one you want.`,
    })
  if (nullable.length > 0 && nullable.length < members)
    findings.note('INIT_DRIFT_NULL', {
      ...where,
      message: `expected ${label}.${name} to be NULL in all sources or in none, got NULL allowed in ${listed(nullable)}`,
      next: 'Nothing: the target allows NULL.',
    })
}

function isOneFamily(types: readonly SourceType[]): boolean {
  return new Set(types.map(({ type }) => familyOf(type))).size === 1
}

/** A reference declared by half of the members or more is one; what the others hold without a rule may go into quarantine, and that is said. */
function mergeForeignKeys(table: Pick<MergedTable, 'members' | 'label' | 'columns'>, findings: DraftFindings): readonly MergedForeignKey[] {
  const each = table.members.flatMap(({ source, relation }) =>
    relation.foreignKeys.map(key => ({ source, key, identity: identityOf(key) })),
  )
  const groups = [...Map.groupBy(each, item => item.identity).values()]
  return groups.flatMap(group => {
    const key = group[0]?.key
    if (key === undefined) return []
    const codes = new Set(group.map(item => item.source.code))
    const without = table.members.map(member => member.source.code).filter(code => !codes.has(code))
    const parentLabel = tableLabel(key.referencedSchema, key.referencedTable)
    const isKept = codes.size * 2 >= table.members.length
    if (without.length > 0)
      findings.warn('INIT_DRIFT_REFERENCE', {
        table: table.label,
        column: key.columns.join(', '),
        message: `expected the reference to ${parentLabel} in every source, got no foreign key in ${listed(without)}`,
        next: isKept
          ? 'Rows of those sources that refer to nothing go into quarantine (orphan).'
          : 'The plain value is kept; write `{ ref: …, from: … }` for it if it is a reference everywhere.',
      })
    if (!isKept) return []
    return [
      {
        columns: key.columns.map(name => columnNamed(name, table)),
        parent: { schema: key.referencedSchema, name: key.referencedTable },
        referencedColumns: key.referencedColumns,
        onDelete: key.onDelete,
        isUnchecked: group.some(item => !item.key.isValidated),
      },
    ]
  })
}

function identityOf(key: ForeignKey): string {
  const pairs = key.columns.map((column, i) => `${column}\u0000${key.referencedColumns[i] ?? ''}`).sort()
  return `${foldedName({ schema: key.referencedSchema, name: key.referencedTable })}\u0001${pairs.join('\u0001')}`.toLowerCase()
}
