import type { Finding } from '../model/finding.ts'
import type { AcrossSources } from './across-sources.ts'
import { counted, type ProfileFindings } from './findings.ts'
import type { TableName } from './manifest-lines.ts'

const DRIFT: ReadonlySet<string> = new Set([
  'INIT_DRIFT_TABLE',
  'INIT_DRIFT_COLUMN',
  'INIT_DRIFT_TYPE',
  'INIT_DRIFT_NULL',
  'INIT_DRIFT_KEY',
  'INIT_DRIFT_REFERENCE',
])

export interface AcrossRequest {
  readonly across: AcrossSources
  /** Of the draft made of the same sources. */
  readonly drafted: readonly Finding[]
  /** A table by its label, whatever the case. */
  readonly find: (label: string) => TableName | null
}

/** What only shows where several sources are seen together. */
export function acrossFindings({ across, drafted, find }: AcrossRequest, findings: ProfileFindings): void {
  for (const { code, where, message, severity } of drafted) {
    if (!DRIFT.has(code)) continue
    const column = where.column === undefined ? {} : { column: String(where.column) }
    const isLack = code === 'INIT_DRIFT_TABLE' || code === 'INIT_DRIFT_COLUMN'
    const remark = {
      table: find(where.table ?? ''),
      ...column,
      message,
      next: isLack
        ? 'Say that it may be lacking, as `init` does; or find out where it went.'
        : 'Look which of the sources is right; `init` says what it makes of it.',
      ...(isLack ? { hint: { kind: 'from' } as const } : {}),
    }
    if (severity === 'warning') findings.warn('PROFILE_DRIFT', remark)
    else findings.note('PROFILE_DRIFT', remark)
  }
  for (const { table, column, sources, overlapping, low, high } of across.ranges())
    findings.note('PROFILE_KEY_RANGES', {
      table: find(table),
      column,
      count: overlapping,
      message: `the keys of ${overlapping} of ${counted(sources, 'source')} lie in one range (${low} to ${high} in all): the same number means other rows in each`,
      next: 'Nothing: identifiers are made of tenant and key. Whatever keeps a bare legacy key has to keep its tenant with it.',
    })
  for (const { table, column, sources, values, spelledApart, isWhole } of across.collisions()) {
    const about = isWhole ? '' : 'at least '
    if (values > 0)
      findings.warn('PROFILE_KEY_COLLISION', {
        table: find(table),
        column,
        count: values,
        message: `${about}${counted(values, 'value')} of what looks like a natural key ${values === 1 ? 'is' : 'are'} in several of ${counted(sources, 'source')}`,
        next: 'Make it unique within its tenant only; where it is one and the same person or thing, decide who brings them together.',
      })
    if (spelledApart > 0)
      findings.warn('PROFILE_UNIQUE_CLASH', {
        table: find(table),
        column,
        count: spelledApart,
        message: `${about}${counted(spelledApart, 'value')} of different sources ${spelledApart === 1 ? 'is' : 'are'} equal but for case, white space or the form of accents`,
        next: 'They clash where the target holds such texts for equal over all tenants.',
        hint: { kind: 'cleanse', column, step: 'trim' },
      })
  }
  for (const { table, column, sources, values } of across.spellings())
    findings.warn('PROFILE_SPELLINGS', {
      table: find(table),
      column,
      count: values,
      message: `${counted(values, 'value')} ${values === 1 ? 'is' : 'are'} spelled differently within ${counted(sources, 'source')}: by case, white space or the form of accents`,
      next: 'Bring the spellings together before one shared list is made of them; `map` says which one is right.',
      hint: { kind: 'cleanse', column, step: 'collapse' },
    })
}
