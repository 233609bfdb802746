import { type NamePart, nameLabel, splitName, tableLabel } from '../base/table-label.ts'
import type { Relation } from '../model/catalogue.ts'
import type { Finding } from '../model/finding.ts'
import type { Exclusion, Mapping } from '../model/mapping.ts'

export interface CoverageInput {
  readonly mapping: Mapping
  readonly source: string
  /** Null: a shared source. */
  readonly tenant: string | null
  readonly relations: readonly Relation[]
  /** Columns used, by `schema.table`. A relation any entity reads has an entry. */
  readonly used: ReadonlyMap<string, ReadonlySet<string>>
}

/** Every table and column of a source is used, or excluded with a reason; what is neither is a finding (guarantee 2). */
export function findUncovered({ mapping, source, tenant, relations, used }: CoverageInput): readonly Finding[] {
  const names = namesWith(mapping, source)
  const severity = mapping.defaults.unmapped === 'warn' ? 'warning' : 'error'
  const where = { file: mapping.file, ...(tenant === null ? {} : { tenant }) }
  const findings: Finding[] = []
  for (const relation of relations) {
    // A view of the mapping holds nothing of its own, and stands for none of the tables it reads.
    if (relation.query !== undefined || relation.many !== undefined) continue
    const table = tableLabel(relation.schema, relation.name)
    const columns = used.get(table)
    if (isExcluded(mapping.exclude.tables, names(table))) continue
    if (columns === undefined) {
      findings.push({
        code: 'MAPPING_NOT_COVERED',
        severity,
        where: { ...where, table },
        message: `expected table ${table} of source ${source} to be used or excluded, got neither`,
        next: `Map it, or add under exclude.tables: ${quoted(names(table)[0] ?? table)}: { reason: … }`,
      })
      continue
    }
    for (const column of relation.columns) {
      if (columns.has(column.name) || isExcludedColumn(mapping, { source, table, column: column.name })) continue
      findings.push({
        code: 'MAPPING_NOT_COVERED',
        severity,
        where: { ...where, table, column: column.name },
        message: `expected column ${table}.${nameLabel(column.name)} of source ${source} to be used or excluded, got neither`,
        next: `Map it, or add under exclude.columns: ${quoted(`${names(table)[0] ?? table}.${column.name}`)}: { reason: … }`,
      })
    }
  }
  return findings
}

/** Whether `exclude.columns` names a column. `table`: its label. */
export function isExcludedColumn(
  mapping: Mapping,
  { source, table, column }: { readonly source: string; readonly table: string; readonly column: string },
): boolean {
  return isExcluded(mapping.exclude.columns, namesWith(mapping, source)(`${table}.${nameLabel(column)}`))
}

/** Whether `exclude.tables` names a table. `table`: its label. */
export function isExcludedTable(mapping: Mapping, { source, table }: { readonly source: string; readonly table: string }): boolean {
  return isExcluded(mapping.exclude.tables, namesWith(mapping, source)(table))
}

/** Whether a pattern of the manifest means a table. */
export function matchesTable(
  mapping: Mapping,
  pattern: string,
  { source, table }: { readonly source: string; readonly table: string },
): boolean {
  return namesWith(mapping, source)(table).some(label => matches(pattern, label))
}

/** What the manifest says of a table it leaves out, or of a column; null: nothing. */
export function exclusionOf(
  mapping: Mapping,
  { source, table, column }: { readonly source: string; readonly table: string; readonly column: string | null },
): Exclusion | null {
  const { tables, columns } = mapping.exclude
  const labels = namesWith(mapping, source)(column === null ? table : `${table}.${nameLabel(column)}`)
  return (column === null ? tables : columns).find(item => labels.some(label => matches(item.pattern, label))) ?? null
}

function isExcluded(list: readonly Exclusion[], labels: readonly string[]): boolean {
  return list.some(item => labels.some(label => matches(item.pattern, label)))
}

/** How the manifest may call what a source has: of the first source also without its name. */
function namesWith(mapping: Mapping, source: string): (text: string) => readonly string[] {
  const isDefault = mapping.sources[0]?.name === source
  return text => (isDefault ? [text, `${source}/${text}`] : [`${source}/${text}`])
}

/**
 * Whether a pattern of the manifest means a table or column, given by its label (base/table-label.ts), with the source in front if the pattern has one.
 * `*` stands for any characters; `*.Column` is that column of any table. Upper and lower case are one; a part in quotes is meant to the letter.
 */
export function matches(pattern: string, label: string): boolean {
  const wanted = splitName(pattern)
  const given = splitName(label)
  if (wanted.source !== given.source) return false
  const [first, last] = wanted.parts
  const isAnywhere = wanted.parts.length === 2 && first !== undefined && !first.isQuoted && first.text === '*'
  if (isAnywhere && last !== undefined) return matchesPart(last, given.parts.at(-1)?.text ?? '')
  return wanted.parts.length === given.parts.length && wanted.parts.every((part, i) => matchesPart(part, given.parts[i]?.text ?? ''))
}

function matchesPart({ text, isQuoted }: NamePart, name: string): boolean {
  if (isQuoted) return text === name
  const expression = text
    .split('*')
    .map(piece => piece.replace(/[.+?^${}()|[\]\\/]/g, '\\$&'))
    .join('.*')
  return new RegExp(`^${expression}$`, 'isu').test(name)
}

function quoted(text: string): string {
  return /^[\w./]+$/.test(text) ? text : JSON.stringify(text)
}
