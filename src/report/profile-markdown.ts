import type { ProfileFinding, ProfileResult } from '../model/profile-result.ts'
import { COLUMN_TITLES, codeCounts, columnCells, manifestLines, placeOf, RIGHT, tableTitle } from './profile-lines.ts'
import { formatCount } from './quantities.ts'
import { printable } from './text-width.ts'

/** profile.md. Names and shapes of the source are escaped: none of them is markup. */
export function profileMarkdown(result: ProfileResult): string {
  const { sources, tables, references, findings } = result
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
    ...findings.flatMap(finding => findingLines(finding)),
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
    ...tables.flatMap(profiled => [
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

function findingLines(finding: ProfileFinding): readonly string[] {
  return [
    `- **${finding.code}** (${finding.severity}) ${escaped(placeOf(finding))}: ${escaped(finding.message)}. ${escaped(finding.next)}`,
    '',
  ]
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
