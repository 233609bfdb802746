import type { CheckResult, MigrateResult } from '../model/results.ts'
import type { Page } from './paint.ts'
import { shellWord } from './shell-words.ts'
import { displayWidth, padToWidth } from './text-width.ts'

/** A command line to copy, and what it is for. */
export interface NextStep {
  readonly command: string
  readonly purpose: string
}

/** How the user called: repeated in every command suggested. */
export interface Invocation {
  /** As given with -m; null = the default name. */
  readonly manifest: string | null
}

/** `rehouse migrate -m FILE …`: each word quoted as a shell needs it. */
export function commandLine(invocation: Invocation, ...words: readonly string[]): string {
  const manifest = invocation.manifest === null ? [] : ['-m', invocation.manifest]
  return ['rehouse', ...words, ...manifest].map(shellWord).join(' ')
}

/** `isBuiltIn`: the target is made by itself; elsewhere it has to be asked for. */
export function stepsAfterInit(invocation: Invocation, target: { readonly isBuiltIn: boolean }): readonly NextStep[] {
  const create = target.isBuiltIn ? [] : ['--create-target']
  return [
    { command: commandLine(invocation, 'migrate', ...create), purpose: 'makes the tables and moves the rows; again, it changes nothing' },
  ]
}

export function stepsAfterCheck(result: CheckResult, invocation: Invocation): readonly NextStep[] {
  if (result.findings.some(finding => finding.severity === 'error'))
    return [{ command: commandLine(invocation, 'check'), purpose: 'again, once the errors are dealt with' }]
  return [{ command: commandLine(invocation, 'migrate', '--dry-run'), purpose: 'the whole way without writing' }]
}

export function stepsAfterMigrate(result: MigrateResult, invocation: Invocation): readonly NextStep[] {
  return [...runSteps(result, invocation), ...quarantineSteps(result, invocation), ...lookupSteps(result, invocation)]
}

function runSteps(result: MigrateResult, invocation: Invocation): readonly NextStep[] {
  if (result.dryRun) {
    if (result.status === 'interrupted')
      return [
        {
          command: commandLine(invocation, 'migrate', '--dry-run'),
          purpose: 'again from the beginning: a dry run leaves nothing to resume',
        },
      ]
    const sample = result.sample === undefined ? [] : ['--sample', String(result.sample)]
    return [{ command: commandLine(invocation, 'migrate', ...sample), purpose: 'the same with writing' }]
  }
  const resume = commandLine(invocation, 'migrate', '--resume', result.run)
  if (result.status === 'interrupted') return [{ command: resume, purpose: 'goes on after the last committed batch' }]
  if (result.status === 'stopped' || result.status === 'failed')
    return [{ command: resume, purpose: 'goes on with what was stopped, once its cause is dealt with' }]
  return []
}

function quarantineSteps(result: MigrateResult, invocation: Invocation): readonly NextStep[] {
  if (result.dryRun || (result.totals.quarantined === 0 && result.entities.every(line => line.parts_quarantined === 0))) return []
  return [{ command: commandLine(invocation, 'quarantine', 'list'), purpose: 'the rows refused, and why' }]
}

function lookupSteps(result: MigrateResult, invocation: Invocation): readonly NextStep[] {
  const example = result.entities.find(line => line.loaded + line.unchanged > 0)
  if (result.dryRun || example === undefined) return []
  const tenant = example.tenant === null ? [] : ['--tenant', example.tenant]
  return [{ command: `${commandLine(invocation, 'lookup', example.entity, ...tenant)} --legacy KEY`, purpose: 'where a legacy row went' }]
}

export function renderNextSteps(steps: readonly NextStep[], page: Page): readonly string[] {
  if (steps.length === 0) return []
  const widest = Math.max(...steps.map(step => displayWidth(step.command)))
  return [
    '',
    page.paint('strong', 'What to try next'),
    ...steps.map(step => `  ${padToWidth(step.command, widest, 'left')}  ${page.paint('dim', step.purpose)}`),
  ]
}
