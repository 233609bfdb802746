import { tableLabel } from '../base/table-label.ts'
import type { Catalogue } from '../model/catalogue.ts'
import type { Finding } from '../model/finding.ts'
import type { Mapping } from '../model/mapping.ts'
import { matches } from '../plan/coverage.ts'
import type { Source } from '../source/source.ts'

/** How many rows the tables hold that the mapping leaves out and wants counted (`rows: count`). */
export async function countExcluded(
  source: Source,
  of: { readonly name: string; readonly tenant: string | null; readonly catalogue: Catalogue; readonly mapping: Mapping },
): Promise<readonly Finding[]> {
  const { name, tenant, catalogue, mapping } = of
  const counted = mapping.exclude.tables.filter(item => item.rows === 'count')
  const findings: Finding[] = []
  if (counted.length === 0) return findings
  const isDefault = mapping.sources[0]?.name === name
  const snapshot = await source.openSnapshot()
  for (const relation of catalogue.relations) {
    const table = tableLabel(relation.schema, relation.name)
    const item = counted.find(({ pattern }) => matches(pattern, `${name}/${table}`) || (isDefault && matches(pattern, table)))
    if (item === undefined) continue
    const rows = await snapshot.count(relation)
    findings.push({
      code: 'ROWS_EXCLUDED',
      severity: 'info',
      where: { ...item.at, table, ...(tenant === null ? {} : { tenant }) },
      message: `expected to leave out table ${table} of source ${name} (${item.reason}), got ${rows} rows in it`,
      next: 'Nothing: the manifest says so.',
    })
  }
  await snapshot.close()
  return findings
}
