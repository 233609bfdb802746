import { bug } from '../errors.ts'
import type { Run } from './call.ts'

/** The file of each command, loaded when it is called: the others cost nothing. */
const FILES: Readonly<Record<string, () => Promise<{ readonly run: Run }>>> = {
  init: () => import('./commands/init.ts'),
  profile: () => import('./commands/profile.ts'),
  check: () => import('./commands/check.ts'),
  plan: () => import('./commands/plan.ts'),
  types: () => import('./commands/function-types.ts'),
  migrate: () => import('./commands/migrate.ts'),
  status: () => import('./commands/status.ts'),
  verify: () => import('./commands/verify.ts'),
  lookup: () => import('./commands/lookup.ts'),
  'quarantine list': () => import('./commands/quarantine-list.ts'),
  'quarantine show': () => import('./commands/quarantine-show.ts'),
  'quarantine retry': () => import('./commands/quarantine-retry.ts'),
  'quarantine export': () => import('./commands/quarantine-export.ts'),
  report: () => import('./commands/report.ts'),
  'audit verify': () => import('./commands/audit-verify.ts'),
  'audit export': () => import('./commands/audit-export.ts'),
  schema: () => import('./commands/schema.ts'),
  'embedded start': () => import('./commands/embedded-start.ts'),
  'embedded stop': () => import('./commands/embedded-stop.ts'),
  'embedded status': () => import('./commands/embedded-status.ts'),
  'embedded url': () => import('./commands/embedded-url.ts'),
}

export async function loadCommand(name: string): Promise<Run> {
  const load = FILES[name]
  if (load === undefined) throw bug(`expected a file for command ${name}, got none`)
  return (await load()).run
}
