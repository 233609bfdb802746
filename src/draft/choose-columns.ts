import { familyOf } from '../cast/sql-family.ts'
import { credentialColumn, credentialTable } from './credentials.ts'
import type { Excluded } from './draft.ts'
import type { DraftFindings } from './draft-finding.ts'
import { columnLabel, relationLabel } from './manifest-labels.ts'
import type { MergedColumn, MergedTable } from './merged-table.ts'
import { commonType, type TargetType } from './target-type.ts'

/** A column that is carried, with the type it gets. */
export interface ChosenColumn {
  readonly source: MergedColumn
  readonly target: TargetType
}

/** A table that is carried, with what of it is. */
export interface ChosenTable {
  readonly table: MergedTable
  readonly columns: readonly ChosenColumn[]
  readonly excluded: readonly Excluded[]
  /** Null: rows are told apart by content. */
  readonly key: readonly string[] | null
}

/** Null, with the reason: the table is left out. */
export function chooseTable(table: MergedTable, findings: DraftFindings): ChosenTable | Excluded {
  const { label } = table
  const out = (reason: string): Excluded => ({ label: relationLabel(table), reason })
  const secret = credentialTable(table.name)
  if (secret !== null) {
    findings.warn('INIT_CREDENTIALS', {
      table: label,
      message: 'expected nothing that lets somebody in, got a table that looks like one of credentials: it is excluded',
      next: 'If it is none, take it out of `exclude.tables` and map it.',
    })
    return out(secret)
  }
  const columns: ChosenColumn[] = []
  const excluded: Excluded[] = []
  for (const column of table.columns) {
    const chosen = chooseColumn(table, column, findings)
    if ('target' in chosen) columns.push(chosen)
    else excluded.push(chosen)
  }
  if (columns.length === 0) return out(table.columns.length === 0 ? 'has no columns' : 'none of its columns is carried')
  return { table, columns, excluded, key: usableKey(table, columns, findings) }
}

function chooseColumn(table: MergedTable, column: MergedColumn, findings: DraftFindings): ChosenColumn | Excluded {
  const where = { table: table.label, column: column.name }
  const out = (reason: string): Excluded => ({ label: columnLabel(table, column.name), reason })
  if (column.generated === 'stored' || column.generated === 'virtual') {
    findings.note('INIT_COMPUTED', {
      ...where,
      message: 'expected columns that hold data, got one the source computes: it is not carried',
      next: 'If the target needs it, add a generated column to target.sql.',
    })
    return out('computed by the source from other columns')
  }
  if (column.isDenied) {
    findings.warn('INIT_UNREADABLE', {
      ...where,
      message: 'expected a login that may read every column, got one that may not read this: it is excluded',
      next: 'Give the login the right and run init again, or leave it out.',
    })
    return out('the login that wrote this draft may not read it')
  }
  const secret = credentialColumn(table.name, column.name)
  if (secret !== null) {
    findings.warn('INIT_CREDENTIALS', {
      ...where,
      message: 'expected nothing that lets somebody in, got a column that looks like a credential: it is excluded',
      next: 'If it is none, take it out of `exclude.columns` and map it.',
    })
    return out(secret)
  }
  const target = commonType(column.types)
  if (target === null) {
    findings.warn('INIT_COLUMN', {
      ...where,
      message: `expected a type with a counterpart in the target, got ${column.types.map(({ type }) => type.text).join(', ')}: the column is excluded`,
      next: 'Carry it over by other means, or change its type in the source.',
    })
    return out(`no type of the target takes ${column.types.map(({ type }) => type.text).join(', ')}`)
  }
  if (target.remark !== null)
    findings.note('INIT_TYPE', {
      ...where,
      message: `expected types to stay as they are, got a change: ${target.remark}`,
      next: 'Nothing, if that is meant; else change target.sql.',
    })
  return { source: column, target }
}

/** Keys in columns that stay behind would put what they hold into the id map. */
function usableKey(table: MergedTable, columns: readonly ChosenColumn[], findings: DraftFindings): readonly string[] | null {
  const { key, label } = table
  if (key === null) return null
  const lost = key.filter(name => !columns.some(column => column.source.name === name))
  if (lost.length === 0) return key
  findings.note('INIT_KEY', {
    table: label,
    message: `expected a key of ${label} in columns that are carried, got ${lost.join(', ')}, which is not`,
    next: 'Nothing: `key: { content: true }` tells its rows apart by their content.',
  })
  return null
}

/** Whether equal values stay equal and different ones different: a key over the column means the same in the target. */
export function keepsValues({ target, source }: ChosenColumn): boolean {
  return !target.losesDigits && source.types.every(({ type }) => familyOf(type) !== 'money')
}
