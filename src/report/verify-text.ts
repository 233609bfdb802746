import type { Difference, VerifyEntity, VerifyResult, WitnessLine } from '../model/results.ts'
import type { VerifyReason } from '../model/verify-reason.ts'
import { auditHeadText } from './audit-text.ts'
import type { Page, Tone } from './paint.ts'
import { formatCount, formatCounted, formatRate, formatSeconds } from './quantities.ts'
import { left, renderTable, right, shrinking } from './table.ts'
import { printable } from './text-width.ts'
import { wrapText } from './wrap.ts'

/** More lines than a person reads; all differences are in the file. */
const MOST_DIFFERENCES = 20
const MOST_ENTITIES = 60
/** Columns named beside a reason. */
const MOST_NAMES = 3

export function renderVerify(result: VerifyResult, page: Page): readonly string[] {
  return [
    ...renderEntities(result.entities, page),
    ...renderDifferences(result, page),
    ...renderWitness(result.witness, page),
    ...renderReasons(result.reasons, page),
    ...headline(result, page),
    ...auditHeadText(result.audit_head),
  ]
}

function renderEntities(entities: readonly VerifyEntity[], page: Page): readonly string[] {
  if (entities.length === 0) return ['Nothing to verify.', '']
  const remarkable = entities.filter(line => line.compared !== line.equal || line.quarantined > 0)
  const shown = entities.length <= MOST_ENTITIES ? entities : remarkable.slice(0, MOST_ENTITIES)
  const rest = entities.length - shown.length
  const columns = [
    left('tenant'),
    left('entity'),
    right('loaded'),
    right('compared'),
    right('equal'),
    right('different'),
    right('missing'),
    right('extra'),
    right('not verified'),
    right('quarantined'),
  ]
  const rows = shown.map(line => [
    line.tenant ?? '(shared)',
    line.entity,
    ...[line.loaded, line.compared, line.equal, line.different, line.missing, line.extra, line.not_verified, line.quarantined].map(
      formatCount,
    ),
  ])
  return [...renderTable({ columns, rows }, page), ...(rest > 0 ? [`and ${formatCounted(rest, 'other')}`] : []), '']
}

function renderDifferences(result: VerifyResult, page: Page): readonly string[] {
  if (result.differences_total === 0) return []
  const shown = result.differences.slice(0, MOST_DIFFERENCES)
  const columns = [
    left('what'),
    left('tenant'),
    left('entity'),
    shrinking('key'),
    left('where'),
    shrinking('expected'),
    shrinking('actual'),
  ]
  const rest = result.differences_total - shown.length
  return [
    page.paint('bad', formatCounted(result.differences_total, 'difference')),
    ...renderTable({ columns, rows: shown.map(differenceCells) }, page),
    ...(rest > 0 ? [`and ${formatCounted(rest, 'other')}`] : []),
    ...(result.differences_file === null ? [] : [`All of them: ${printable(result.differences_file)}`]),
    '',
  ]
}

function differenceCells(difference: Difference): readonly string[] {
  const { kind, tenant, entity, key, table, column, expected, actual } = difference
  const where = column === null ? table : `${table}.${column}`
  return [kind, tenant ?? '(shared)', entity, key.join(', '), where, expected ?? 'NULL', actual ?? 'NULL']
}

function renderWitness(lines: readonly WitnessLine[], page: Page): readonly string[] {
  if (lines.length === 0) return []
  const equal = lines.filter(line => line.state === 'equal').length
  const different = lines.filter(line => line.state === 'different')
  const none = lines.filter(line => line.state === 'none')
  const [columns, tables] = [none.filter(line => line.column !== ''), none.filter(line => line.column === '')]
  return [
    `Witness: ${formatCounted(equal, 'aggregate')} equal, ${formatCount(different.length)} different`,
    ...renderLacking({ what: 'witness', of: 'column', lines: columns }, page),
    ...[...new Set(tables.map(line => line.measure))].flatMap(measure =>
      renderLacking({ what: printable(measure), of: 'table', lines: tables.filter(line => line.measure === measure) }, page),
    ),
    '',
  ]
}

/** By reason, most names first. */
function renderLacking(
  { what, of, lines }: { readonly what: string; readonly of: 'column' | 'table'; readonly lines: readonly WitnessLine[] },
  page: Page,
): readonly string[] {
  if (lines.length === 0) return []
  const nameOf = ({ table, column }: WitnessLine): string => (column === '' ? table : `${table}.${column}`)
  const reasons = new Map<string, Set<string>>()
  for (const line of lines) reasons.set(line.reason, (reasons.get(line.reason) ?? new Set()).add(nameOf(line)))
  const all = formatCounted(new Set(lines.map(nameOf)).size, of)
  const width = Math.max(...[...reasons.values()].map(names => formatCount(names.size).length))
  const text = (reason: string, names: ReadonlySet<string>): string => printable(`${reason}: ${firstOf(names)}`)
  return [
    page.paint('dim', `No ${what} for ${all} (all of them: --json):`),
    ...[...reasons]
      .toSorted(([, a], [, b]) => b.size - a.size)
      .flatMap(([reason, names]) =>
        wrapText(text(reason, names), page, { first: `  ${formatCount(names.size).padStart(width)}  `, indent: width + 6 }),
      ),
  ]
}

function firstOf(names: ReadonlySet<string>): string {
  const shown = [...names].slice(0, MOST_NAMES)
  const rest = names.size - shown.length
  return rest === 0 ? shown.join(', ') : `${shown.join(', ')} and ${formatCounted(rest, 'other')}`
}

function renderReasons(reasons: readonly VerifyReason[], page: Page): readonly string[] {
  if (reasons.length === 0) return []
  return [
    page.paint('warn', 'Could not be verified'),
    ...reasons.flatMap(({ code, entity, tenant, table, message }) => {
      const place = [tenant, entity, table].filter(part => part !== null).join(' ')
      return wrapText(printable(`${code}${place === '' ? '' : ` (${place})`}: ${message}`), page, { first: '  ', indent: 4 })
    }),
    '',
  ]
}

const OUTCOMES: Readonly<Record<VerifyResult['outcome'], { readonly tone: Tone; readonly text: string }>> = {
  equal: { tone: 'good', text: 'equal' },
  different: { tone: 'bad', text: 'different' },
  could_not_verify: { tone: 'warn', text: 'could not verify' },
}

const PARITY: Readonly<Record<VerifyResult['parity'], string>> = {
  complete: 'Every row of the sources is in the target, or left out on purpose: 100 % parity at this level.',
  accounted: 'Accounted for, not complete: rows are in quarantine (`rehouse quarantine list`).',
  none: '',
}

function headline(result: VerifyResult, page: Page): readonly string[] {
  const { tone, text } = OUTCOMES[result.outcome]
  const what = `Verification (${result.level}) of run ${printable(result.run === '' ? 'none' : result.run)}`
  const rate = result.compared > 0 ? `, ${formatRate(result.rows_per_second)} rows/s` : ''
  const parity = PARITY[result.parity]
  return [
    ...repairedText(result, page),
    `${what}: ${page.paint(tone, text)} in ${formatSeconds(result.seconds)}${rate}`,
    ...(parity === '' ? [] : [parity]),
    ...sampleText(result.sample, page),
  ]
}

function sampleText(sample: number | undefined, page: Page): readonly string[] {
  if (sample === undefined) return []
  const text = `Never complete: the target holds a sample, about ${formatCounted(sample, 'row')} of each entity and tenant. Of the rows that were not drawn nothing is said.`
  return wrapText(page.paint('warn', text), page, { first: '', indent: 2 })
}

/** What a repair did, before what was found afterwards. */
function repairedText({ repaired, not_repaired: obstacle }: VerifyResult, page: Page): readonly string[] {
  const done = repaired === 0 ? [] : [`Repaired: ${formatCounted(repaired, 'row')}, verified again`]
  return obstacle === undefined ? done : [...done, ...wrapText(`Not repaired: ${printable(obstacle)}`, page, { first: '', indent: 2 })]
}
