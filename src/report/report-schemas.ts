import { z } from 'zod'

/** What `report` prints with `--json`. */

const text = z.string()
const maybeText = text.nullable()
const count = z.int().min(0)
const names = z.array(text).nullable()
const place = { entity: text, tenant: maybeText.describe('Null: rows shared by all tenants.') }
const consistency = z.enum(['snapshot', 'frozen', 'mixed']).nullable()

const totals = {
  read: count.describe('read = loaded + updated + unchanged + merged + skipped + excluded + quarantined'),
  loaded: count,
  updated: count,
  unchanged: count,
  merged: count,
  skipped: count,
  excluded: count,
  quarantined: count,
  parts_quarantined: count,
}

const signed = z.int()
/** Rows taken back afterwards are taken off. */
const moved = {
  read: signed,
  loaded: signed,
  updated: signed,
  unchanged: signed,
  merged: signed,
  skipped: signed,
  excluded: signed,
  quarantined: signed,
  parts_quarantined: signed,
}
const table = z.object({
  table: text.describe('source/schema.table'),
  ...moved,
})

const owned = z.object({
  relation: text.describe('source/schema.table'),
  source_rows: count.nullable().describe('Rows the source itself counted; null: not all were read.'),
  read: count,
  loaded: count,
  updated: count,
  unchanged: count,
  merged: count,
  skipped: count,
  excluded: count,
  quarantined: count,
})

const entity = z.object({
  ...place,
  service: text,
  ...totals,
  state: text,
  consistency,
  source_rows: count.nullable().describe('Rows the source itself counted.'),
  seconds: z.number(),
  rows_per_second: z.number().nullable(),
  batches: count,
  digest: text.describe('SHA-256 over the digests of the batches, in their order.'),
  written: z.record(text, z.int()),
  tables: z
    .array(table)
    .exactOptional()
    .describe(
      'Of an entity of many tables: each by itself; rows taken back afterwards stand in a line of all of them together, which may be negative.',
    ),
  owned: z.array(owned).exactOptional().describe('Related relations it accounts for besides its own rows.'),
})

const verification = z.object({
  id: text,
  at: text,
  by: text,
  level: z.enum(['basic', 'standard', 'rigorous', 'forensic']),
  whole: z.boolean().describe('It looked at all of the run, not at some tenants, entities or rows.'),
  outcome: z.enum(['equal', 'different', 'could_not_verify']),
  parity: z.enum(['complete', 'accounted', 'none']),
  compared: count,
  differences: count,
  witness: z.object({ equal: count, different: count, none: count }).nullable(),
})

const run = z.object({
  id: text,
  status: z.enum(['running', 'clean', 'findings', 'stopped', 'interrupted', 'failed']),
  migration: text,
  mapping_hash: text,
  program_version: text,
  operator: text,
  host: text,
  started_at: text,
  finished_at: maybeText,
  tenants: names,
  entities: names,
  phase: maybeText,
  retries: z.boolean(),
  changes: z.enum(['top_up', 'top_up_and_remove', 'repair']).exactOptional(),
  sample: count.exactOptional(),
})

/** The file report.json. */
export const runReportSchema = z.object({
  form: z.literal('rehouse report 1'),
  made_at: text,
  made_by: text,
  run,
  totals: z.object(totals),
  entities: z.array(entity),
  outcomes: z.array(z.object({ ...place, kind: text, column: text, code: text, count: z.int() })),
  quarantined: z
    .array(z.object({ ...place, key: z.array(text), code: text, column: maybeText, part: maybeText }))
    .describe('The first 1000 rows in quarantine now, by key; never values.'),
  quarantined_total: count,
  left_out: z
    .array(z.object({ what: z.enum(['table', 'column']), pattern: text, reason: text }))
    .nullable()
    .describe('Null: the manifest is another than that of the run.'),
  zone_policy: z
    .object({ gap: z.enum(['shift_forward', 'shift_back', 'quarantine']), overlap: z.enum(['earlier', 'later', 'quarantine']) })
    .nullable(),
  consistency: z.array(z.object({ tenant: maybeText, consistency, tasks: count })),
  failures: z.array(z.object({ ...place, code: text, message: text })),
  verification: verification.nullable().describe('The newest one of the run; null = none is on record.'),
  checks: z.array(z.object({ check: text, expected: text, actual: text, outcome: z.enum(['met', 'not_met', 'not_known']) })),
  audit: z.object({ whole: z.boolean(), findings: count, head: text.describe('For `audit verify --head`.') }),
})

export const reportSchema = z.object({
  run: text,
  sha256: text.describe('Of `report`, written as the file report.json: what is signed.'),
  report: runReportSchema,
  files: z.array(z.object({ name: text, bytes: count, sha256: text })),
})

/** By the command’s name. */
export const REPORT_OUTPUTS = { report: reportSchema } as const
