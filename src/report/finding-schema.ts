import { z } from 'zod'

const text = z.string()

export const where = z.object({
  file: text.optional(),
  line: z.int().optional(),
  column: z.union([text, z.int()]).optional().describe('Of a file: a number. Of a table: a name.'),
  tenant: text.optional(),
  service: text.optional(),
  entity: text.optional(),
  table: text.optional(),
  key: z.array(text).optional(),
  batch: text.optional(),
})

export const finding = z.object({
  code: text.describe('See docs/errors.md.'),
  severity: z.enum(['error', 'warning', 'info']),
  where,
  message: text,
  next: text.describe('What to do about it.'),
})
