import { z } from 'zod'

const count = z.int().min(0)
const text = z.string()

const place = z.object({
  file: text.optional(),
  line: z.int().optional(),
  column: z.union([text, z.int()]).optional(),
  tenant: text.optional(),
  service: text.optional(),
  entity: text.optional(),
  table: text.optional(),
  key: z.array(text).optional(),
  batch: text.optional(),
})

const column = z.object({
  column: text,
  type: text,
  looks: text.nullable().describe('integer, decimal, date, boolean or uuid where that is more than the type says.'),
  nulls: count,
  blanks: count.describe('Empty, or nothing but white space.'),
  distinct: count,
  distinct_is: z.enum(['exact', 'about']),
  min: text.nullable().describe('Null: none, or not shown.'),
  max: text.nullable(),
  shortest: count.nullable().describe('Characters of texts.'),
  longest: count.nullable(),
  shapes: z.array(z.object({ shape: text, count })).describe('The most frequent first: letters as A and a, digits as 9.'),
  shapes_are: z.enum(['exact', 'about']),
  personal: text.nullable().describe('name, mail, phone, iban or national id.'),
  credential: z.boolean(),
})

/** What `profile --json` prints. `src/model/profile-result.ts` says the same as types. */
export const profileSchema = z.object({
  sources: z.array(z.object({ tenant: text, label: text, tables: count, rows: count, seconds: z.number() })),
  tables: z.array(
    z.object({
      tenant: text,
      table: text,
      rows: count,
      whole: z.boolean().describe('False: only the first rows were read.'),
      key: z.array(text),
      columns: z.array(column),
    }),
  ),
  references: z.array(
    z.object({
      tenant: text,
      table: text,
      columns: z.array(text),
      parent: text,
      parent_columns: z.array(text),
      declared: z.boolean(),
      checked: count.nullable().describe('Rows without a NULL among the columns; null: not counted.'),
      orphans: count,
      score: count.nullable().describe('0 to 100, of references nobody declared.'),
    }),
  ),
  findings: z.array(
    z.object({
      code: text.describe('See docs/errors.md.'),
      severity: z.enum(['error', 'warning', 'info']),
      where: place,
      message: text,
      next: text.describe('What to do about it.'),
      count: count.nullable().describe('Rows, values, columns or sources, as the message says.'),
      manifest: text.nullable().describe('Lines for the manifest, as YAML from the top key on.'),
    }),
  ),
  files: z.array(text).describe('Paths of the files written.'),
  seconds: z.number(),
})
