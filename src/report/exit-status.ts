import { CODES, type Code, unreachable } from '../errors.ts'
import type { AuditVerifyResult } from '../model/audit-results.ts'
import type { Finding } from '../model/finding.ts'
import type { LookupResult, MigrateResult, VerifyResult } from '../model/results.ts'

/** How a command ended, as far as its exit status goes. */
export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly code: Code }
  /** `check` and `plan`. */
  | { readonly kind: 'findings'; readonly findings: readonly Finding[] }
  | { readonly kind: 'migrate'; readonly result: MigrateResult }
  | { readonly kind: 'lookup'; readonly result: LookupResult }
  | { readonly kind: 'verify'; readonly result: Pick<VerifyResult, 'outcome'> }
  | { readonly kind: 'audit'; readonly result: Pick<AuditVerifyResult, 'outcome'> }

/** The gravest first: of several that apply, the first counts. */
export const GRAVITY: readonly number[] = [70, 130, 2, 4, 5, 6, 3, 1, 0]

/** The exit status of a command, by contract. Warnings alone are clean; declared exclusions and declared losses are not findings. */
export function exitStatus(ending: Ending): number {
  switch (ending.kind) {
    case 'done':
      return 0
    case 'error':
      return CODES[ending.code].exit
    case 'findings':
      return gravest(findingExits(ending.findings))
    case 'migrate':
      return gravest(migrateExits(ending.result))
    case 'lookup':
      return ending.result.matches.length === 0 ? 1 : 0
    case 'verify':
      return VERIFY_EXITS[ending.result.outcome]
    case 'audit':
      return AUDIT_EXITS[ending.result.outcome]
    default:
      return unreachable(ending)
  }
}

const VERIFY_EXITS: Readonly<Record<VerifyResult['outcome'], number>> = {
  equal: 0,
  different: 1,
  could_not_verify: CODES.COULD_NOT_VERIFY.exit,
}

const AUDIT_EXITS: Readonly<Record<AuditVerifyResult['outcome'], number>> = {
  intact: 0,
  broken: 1,
  could_not_verify: CODES.COULD_NOT_VERIFY.exit,
}

function gravest(exits: readonly number[]): number {
  return GRAVITY.find(exit => exits.includes(exit)) ?? 0
}

/** An error found is 1; but where a side could not be reached nothing was looked at, and that is said. */
function findingExits(findings: readonly Finding[]): readonly number[] {
  return findings
    .filter(finding => finding.severity === 'error')
    .map(finding => {
      if (finding.code === 'SOURCE_UNREACHABLE') return CODES.SOURCE_UNREACHABLE.exit
      return finding.code === 'TARGET_UNREACHABLE' ? CODES.TARGET_UNREACHABLE.exit : 1
    })
}

function migrateExits(result: MigrateResult): readonly number[] {
  const hasRefused = result.totals.quarantined > 0 || result.entities.some(line => line.parts_quarantined > 0)
  const failures = result.failures.map(failure => (isCode(failure.code) ? CODES[failure.code].exit : CODES.BUG.exit))
  return [...statusExits(result, failures), ...failures, ...findingExits(result.findings), ...(hasRefused ? [1] : [])]
}

function statusExits(result: MigrateResult, failures: readonly number[]): readonly number[] {
  switch (result.status) {
    case 'clean':
      return [0]
    case 'findings':
      return [1]
    case 'stopped':
      return [CODES.STOPPED.exit]
    case 'interrupted':
      return [CODES.INTERRUPTED.exit]
    case 'failed':
      // A run that failed for no reason given is a bug, never a success.
      return failures.length === 0 ? [CODES.BUG.exit] : []
    default:
      return unreachable(result.status)
  }
}

export function isCode(code: string): code is Code {
  return Object.hasOwn(CODES, code)
}
