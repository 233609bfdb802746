import { addCounts } from '../model/counts.ts'
import type { Totals } from '../model/results.ts'
import { formatCount } from './quantities.ts'

/** The outcomes of a source row, in the order of the accounting equation. */
export const OUTCOMES = [
  'loaded',
  'updated',
  'unchanged',
  'merged',
  'skipped',
  'excluded',
  'quarantined',
] as const satisfies readonly (keyof Totals)[]

export const NO_TOTALS: Totals = { read: 0, loaded: 0, updated: 0, unchanged: 0, merged: 0, skipped: 0, excluded: 0, quarantined: 0 }

export function addTotals(a: Totals, b: Totals): Totals {
  const { partsQuarantined: _, ...sum } = addCounts({ ...a, partsQuarantined: 0 }, { ...b, partsQuarantined: 0 })
  return sum
}

/** The accounting equation with its numbers, zeros left out: `1 000 read = 990 loaded + 10 quarantined`. An equation that does not hold is written with ≠. */
export function equationText(totals: Totals): string {
  const sum = OUTCOMES.reduce((most, outcome) => most + totals[outcome], 0)
  const terms = OUTCOMES.filter(outcome => totals[outcome] !== 0).map(outcome => `${formatCount(totals[outcome])} ${outcome}`)
  if (totals.read === 0 && terms.length === 0) return '0 read'
  return `${formatCount(totals.read)} read ${sum === totals.read ? '=' : '≠'} ${terms.length === 0 ? '0' : terms.join(' + ')}`
}
