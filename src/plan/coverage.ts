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
  const isDefault = mapping.sources[0]?.name === source
  const name = (text: string): string[] => (isDefault ? [text, `${source}/${text}`] : [`${source}/${text}`])
  const isExcluded = (list: readonly Exclusion[], text: string): boolean =>
    list.some(item => name(text).some(full => matches(item.pattern, full)))
  const severity = mapping.defaults.unmapped === 'warn' ? 'warning' : 'error'
  const where = { file: mapping.file, ...(tenant === null ? {} : { tenant }) }
  const findings: Finding[] = []
  for (const relation of relations) {
    const table = `${relation.schema}.${relation.name}`
    const columns = used.get(table)
    if (isExcluded(mapping.exclude.tables, table)) continue
    if (columns === undefined) {
      findings.push({
        code: 'MAPPING_NOT_COVERED',
        severity,
        where: { ...where, table },
        message: `expected table ${table} of source ${source} to be used or excluded, got neither`,
        next: `Map it, or add under exclude.tables: ${quoted(name(table)[0] ?? table)}: { reason: … }`,
      })
      continue
    }
    for (const column of relation.columns) {
      if (columns.has(column.name) || isExcluded(mapping.exclude.columns, `${table}.${column.name}`)) continue
      findings.push({
        code: 'MAPPING_NOT_COVERED',
        severity,
        where: { ...where, table, column: column.name },
        message: `expected column ${table}.${column.name} of source ${source} to be used or excluded, got neither`,
        next: `Map it, or add under exclude.columns: ${quoted(`${name(table)[0] ?? table}.${column.name}`)}: { reason: … }`,
      })
    }
  }
  return findings
}

/** `*` stands for any characters but a dot; `*.Column` is that column of any table. */
export function matches(written: string, name: string): boolean {
  // A part in quotes stands for what is between them.
  const pattern = written.replace(/"([^"]+)"/g, '$1')
  const anyTable = pattern.startsWith('*.') && pattern.split('.').length === 2
  const source = pattern
    .split('*')
    .map(part => part.replace(/[.+?^${}()|[\]\\/]/g, '\\$&'))
    .join('[^.]*')
  const expression = anyTable ? `^.*${source.slice('[^.]*'.length)}$` : `^${source}$`
  return new RegExp(expression, 'iu').test(name)
}

function quoted(text: string): string {
  return /^[\w./]+$/.test(text) ? text : JSON.stringify(text)
}
