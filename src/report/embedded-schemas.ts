import { z } from 'zod'

const port = z.int().nullable()

/** What the commands of the built-in server print with `--json`, by the command’s name. */
export const EMBEDDED_OUTPUTS = {
  'embedded start': z.object({ running: z.literal(true), started: z.boolean(), port: z.int(), pid: z.int() }),
  'embedded stop': z.object({ running: z.literal(false), stopped: z.boolean() }),
  'embedded status': z.object({ running: z.boolean(), port, pid: port }),
  'embedded url': z.object({ url: z.string() }),
} as const
