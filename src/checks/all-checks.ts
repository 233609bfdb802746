import type { Finding } from '../model/finding.ts'
import type { Check } from './check.ts'
import { mappingCircle } from './mapping-circle.ts'
import { mappingFinish } from './mapping-finish.ts'
import { mappingHeadWithoutId } from './mapping-head-without-id.ts'
import { mappingIdTaken } from './mapping-id-taken.ts'
import { mappingKeyLeftToTarget } from './mapping-key-left-to-target.ts'
import { mappingNoTenantColumn } from './mapping-no-tenant-column.ts'
import { mappingNoTenants } from './mapping-no-tenants.ts'
import { mappingOtherService } from './mapping-other-service.ts'
import { mappingPartWithoutHead } from './mapping-part-without-head.ts'
import { mappingServiceWithoutTenant } from './mapping-service-without-tenant.ts'
import { mappingTargetDefaults } from './mapping-target-defaults.ts'
import { mappingTimeDefaults } from './mapping-time-defaults.ts'
import { mappingUnused } from './mapping-unused.ts'
import { mappingZoneUnused } from './mapping-zone-unused.ts'
import { sourceKey } from './source-key.ts'
import { sourceKeyEquality } from './source-key-equality.ts'
import { sourceRights } from './source-rights.ts'
import { sourceShared } from './source-shared.ts'
import { sourceVersion } from './source-version.ts'
import { sourceWritable } from './source-writable.ts'
import { stagingShared } from './staging-shared.ts'
import type { Survey } from './survey.ts'
import { targetBeforeTriggers } from './target-before-triggers.ts'
import { targetCircle } from './target-circle.ts'
import { targetConstraints } from './target-constraints.ts'
import { targetDatabaseTwice } from './target-database-twice.ts'
import { targetForeignKeysWithoutTenant } from './target-foreign-keys-without-tenant.ts'
import { targetLedgerRights } from './target-ledger-rights.ts'
import { targetPooled } from './target-pooled.ts'
import { targetReadOnly } from './target-read-only.ts'
import { targetRights } from './target-rights.ts'
import { targetRowSecurity } from './target-row-security.ts'
import { targetSetNull } from './target-set-null.ts'
import { targetTableKind } from './target-table-kind.ts'
import { targetTableMissing } from './target-table-missing.ts'
import { targetTriggersNotOurs } from './target-triggers-not-ours.ts'
import { targetTriggersUnsaid } from './target-triggers-unsaid.ts'
import { targetUniqueKeysWithoutTenant } from './target-unique-keys-without-tenant.ts'
import { targetVersion } from './target-version.ts'

/** In the order their findings are told: what the mapping says, what is read, what is written to. */
export const ALL_CHECKS: readonly Check[] = [
  mappingNoTenants,
  mappingServiceWithoutTenant,
  mappingNoTenantColumn,
  mappingPartWithoutHead,
  mappingFinish,
  mappingHeadWithoutId,
  mappingIdTaken,
  mappingTimeDefaults,
  mappingTargetDefaults,
  mappingKeyLeftToTarget,
  mappingOtherService,
  mappingCircle,
  mappingUnused,
  mappingZoneUnused,
  sourceVersion,
  sourceWritable,
  sourceRights,
  sourceShared,
  sourceKey,
  sourceKeyEquality,
  targetVersion,
  targetPooled,
  targetReadOnly,
  stagingShared,
  targetDatabaseTwice,
  targetLedgerRights,
  targetTableMissing,
  targetTableKind,
  targetRights,
  targetRowSecurity,
  targetTriggersUnsaid,
  targetTriggersNotOurs,
  targetBeforeTriggers,
  targetCircle,
  targetForeignKeysWithoutTenant,
  targetUniqueKeysWithoutTenant,
  targetSetNull,
  targetConstraints,
]

/** The findings of every check, in its order. */
export function runChecks(survey: Survey): readonly Finding[] {
  return ALL_CHECKS.flatMap(check => check.run(survey))
}
