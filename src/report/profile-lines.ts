import type { ProfiledColumn, ProfiledTable, ProfileFinding, ProfileResult } from '../model/profile-result.ts'
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

/** Sources whose columns are shown; the object has those of all. */
export const MOST_SOURCES = 5
/** Sources named for one finding. */
const MOST_NAMED = 5

/** One thing found at one place, in however many sources. */
export interface FindingGroup {
  readonly code: string
  readonly severity: string
  readonly place: string
  /** What was said of the first sources. */
  readonly said: readonly string[]
  readonly next: string
  readonly manifest: string | null
}

/** Findings of the same code, table and column as one, in the order first found: 383 sources with one and the same column are one thing to decide. */
export function findingGroups(findings: readonly ProfileFinding[]): readonly FindingGroup[] {
  const groups = Map.groupBy(findings, ({ code, where, manifest }) =>
    JSON.stringify([code, where.tenant === undefined, where.table?.toLowerCase(), String(where.column ?? '').toLowerCase(), manifest]),
  )
  return [...groups.values()].flatMap(group => {
    const [first] = group
    if (first === undefined) return []
    const named = group
      .slice(0, MOST_NAMED)
      .map(({ where, message }) => (where.tenant === undefined ? message : `${where.tenant}: ${message}`))
    const rest = group.length - named.length
    return [
      {
        code: first.code,
        severity: first.severity,
        place: `${first.where.table ?? ''}${first.where.column === undefined ? '' : `.${first.where.column}`}`,
        said: rest > 0 ? [...named, `and in ${formatCount(rest)} more`] : named,
        next: first.next,
        manifest: first.manifest,
      },
    ]
  })
}

/** Tables of the first sources, and a sentence where there are more. */
export function shownTables({ sources, tables }: ProfileResult): {
  readonly tables: readonly ProfiledTable[]
  readonly rest: string | null
} {
  const shown = new Set(sources.slice(0, MOST_SOURCES).map(({ tenant }) => tenant))
  const more = sources.length - shown.size
  return {
    tables: tables.filter(({ tenant }) => shown.has(tenant)),
    rest: more > 0 ? `Columns of the first ${MOST_SOURCES} sources; those of ${formatCount(more)} more are in profile.json.` : null,
  }
}
