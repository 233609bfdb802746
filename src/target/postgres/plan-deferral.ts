import type { TargetRelation } from '../../model/catalogue.ts'
import type { SchemaStep } from '../../model/ledger-records.ts'
import type { DeferralRule } from '../target.ts'

export function planDeferral(_relations: readonly TargetRelation[], _rule: DeferralRule): readonly SchemaStep[] {
  return []
}
