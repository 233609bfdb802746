import type { ProfileResult } from '../model/profile-result.ts'
import {
  COLUMN_TITLES,
  codeCounts,
  columnCells,
  type FindingGroup,
  findingGroups,
  manifestLines,
  RIGHT,
  shownTables,
  tableTitle,
} from './profile-lines.ts'
import { formatCount } from './quantities.ts'
import { printable } from './text-width.ts'

/** profile.md. Names and shapes of the source are escaped: none of them is markup. */
export function profileMarkdown(result: ProfileResult): string {
  const { sources, references, findings } = result
  const shown = shownTables(result)
  return `${[
    '# Profile',
    '',
    'Made by `rehouse profile`. No value of a column that may be about a person is shown. `~` before a number: about, standard error 1.6 %.',
    '',
    ...table(
      ['source', 'address', 'tables', 'rows', 'seconds'],
      sources.map(source => [source.tenant, source.label, formatCount(source.tables), formatCount(source.rows), source.seconds.toFixed(1)]),
    ),
    '',
    '## Findings',
    '',
    ...table(['code', 'severity', 'times'], codeCounts(findings)),
    '',
    ...findingGroups(findings).flatMap(findingLines),
    '## Manifest lines',
    '',
    'For the manifest that `rehouse init` drafts of these sources. What they hold replaces, or is added to, what stands there; choose.',
    '',
    ...manifestLines(findings).flatMap(text => ['```yaml', text, '```', '']),
    '## References',
    '',
    ...table(
      ['source', 'reference', 'leads to', 'declared', 'values', 'orphans', 'score'],
      references.map(reference => [
        reference.tenant,
        `${reference.table} (${reference.columns.join(', ')})`,
        `${reference.parent} (${reference.parent_columns.join(', ')})`,
        reference.declared ? 'yes' : 'no',
        reference.checked === null ? 'not counted' : formatCount(reference.checked),
        formatCount(reference.orphans),
        reference.score === null ? '' : String(reference.score),
      ]),
    ),
    '',
    '## Columns',
    '',
    ...(shown.rest === null ? [] : [shown.rest, '']),
    ...shown.tables.flatMap(profiled => [
      `### ${escaped(tableTitle(profiled))}`,
      '',
      ...table(
        COLUMN_TITLES,
        profiled.columns.map(column => columnCells(column, profiled.rows)),
      ),
      '',
    ]),
  ].join('\n')}\n`
}

function findingLines({ code, severity, place, said, next }: FindingGroup): readonly string[] {
  const [only] = said
  if (said.length === 1) return [`- **${code}** (${severity}) ${escaped(place)}. ${escaped(only ?? '')}. ${escaped(next)}`, '']
  return [`- **${code}** (${severity}) ${escaped(place)}. ${escaped(next)}`, ...said.map(text => `  - ${escaped(text)}`), '']
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return ['None.']
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`
  return [line(titles), `|${titles.map(title => (RIGHT.has(title) || NUMBERS.has(title) ? '---:' : '---')).join('|')}|`, ...rows.map(line)]
}

const NUMBERS = new Set(['tables', 'rows', 'seconds', 'times', 'values', 'orphans', 'score'])

function escaped(text: string): string {
  return printable(text).replace(/[\\`*_<>|[\]#&~]/g, sign => `\\${sign}`)
}
