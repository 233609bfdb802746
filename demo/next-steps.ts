import type { MigrateResult } from '../src/model/results.ts'
import { type NextStep, renderNextSteps } from '../src/report/next-steps.ts'
import type { Page } from '../src/report/paint.ts'

/** What somebody who has just seen the demonstration can try: commands to copy, true for the databases it left. */
export function nextSteps(
  result: MigrateResult,
  shown: { readonly manifest: string; readonly isDirty: boolean; readonly page: Page },
): readonly string[] {
  const command = (words: string): string => `bin/rehouse.js ${words} -m ${shown.manifest}`
  const steps: readonly NextStep[] = [
    { command: `psql "$(${command('embedded url student')})"`, purpose: 'look around; the ledger is the schema rehouse' },
    { command: command('quarantine list'), purpose: 'the rows refused, and why' },
    {
      command: command('lookup student --tenant HARBOR --legacy 18'),
      purpose: 'where a legacy row went; the same key is in every district',
    },
    { command: command('lookup student --tenant AVALON --legacy 18'), purpose: 'the same key, another student' },
    { command: command('migrate'), purpose: 'again: every row unchanged, nothing written' },
    { command: command('verify --level rigorous'), purpose: 'every field recomputed from the files and compared' },
    { command: command('status'), purpose: 'the runs so far' },
    ...(shown.isDirty ? [] : [{ command: 'npm start -- --dirty', purpose: 'see the stop rule give up one district' }]),
    { command: command('embedded stop'), purpose: 'the PostgreSQL runs until then' },
  ]
  return renderNextSteps(result.status === 'failed' ? steps.slice(0, 1) : steps, shown.page)
}
