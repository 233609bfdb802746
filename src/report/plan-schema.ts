import { z } from 'zod'
import { finding } from './finding-schema.ts'

/** What `plan` and `types` print with `--json`. */

const count = z.int().min(0)
const text = z.string()

const planColumn = z.object({
  table: text,
  column: text,
  target_type: text,
  from: text.describe('What fills it, in the manifest’s words.'),
  how: text,
  loss: text,
  inverse: z.enum(['updatable', 'read_only', 'no']),
})

const planRelated = z.object({
  name: text,
  from: text,
  way: z
    .enum(['memory', 'merge', 'pushed'])
    .describe(
      '`memory`: read whole before the first row; `merge`: read beside the rows, in the order of their key; `pushed`: brought along by the source.',
    ),
  reason: text,
  owned: z.boolean().describe('The entity accounts for its rows.'),
  tenants: count.describe('0 = shared rows.'),
  estimated_rows: z.number().nullable(),
})

const planEntity = z.object({
  entity: text,
  service: text,
  from: text,
  into: z.array(text),
  key: z.array(text),
  id: text,
  strategy: text,
  depends_on: z.array(text),
  settles: z.array(text),
  tenants: count,
  estimated_rows: z.number().nullable(),
  tables: z
    .object({
      named_in: text.describe('source/schema.table.column'),
      count: count.describe('Of all tenants.'),
      shapes: count.describe('Different sets of columns beside those they have in common.'),
    })
    .nullable()
    .describe('Of from.tables; null: it is one table.'),
  related: z.array(planRelated).describe('How related rows are got at; tenants that differ in it have entries of their own.'),
  columns: z.array(planColumn),
})

const compatTable = z.object({
  source: text,
  table: text,
  entities: z.array(text).describe('That read its rows.'),
  rows: z.enum(['all', 'some', 'none']).describe('some: rules leave rows out, which a view would lack.'),
  columns: z.array(
    z.object({
      column: text,
      type: text,
      way_back: z.enum(['updatable', 'read_only', 'no']),
      from: text.nullable().describe('Target column; null = none.'),
      why: text,
    }),
  ),
})

export const planSchema = z.object({
  migration: text,
  mapping_hash: text,
  findings: z.array(finding),
  phases: z.array(z.object({ name: text, entities: z.array(planEntity) })),
  compat: z.array(compatTable).exactOptional().describe('With --compat.'),
})

const uses = z.array(z.object({ name: text, type: text.describe('In TypeScript’s words.') }))
export const typesSchema = z.object({
  functions: z.array(z.object({ entity: text, file: text, name: text, uses })),
  entities: z.array(text).describe('Those context.ref can tell identifiers of.'),
  options: z.array(text).describe('Names of the options in force.'),
  findings: z.array(finding),
})
