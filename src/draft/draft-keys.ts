import { baseOf, familyOf } from '../cast/sql-family.ts'
import type { SqlType } from '../model/sql-type.ts'
import { type ChosenTable, keepsValues } from './choose-columns.ts'
import type { DraftColumn, DraftUnique } from './draft.ts'
import type { DraftedColumns } from './draft-columns.ts'
import type { DraftFindings } from './draft-finding.ts'
import { findNamed } from './folded-groups.ts'
import type { MergedExtras } from './merged-extras.ts'
import { translateCheck } from './translate-check.ts'

export interface DraftedKeys {
  readonly uniqueKeys: readonly DraftUnique[]
  readonly indexes: readonly (readonly string[])[]
  readonly checks: readonly string[]
}

export interface KeySetting {
  readonly drafted: DraftedColumns
  readonly extras: MergedExtras
  readonly findings: DraftFindings
}

/** Unique keys, indexes and checks in the target's columns. What does not carry over is said. */
export function draftKeys(chosen: ChosenTable, setting: KeySetting): DraftedKeys {
  const uniqueKeys = [...keyUnique(chosen, setting), ...otherUniques(chosen, setting)]
  return { uniqueKeys, indexes: draftIndexes(chosen, uniqueKeys, setting), checks: draftChecks(chosen, setting) }
}

/** The target column that has the value of a source column, or refers by it. */
function columnFor(source: string, { drafted }: KeySetting): DraftColumn | null {
  return drafted.plain.get(source) ?? drafted.references.get(source) ?? null
}

function asColumns(sources: readonly string[], chosen: ChosenTable, setting: KeySetting): readonly string[] | null {
  const columns = sources.map(source => {
    const column = columnFor(source, setting)
    const origin = chosen.columns.find(candidate => candidate.source.name === source)
    if (column === null || origin === undefined) return null
    return column.value.kind === 'reference' || (keepsValues(origin) && canBeIndexed(column)) ? column.name : null
  })
  return columns.some(name => name === null) ? null : columns.map(name => name ?? '')
}

const INDEXED = new Set(
  'bool int oid float numeric text bpchar char enum bytea bits date time timetz timestamp timestamptz interval uuid inet macaddr macaddr8'.split(
    ' ',
  ),
)

function canBeIndexed({ type }: DraftColumn): boolean {
  return INDEXED.has(familyOf(baseOf(type)))
}

function keyUnique(chosen: ChosenTable, setting: KeySetting): readonly DraftUnique[] {
  if (chosen.key === null) return []
  const columns = asColumns(chosen.key, chosen, setting)
  return columns === null ? [] : [{ columns, nullsNotDistinct: false }]
}

function otherUniques(chosen: ChosenTable, setting: KeySetting): readonly DraftUnique[] {
  return chosen.table.uniqueKeys.flatMap(key => {
    const columns = asColumns(key.columns, chosen, setting)
    if (columns !== null) return [{ columns, nullsNotDistinct: key.nullsNotDistinct && countsNulls(columns, setting) }]
    setting.findings.note('INIT_INDEX', {
      table: chosen.table.label,
      column: key.columns.join(', '),
      message: 'expected a unique key over columns that are carried as they are, got another: the target has none',
      next: 'Add it to target.sql if it holds there.',
    })
    return []
  })
}

/** Whether NULL could come twice; a reference that is NULL for a moment must not count. */
function countsNulls(columns: readonly string[], { drafted }: KeySetting): boolean {
  const found = drafted.columns.filter(column => columns.includes(column.name))
  return found.some(column => column.isNullable) && !found.some(({ value }) => value.kind === 'reference' && value.isCircular)
}

/** On every reference, and on what the source indexed; the tenant comes first, as every query has it. */
function draftIndexes(chosen: ChosenTable, uniques: readonly DraftUnique[], setting: KeySetting): readonly (readonly string[])[] {
  const wanted: (readonly string[])[] = setting.drafted.columns
    .filter(column => column.value.kind === 'reference')
    .map(column => [column.name])
  for (const index of setting.extras.indexes) {
    const columns =
      index.filter === null && !index.isUnique && index.columns.length > 0
        ? asColumns(namesIn(index.columns, chosen), chosen, setting)
        : null
    if (columns !== null) wanted.push(columns)
    else
      setting.findings.note('INIT_INDEX', {
        table: chosen.table.label,
        column: index.name,
        message: `expected an index over plain columns, got ${index.isUnique ? 'a unique one' : 'one'} over ${index.filter === null ? 'something else' : 'a part of the rows'}: it is not carried`,
        next: 'Add it to target.sql if queries need it.',
      })
  }
  const kept: (readonly string[])[] = []
  for (const columns of wanted) {
    const isCovered = (other: readonly string[]): boolean => columns.every((name, i) => other[i] === name)
    if (!uniques.some(unique => isCovered(unique.columns)) && !kept.some(isCovered)) kept.push(columns)
  }
  return kept
}

function namesIn(columns: readonly string[], { columns: known }: ChosenTable): readonly string[] {
  return columns.map(name => findNamed(known, name, column => column.source.name)?.source.name ?? name)
}

function draftChecks(chosen: ChosenTable, setting: KeySetting): readonly string[] {
  const find = (name: string): DraftColumn | null => {
    const origin = findNamed(chosen.columns, name, ({ source }) => source.name)
    const column = origin === null ? null : (setting.drafted.plain.get(origin.source.name) ?? null)
    const isSame = (type: SqlType, other: SqlType): boolean => familyOf(baseOf(type)) === familyOf(baseOf(other))
    const isAsItWas = origin?.source.types.every(({ type }) => isSame(type, origin.target.type))
    return isAsItWas && column?.value.kind === 'column' && !column.value.losesDigits ? column : null
  }
  return setting.extras.checks.flatMap(check => {
    const sql = check.isShared ? translateCheck(check.expression, check.dialect, find) : null
    if (sql !== null) return [sql]
    setting.findings.note('INIT_CHECK', {
      table: chosen.table.label,
      message: check.isShared
        ? 'expected a check that means the same in the target, got one that was not translated: it is not carried'
        : 'expected the same check in every source, got one that some do not have: it is not carried',
      next: 'Add it to target.sql; rows that break it then go into quarantine (check_violation).',
    })
    return []
  })
}
