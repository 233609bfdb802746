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
  columns: z.array(planColumn),
})

export const planSchema = z.object({
  migration: text,
  mapping_hash: text,
  findings: z.array(finding),
  phases: z.array(z.object({ name: text, entities: z.array(planEntity) })),
})

const uses = z.array(z.object({ name: text, type: text.describe('In TypeScript’s words.') }))
export const typesSchema = z.object({
  functions: z.array(z.object({ entity: text, file: text, name: text, uses })),
  entities: z.array(text).describe('Those context.ref can tell identifiers of.'),
  options: z.array(text).describe('Names of the options in force.'),
  findings: z.array(finding),
})
