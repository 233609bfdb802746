import type { Refusal } from '../target/target.ts'

/** A loaded row the server refused, or one that stays as it is. */
export interface RefusedRow {
  readonly row: number
  readonly code: string
  readonly column: string | null
  readonly detail: string
}

/** SQLSTATE → quarantine code. https://www.postgresql.org/docs/18/errcodes-appendix.html */
const BY_STATE: Readonly<Record<string, string>> = {
  '23502': 'not_null',
  '23503': 'foreign_key_violation',
  '23505': 'unique_violation',
  '23514': 'check_violation',
  '23P01': 'exclusion_violation',
  P0001: 'trigger_refused',
  '44000': 'policy_refused',
}

export function refusalCode(refusal: Refusal): string {
  return BY_STATE[refusal.sqlstate] ?? (refusal.sqlstate.startsWith('22') ? 'value_refused' : 'integrity_violation')
}

/** Names the rule, never the value: the server's message may hold personal data. */
export function refusalDetail(refusal: Refusal): string {
  const of = refusal.constraint === null ? '' : ` by constraint ${refusal.constraint}`
  return `refused by the server${of} (SQLSTATE ${refusal.sqlstate})`
}

export function refusedColumn(refusal: Refusal): string | null {
  return refusal.column === null ? refusal.table : `${refusal.table}.${refusal.column}`
}
