import { z } from 'zod'
import { AUDIT_OUTPUTS, auditHead } from './audit-schemas.ts'
import { EMBEDDED_OUTPUTS } from './embedded-schemas.ts'
import { finding, where } from './finding-schema.ts'
import { planSchema, typesSchema } from './plan-schema.ts'
import { profileSchema } from './profile-schema.ts'
import { REPORT_OUTPUTS } from './report-schemas.ts'

/** What `--json` prints, as schemas. `src/model/results.ts` says the same as types; a test holds the two together. */

const count = z.int().min(0)
const text = z.string()
const maybeText = z.string().nullable()

const errorBody = z.object({ code: text.describe('See docs/errors.md.'), message: text, where, next: text })

export const errorSchema = z.object({ error: errorBody })

const totals = {
  read: count.describe('read = loaded + updated + unchanged + merged + skipped + excluded + quarantined'),
  loaded: count,
  updated: count,
  unchanged: count,
  merged: count,
  skipped: count,
  excluded: count,
  quarantined: count,
}

const status = z.enum(['clean', 'findings', 'stopped', 'interrupted', 'failed'])

const entityResult = z.object({
  ...totals,
  entity: text,
  tenant: maybeText.describe('Null: rows shared by all tenants.'),
  service: text,
  written: z.record(text, count).describe('Rows written per target table, schema.table.'),
  parts_quarantined: count,
  seconds: z.number(),
  state: z.enum(['pending', 'loaded', 'settled', 'failed', 'stopped']),
})

export const migrateSchema = z.object({
  run: text,
  status,
  dryRun: z.boolean(),
  sample: count.exactOptional().describe('About so many rows of each entity and tenant were drawn; absent: all were read.'),
  totals: z.object(totals).describe('Sums over entities.'),
  entities: z.array(entityResult),
  findings: z.array(finding),
  seconds: z.number(),
  outcomes: z
    .array(z.object({ entity: text, kind: text, column: text, code: text, count }))
    .describe('How often each declared outcome was taken.'),
  not_tried: z.array(text).describe('Dry run: refusals only the server can make.'),
  failures: z.array(errorBody).describe('Errors that ended a tenant without ending the run.'),
  audit_head: auditHead.optional(),
})

export const initSchema = z.object({
  files: z.array(text).describe('Paths of the files written.'),
  entities: z.array(
    z.object({
      entity: text,
      service: text,
      from: text,
      into: text,
      key: z.array(text).describe('Source columns; empty = rows are told apart by their content.'),
      columns: count,
      references: z.array(text),
    }),
  ),
  tenants: z.array(z.object({ tenant: text, label: text, relations: count })),
  findings: z.array(finding),
  profile: profileSchema.exactOptional().describe('With --profile; its findings are among the others, too.'),
})

export const checkSchema = z.object({
  findings: z.array(finding),
  sources: z.array(z.object({ source: text, tenant: maybeText, label: text, relations: count, estimated_rows: z.number().nullable() })),
  services: z.array(z.object({ service: text, label: text, version: z.int(), role: text })),
  grants: z.array(text).exactOptional().describe('With --grants.'),
})

const statusEntity = z.object({
  entity: text,
  tenant: maybeText,
  service: text,
  state: text,
  consistency: maybeText,
  counts: z.object({ ...totals, partsQuarantined: count }),
  rows_per_second: z.number().nullable(),
  eta_seconds: z.number().nullable(),
  failure: z.object({ code: text, message: text }).nullable(),
})

export const statusSchema = z.object({
  runs: z.array(
    z.object({
      run: text,
      status: z.enum(['running', ...status.options]),
      started_at: text.describe('RFC 3339, UTC.'),
      finished_at: maybeText,
      operator: text,
      totals: z.object(totals),
      sample: count.exactOptional(),
      bottleneck: maybeText,
      entities: z.array(statusEntity),
    }),
  ),
})

export const lookupSchema = z.object({
  entity: text,
  tenant: maybeText,
  matches: z.array(z.object({ key: z.array(text), id: text, table: text, batch: text })),
})

export const quarantineSchema = z.object({
  total: count,
  rows: z.array(
    z.object({
      entity: text,
      tenant: maybeText,
      key: z.array(text),
      code: text,
      column: maybeText,
      value_masked: maybeText,
      batch: text,
      first_run: text,
      last_run: text,
      detail: maybeText,
      part: maybeText,
    }),
  ),
})

const difference = z.object({
  entity: text,
  tenant: maybeText,
  key: z.array(text).describe('Legacy key; empty where it is not known.'),
  id: maybeText.describe('Identifier in the target; null where a difference is not one of a row.'),
  table: text,
  column: maybeText,
  expected: maybeText.describe('Masked without --show-values; null: NULL, or nothing there.'),
  actual: maybeText,
  kind: z.enum([
    'missing',
    'extra',
    'different',
    'wrong_tenant',
    'refused_present',
    'changed_since',
    'orphan',
    'other_tenant',
    'id_map',
    'count',
    'accounting',
    'constraint',
    'witness',
    'example',
    'audit',
  ]),
})

const verifyReason = z.object({
  code: z.enum([
    'read_refused',
    'source_unreachable',
    'other_manifest',
    'source_moved_on',
    'table_missing',
    'not_compiled',
    'run_unfinished',
    'not_migrated',
  ]),
  entity: maybeText,
  tenant: maybeText,
  table: maybeText,
  message: text,
})

const comparedCounts = {
  compared: count.describe('Rows of target tables.'),
  equal: count,
  different: count,
  missing: count,
  extra: count,
  not_verified: count,
}

export const verifySchema = z.object({
  run: text.describe('The newest run of what was verified; empty: none.'),
  level: z.enum(['basic', 'standard', 'rigorous', 'forensic']),
  outcome: z.enum(['equal', 'different', 'could_not_verify']),
  parity: z.enum(['complete', 'accounted', 'none']).describe('accounted: equal, but rows are in quarantine: accounted for, not complete.'),
  sample: count
    .exactOptional()
    .describe('The target holds a sample of about so many rows of each entity and tenant: it is never complete.'),
  ...comparedCounts,
  differences: z.array(difference).describe('The first 1000.'),
  differences_total: count,
  differences_file: maybeText.describe('Where all of them are, one JSON object a line.'),
  witness: z.array(
    z.object({
      entity: text,
      tenant: maybeText,
      table: text,
      column: text,
      measure: text.describe('rows, count, sum, min, max, row_sum, declared_rows; empty: none.'),
      state: z.enum(['equal', 'different', 'none']),
      source: maybeText,
      target: maybeText,
      reason: text,
    }),
  ),
  reasons: z.array(verifyReason).describe('Why something could not be verified.'),
  entities: z.array(
    z.object({ entity: text, tenant: maybeText, service: text, ...comparedCounts, loaded: count, quarantined: count, excluded: count }),
  ),
  rows_per_second: z.number(),
  lag_seconds: z.number().nullable().describe('From the end of the run to this verification.'),
  repaired: count,
  not_repaired: text.optional().describe('Why rows that differ were not repaired although that was asked for.'),
  seconds: z.number(),
  audit_head: auditHead.optional(),
})

/** The schema of each command's output under `--json`, by the command's name. */
export const OUTPUTS = {
  init: initSchema,
  profile: profileSchema,
  check: checkSchema,
  plan: planSchema,
  types: typesSchema,
  migrate: migrateSchema,
  status: statusSchema,
  lookup: lookupSchema,
  verify: verifySchema,
  ...REPORT_OUTPUTS,
  ...AUDIT_OUTPUTS,
  quarantine: quarantineSchema,
  'quarantine list': quarantineSchema,
  'quarantine show': quarantineSchema,
  'quarantine export': quarantineSchema,
  'quarantine retry': migrateSchema,
  ...EMBEDDED_OUTPUTS,
  error: errorSchema,
} as const satisfies Readonly<Record<string, z.ZodType>>

/** As JSON Schema draft 7; null for a name that is none of OUTPUTS. Further members may be added to outputs: they are not forbidden. */
export function outputJsonSchema(name: string): object | null {
  if (!Object.hasOwn(OUTPUTS, name)) return null
  // hasOwn has just said so.
  const schema: z.ZodType = OUTPUTS[name as keyof typeof OUTPUTS]
  const title = name === 'error' ? 'What --json prints when a command fails' : `Output of rehouse ${name} --json`
  return { title, ...z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }) }
}
