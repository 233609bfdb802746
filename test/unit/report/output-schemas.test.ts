import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { z } from 'zod'
import { COMMANDS } from '../../../src/cli/command-table.ts'
import type { AuditExportResult, AuditVerifyResult } from '../../../src/model/audit-results.ts'
import type { ProfileResult } from '../../../src/model/profile-result.ts'
import type {
  CheckResult,
  ErrorResult,
  LookupResult,
  MigrateResult,
  PlanResult,
  QuarantineResult,
  StatusResult,
  VerifyResult,
} from '../../../src/model/results.ts'
import type { ReportResult } from '../../../src/model/run-report.ts'
import { auditExportSchema, auditVerifySchema } from '../../../src/report/audit-schemas.ts'
import * as schemas from '../../../src/report/output-schemas.ts'
import { planSchema } from '../../../src/report/plan-schema.ts'
import { reportSchema } from '../../../src/report/report-schemas.ts'
import { REPORT } from './sample-report.ts'
import {
  AUDIT_EXPORT,
  AUDIT_VERIFY,
  CHECK,
  COMPAT,
  INIT,
  LOOKUP,
  migrateResult,
  PLAN,
  PROFILE,
  QUARANTINE,
  STATUS,
  VERIFY,
} from './sample-results.ts'

type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Same<T, S extends z.ZodType> = Equal<Writable<T>, Writable<z.output<S>>>

/** Does not compile when a schema and its type differ. */
const SAME: readonly true[] = [
  true satisfies Same<ErrorResult, typeof schemas.errorSchema>,
  true satisfies Same<MigrateResult, typeof schemas.migrateSchema>,
  true satisfies Same<ProfileResult, typeof schemas.OUTPUTS.profile>,
  true satisfies Same<CheckResult, typeof schemas.checkSchema>,
  true satisfies Same<PlanResult, typeof planSchema>,
  true satisfies Same<StatusResult, typeof schemas.statusSchema>,
  true satisfies Same<LookupResult, typeof schemas.lookupSchema>,
  true satisfies Same<QuarantineResult, typeof schemas.quarantineSchema>,
  true satisfies Same<VerifyResult, typeof schemas.verifySchema>,
  true satisfies Same<ReportResult, typeof reportSchema>,
  true satisfies Same<AuditVerifyResult, typeof auditVerifySchema>,
  true satisfies Same<AuditExportResult, typeof auditExportSchema>,
]

test('the schemas are the types of the results, and accept results', () => {
  assert.equal(SAME.length, 12)
  const samples = [
    [schemas.migrateSchema, migrateResult()],
    [schemas.initSchema, INIT],
    [schemas.OUTPUTS.profile, PROFILE],
    [schemas.checkSchema, CHECK],
    [planSchema, PLAN],
    [planSchema, COMPAT],
    [schemas.statusSchema, STATUS],
    [schemas.lookupSchema, LOOKUP],
    [schemas.quarantineSchema, QUARANTINE],
    [schemas.verifySchema, VERIFY],
    [reportSchema, REPORT],
    [auditVerifySchema, AUDIT_VERIFY],
    [auditExportSchema, AUDIT_EXPORT],
    [schemas.errorSchema, { error: { code: 'USAGE', message: 'm', where: { column: 3 }, next: '' } }],
  ] as const
  for (const [schema, sample] of samples) assert.deepEqual(schema.parse(JSON.parse(JSON.stringify(sample))), sample)
})

test('every command has a schema of its output, in draft 7', () => {
  const described = COMMANDS.map(command => command.name).filter(name => name !== 'schema')
  for (const name of [...described, 'error', 'quarantine']) {
    const schema = schemas.outputJsonSchema(name)
    assert.ok(schema !== null && '$schema' in schema, name)
    assert.equal(schema.$schema, 'http://json-schema.org/draft-07/schema#')
  }
  assert.equal(schemas.outputJsonSchema('toString'), null)
})

test('the JSON Schema requires every member that is always there, and forbids none', () => {
  const text = JSON.stringify(schemas.outputJsonSchema('migrate'))
  assert.match(text, /"required":\["run","status","dryRun","totals","entities","findings","seconds","outcomes","not_tried","failures"\]/)
  assert.doesNotMatch(text, /"additionalProperties":false/)
  assert.doesNotMatch(JSON.stringify(schemas.outputJsonSchema('check')), /"required":\["findings","sources","services","grants"\]/)
})
