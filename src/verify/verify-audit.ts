import type { Ledger } from '../ledger/ledger.ts'
import type { Differences } from './differences.ts'
import { placeOf } from './explain-rows.ts'
import type { VerifiedEntity } from './table-scopes.ts'

/** Whether the chain of deeds, and what it seals, is whole, in every ledger that keeps one. Every entry that is not as it was is named. */
export async function verifyAudit(
  entities: readonly VerifiedEntity[],
  { ledger, differences }: { ledger(service: string): Ledger; readonly differences: Differences },
): Promise<void> {
  for (const service of new Set(entities.map(of => of.facts.entity.service))) {
    const of = entities.find(other => other.facts.entity.service === service)
    if (of === undefined) continue
    for (const { from, kind } of (await ledger(service).checkAudit()).findings) {
      const entry = { key: [from], id: null, table: kind === 'ledger' ? 'rehouse.batch' : 'rehouse.audit', column: null }
      differences.add({ ...placeOf(of), tenant: null, ...entry, expected: 'as it was written', actual: kind, kind: 'audit' })
    }
  }
}
