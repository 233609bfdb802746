import type { Finding } from '../model/finding.ts'
import type { Page, Tone } from './paint.ts'
import { formatCounted } from './quantities.ts'
import { printable } from './text-width.ts'
import { whereText } from './where-text.ts'
import { wrapText } from './wrap.ts'

/** Gravest first. */
const SEVERITIES = [
  { severity: 'error', tone: 'bad', title: 'error' },
  { severity: 'warning', tone: 'warn', title: 'warning' },
  { severity: 'info', tone: 'dim', title: 'note' },
] as const satisfies readonly { readonly severity: Finding['severity']; readonly tone: Tone; readonly title: string }[]

/** Grouped by severity, within it in the order found; equal code, message and next are said once with all their places. Nothing for no findings. */
export function renderFindings(findings: readonly Finding[], page: Page): readonly string[] {
  return SEVERITIES.flatMap(({ severity, tone, title }) => {
    const group = findings.filter(finding => finding.severity === severity)
    if (group.length === 0) return []
    return [page.paint(tone, formatCounted(group.length, title)), ...mergeAlike(group).flatMap(alike => renderAlike(alike, page)), '']
  })
}

/** `2 errors, 1 warning` or `no findings`. */
export function countFindings(findings: readonly Finding[]): string {
  const counts = SEVERITIES.map(({ severity, title }) => ({
    title,
    count: findings.filter(finding => finding.severity === severity).length,
  }))
  const said = counts.filter(({ count }) => count > 0).map(({ title, count }) => formatCounted(count, title))
  return said.length === 0 ? 'no findings' : said.join(', ')
}

interface Alike {
  readonly finding: Finding
  readonly places: readonly string[]
}

function mergeAlike(findings: readonly Finding[]): readonly Alike[] {
  const groups = new Map<string, { finding: Finding; places: string[] }>()
  for (const finding of findings) {
    const identity = JSON.stringify([finding.code, finding.message, finding.next])
    const group = groups.get(identity) ?? { finding, places: [] }
    groups.set(identity, group)
    group.places.push(whereText(finding.where))
  }
  return [...groups.values()]
}

/** Places named before the rest is only counted: 383 tenants with one and the same finding are one finding. */
const PLACES_NAMED = 5

function renderAlike({ finding, places }: Alike, page: Page): readonly string[] {
  const known = places.filter(place => place !== '')
  const named = known.slice(0, PLACES_NAMED)
  const rest = known.length - named.length
  return [
    ...wrapText(`${finding.code}: ${printable(finding.message)}`, page, { first: '  ', indent: 4 }),
    ...named.flatMap((place, i) => wrapText(place, page, { first: i === 0 ? '    where: ' : '           ', indent: 11 })),
    ...(rest > 0 ? [`           and ${formatCounted(rest, 'other place')}`] : []),
    ...(finding.next === '' ? [] : wrapText(printable(finding.next), page, { first: '    next:  ', indent: 11 })),
  ]
}
