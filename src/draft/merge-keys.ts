import { integerKey } from '../cast/key-text.ts'
import type { Relation } from '../model/catalogue.ts'
import { type DraftFindings, listed } from './draft-finding.ts'
import { findNamed } from './folded-groups.ts'
import type { MergedTable } from './merged-table.ts'

type Unkeyed = Pick<MergedTable, 'members' | 'label' | 'columns'>

/** The columns that tell a table's rows apart in every source. Null: nothing does, so that content must. */
export function mergeKey(table: Unkeyed, findings: DraftFindings): { readonly columns: readonly string[] | null; readonly isOwn: boolean } {
  const keys = table.members.map(({ source, relation }) => ({
    code: source.code,
    columns: keyOf(relation),
    isOwn: relation.primaryKey !== null,
  }))
  const counts = new Map<string, number>()
  for (const { columns } of keys) if (columns !== null) counts.set(folded(columns), (counts.get(folded(columns)) ?? 0) + 1)
  const best = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0]
  if (best === undefined) {
    findings.note('INIT_KEY', {
      table: table.label,
      message: `expected a key of ${table.label}, got none that is unique and never NULL`,
      next: 'Nothing: `key: { content: true }` tells its rows apart by their content; a row that changes counts as another. Name a `key` if columns tell them apart.',
    })
    return { columns: null, isOwn: false }
  }
  const chosen = keys.find(({ columns }) => columns !== null && folded(columns) === best)?.columns ?? []
  const names = chosen.map(name => columnNamed(name, table))
  const others = keys.filter(({ columns }) => columns === null || folded(columns) !== best)
  if (others.length === 0) {
    const isOwn = keys.every(key => key.isOwn)
    if (!isOwn)
      findings.note('INIT_KEY', {
        table: table.label,
        message: `expected a primary key of ${table.label}, got none; (${names.join(', ')}) is unique and never NULL`,
        next: 'Nothing, if these columns never change; otherwise name other ones under `key`.',
      })
    return { columns: names, isOwn }
  }
  const lacking = table.columns.filter(column => names.includes(column.name) && column.lackedBy.length > 0)
  const isKept = lacking.length === 0 && (counts.get(best) ?? 0) * 2 >= keys.length
  findings.warn('INIT_DRIFT_KEY', {
    table: table.label,
    message: `expected one key of ${table.label} in every source, got (${names.join(', ')}) in most and another or none in ${listed(others.map(({ code }) => code))}`,
    next: isKept
      ? `Rows of those sources without a value in (${names.join(', ')}), and all but the first with the same one, go into quarantine (null_key, duplicate_key).`
      : '`key: { content: true }` tells its rows apart by their content, and references to it keep the plain value. Name a `key` if columns tell them apart everywhere.',
  })
  return isKept ? { columns: names, isOwn: false } : { columns: null, isOwn: false }
}

/** The primary key, else the best unique key that is never NULL. */
function keyOf(relation: Relation): readonly string[] | null {
  if (relation.primaryKey !== null && relation.primaryKey.length > 0) return relation.primaryKey
  const column = (name: string): Relation['columns'][number] | undefined => relation.columns.find(c => c.name === name)
  const fit = relation.uniqueKeys.filter(
    key => !key.isPartialOrExpression && key.columns.length > 0 && key.columns.every(name => column(name)?.isNullable === false),
  )
  const weight = (columns: readonly string[]): number => {
    const type = columns.length === 1 ? column(columns[0] ?? '')?.type : undefined
    return columns.length * 2 - (type !== undefined && integerKey(type) !== null ? 1 : 0)
  }
  return [...fit].sort((a, b) => weight(a.columns) - weight(b.columns))[0]?.columns ?? null
}

/** Unique keys beside the key that every source has: one that only some have would refuse rows of the others. */
export function mergeUniqueKeys(table: Unkeyed, key: readonly string[] | null, findings: DraftFindings): MergedTable['uniqueKeys'] {
  const each = table.members.flatMap(({ source, relation }) =>
    relation.uniqueKeys
      .filter(unique => !unique.isPartialOrExpression && unique.columns.length > 0)
      .map(unique => ({ code: source.code, unique, set: asSet(unique.columns) })),
  )
  const known = new Set(key === null ? [] : [asSet(key)])
  const out: MergedTable['uniqueKeys'][number][] = []
  for (const [set, group] of Map.groupBy(each, item => item.set)) {
    const first = group[0]?.unique
    if (known.has(set) || first === undefined) continue
    const columns = first.columns.map(name => columnNamed(name, table))
    const codes = new Set(group.map(item => item.code))
    const without = table.members.map(member => member.source.code).filter(code => !codes.has(code))
    if (without.length === 0) out.push({ columns, nullsNotDistinct: group.every(item => item.unique.nullsNotDistinct) })
    else
      findings.note('INIT_DRIFT_KEY', {
        table: table.label,
        message: `expected (${columns.join(', ')}) of ${table.label} to be unique in every source, got no such key in ${listed(without)}`,
        next: 'Nothing: the target does not make it unique. Add the key to target.sql if those sources keep it anyway.',
      })
  }
  return out
}

/** The column as the merged table names it: to the letter, else whatever the case. */
export function columnNamed(name: string, table: Pick<MergedTable, 'columns'>): string {
  return findNamed(table.columns, name, column => column.name)?.name ?? name
}

function folded(columns: readonly string[]): string {
  return columns.join('\u0000').toLowerCase()
}

function asSet(columns: readonly string[]): string {
  return columns
    .map(name => name.toLowerCase())
    .sort()
    .join('\u0000')
}
