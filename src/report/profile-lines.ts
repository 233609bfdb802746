import type { ProfiledColumn, ProfiledTable, ProfileFinding } from '../model/profile-result.ts'
import { formatCount } from './quantities.ts'

/** What the text, Markdown and HTML of a profile have in common. */

export const COLUMN_TITLES = [
  'column',
  'type',
  'looks like',
  'NULL',
  'blank',
  'distinct',
  'smallest',
  'largest',
  'length',
  'shapes',
  'personal',
] as const
/** Which of them are numbers. */
export const RIGHT: ReadonlySet<string> = new Set(['NULL', 'blank', 'distinct', 'length'])

const SHAPES = 2

export function columnCells(column: ProfiledColumn, rows: number): readonly string[] {
  const about = column.distinct_is === 'about' ? '~' : ''
  const isOneLength = column.shortest === column.longest
  const length = column.longest === null ? '' : isOneLength ? `${column.longest}` : `${column.shortest}–${column.longest}`
  return [
    column.column,
    column.type,
    column.looks ?? '',
    share(column.nulls, rows),
    share(column.blanks, rows),
    `${about}${formatCount(column.distinct)}`,
    column.min ?? '',
    column.max ?? '',
    length,
    column.shapes
      .slice(0, SHAPES)
      .map(({ shape }) => shape)
      .join('  '),
    column.credential ? 'credential' : (column.personal ?? ''),
  ]
}

/** Whole percents; never 0 where there is one, never 100 where one is missing. */
export function share(count: number, rows: number): string {
  if (count === 0 || rows === 0) return ''
  if (count === rows) return '100 %'
  const percent = (count * 100) / rows
  if (percent < 1) return '< 1 %'
  return `${Math.min(99, Math.round(percent))} %`
}

export function tableTitle({ tenant, table, rows, whole, key }: ProfiledTable): string {
  const read = whole ? `${formatCount(rows)} rows` : `the first ${formatCount(rows)} rows`
  return `${tenant}: ${table}, ${read}, ${key.length === 0 ? 'no primary key' : `key ${key.join(', ')}`}`
}

export function placeOf({ where }: ProfileFinding): string {
  const column = where.column === undefined ? '' : `.${where.column}`
  return [where.tenant === undefined ? 'all sources' : where.tenant, where.table === undefined ? '' : `${where.table}${column}`]
    .filter(part => part !== '')
    .join(': ')
}

/** Manifest lines, each once: several sources ask for the same. */
export function manifestLines(findings: readonly ProfileFinding[]): readonly string[] {
  return [...new Set(findings.flatMap(({ manifest }) => (manifest === null ? [] : [manifest])))]
}

/** Codes with how often each was found, the most grave first. */
export function codeCounts(findings: readonly ProfileFinding[]): readonly (readonly [string, string, string])[] {
  return [...Map.groupBy(findings, finding => finding.code)].map(([code, list]) => [
    code,
    list[0]?.severity ?? 'info',
    formatCount(list.length),
  ])
}
