import type { ProfileResult } from '../model/profile-result.ts'
import {
  COLUMN_TITLES,
  codeCounts,
  columnCells,
  type FindingGroup,
  findingGroups,
  RIGHT,
  shownTables,
  tableTitle,
} from './profile-lines.ts'
import { formatCount, formatSeconds } from './quantities.ts'
import { printable } from './text-width.ts'

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid var(--soft); }
th { font-weight: 600; } .right { text-align: right; }
td, code, pre { overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .5rem .7rem; margin: .3rem 0; white-space: pre-wrap; font-size: .85rem; }
details { margin: .4rem 0; } summary { cursor: pointer; }
.error { color: #b3261e; } .warning { color: #9a5b00; } .info { color: #55606e; }
@media (prefers-color-scheme: dark) { .error { color: #ff8a80; } .warning { color: #ffb74d; } .info { color: #aab4c0; } }
@media print { body { margin: 0; max-width: none; font-size: 9.5pt; } details > * { display: block; } h2 { break-after: avoid; } tr, pre { break-inside: avoid; } .wide { overflow: visible; } thead { display: table-header-group; } }
`

/** profile.html: one file without anything from elsewhere, light and dark, for the screen and for paper. */
export function profileHtml(result: ProfileResult): string {
  const { sources, references, findings, seconds } = result
  const shown = shownTables(result)
  const rows = sources.reduce((sum, source) => sum + source.rows, 0)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Profile</title><style>${STYLE}</style></head><body>
<h1>Profile</h1>
<p>${sources.length} source${sources.length === 1 ? '' : 's'}, ${formatCount(rows)} rows read in ${formatSeconds(seconds)}. No value of a column that may be about a person is shown. ~ before a number: about, standard error 1.6&nbsp;%.</p>
${table(
  ['source', 'address', 'tables', 'rows'],
  sources.map(source => [source.tenant, source.label, formatCount(source.tables), formatCount(source.rows)]),
)}
<h2>What was found</h2>
${table(['code', 'severity', 'times'], codeCounts(findings))}
<h2>Findings</h2>
${findingGroups(findings).map(findingHtml).join('\n')}
<h2>References</h2>
${table(
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
)}
<h2>Columns</h2>
${shown.rest === null ? '' : `<p>${escaped(shown.rest)}</p>`}
${shown.tables
  .map(
    profiled =>
      `<details open><summary>${escaped(tableTitle(profiled))}</summary>${table(
        COLUMN_TITLES,
        profiled.columns.map(column => columnCells(column, profiled.rows)),
      )}</details>`,
  )
  .join('\n')}
</body></html>
`
}

function findingHtml({ code, severity, place, said, next, manifest }: FindingGroup): string {
  const lines = manifest === null ? '' : `<pre>${escaped(manifest, 'lines')}</pre>`
  const list = said.length === 1 ? '' : `<ul>${said.map(text => `<li>${escaped(text)}</li>`).join('')}</ul>`
  const one = said.length === 1 ? `: ${escaped(said[0] ?? '')}` : ''
  return `<details open><summary><span class="${severity}">${code}</span> ${escaped(place)}${one}</summary>${list}${escaped(next)}${lines}</details>`
}

const NUMBERS = new Set(['tables', 'rows', 'times', 'values', 'orphans', 'score'])

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '<p>None.</p>'
  const align = (i: number): string => (RIGHT.has(titles[i] ?? '') || NUMBERS.has(titles[i] ?? '') ? ' class="right"' : '')
  const head = titles.map((title, i) => `<th${align(i)}>${escaped(title)}</th>`).join('')
  const body = rows.map(row => `<tr>${row.map((cell, i) => `<td${align(i)}>${escaped(cell)}</td>`).join('')}</tr>`).join('\n')
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`
}

const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** `lines`: line breaks stay. */
function escaped(text: string, form: 'one line' | 'lines' = 'one line'): string {
  const plain = form === 'lines' ? text.split('\n').map(printable).join('\n') : printable(text)
  return plain.replace(/[&<>"']/g, sign => MARKUP[sign] ?? sign)
}
