import type { WitnessLine } from '../model/results.ts'
import type { Differences } from './differences.ts'

/** Sums that differ are differences, unless the source is known to have moved on since the rows were read. Call it once the rows have been compared. */
export function tellWitness(lines: readonly WitnessLine[], differences: Differences): void {
  const different = lines.filter(line => line.state === 'different')
  for (const line of different) {
    const { entity, tenant, table, column, measure, source, target } = line
    if (measure === 'row_sum' && different.some(other => saysMore(other, line))) continue
    if (differences.reasons.some(r => r.code === 'source_moved_on' && r.entity === entity && r.tenant === tenant)) continue
    const told = { expected: `${measure} ${source}`, actual: `${measure} ${target}`, kind: 'witness' as const }
    differences.add({ entity, tenant, key: [], id: null, table, column: column === '' ? null : column, ...told })
  }
}

/** A sum of rows says nothing new where rows came or went, or where a sum of the column, or of any column where it names none, differs as well. */
function saysMore(other: WitnessLine, { entity, tenant, table, column }: WitnessLine): boolean {
  if (other.entity !== entity || other.tenant !== tenant || other.table !== table) return false
  if (other.measure === 'rows') return true
  return column === '' ? other.column !== '' : other.column === column && other.measure !== 'row_sum'
}
