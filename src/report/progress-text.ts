import type { ProgressEvent } from '../events.ts'
import type { Page } from './paint.ts'
import type { ProgressState, TaskProgress, TenantProgress } from './progress.ts'
import { bottleneck, QUIET_MS, rowsPerSecond, secondsLeft } from './progress-rates.ts'
import { formatAbout, formatCount, formatCounted, formatRate, formatSeconds } from './quantities.ts'
import { cutToWidth, displayWidth, padToWidth, printable } from './text-width.ts'

/** Lines for running tenants; further ones are summed in one line. */
const MOST_TENANTS = 10
/** A code longer than this is cut, so that the numbers stay on the line. */
const TENANT_WIDTH = 24

/** The live picture: one line for all, one per running tenant. Nothing in the first two seconds and after the end. */
export function renderProgress(state: ProgressState, page: Page, nowMs: number): readonly string[] {
  if (isQuiet(state, nowMs)) return []
  const running = [...state.tenants.values()].filter(tenant => tenant.tasks.size > 0)
  const shown = running.slice(0, MOST_TENANTS)
  const rest = running.slice(MOST_TENANTS)
  const width = Math.min(TENANT_WIDTH, Math.max(0, ...shown.map(tenant => displayWidth(tenantName(tenant)))))
  const lines = shown.map(
    tenant => `  ${padToWidth(cutToWidth(tenantName(tenant), width), width, 'left')}  ${tenantText(tenant, state, nowMs)}`,
  )
  if (rest.length > 0) lines.push(`  and ${formatCounted(rest.length, 'other')}: ${formatCounted(sumRead(rest), 'row')}`)
  const hint = bottleneck(state)
  if (hint !== null) lines.push(`  ${hint}`)
  return [page.paint('strong', cutToWidth(progressSummary(state, nowMs), page.width)), ...lines.map(line => cutToWidth(line, page.width))]
}

/** The same in one plain line, for logs; null while there is nothing worth a line. */
export function renderProgressLine(state: ProgressState, nowMs: number): string | null {
  if (isQuiet(state, nowMs)) return null
  const hint = bottleneck(state)
  return hint === null ? progressSummary(state, nowMs) : `${progressSummary(state, nowMs)}; ${hint}`
}

function isQuiet(state: ProgressState, nowMs: number): boolean {
  return state.startedMs === null || state.isFinished || nowMs - state.startedMs < QUIET_MS
}

function progressSummary(state: ProgressState, nowMs: number): string {
  const rate = rowsPerSecond(state.samples, state.startedMs, nowMs)
  const left = secondsLeft(state, nowMs)
  const parts = [
    `${formatSeconds((nowMs - (state.startedMs ?? nowMs)) / 1000)}`,
    `${formatCounted(state.read, 'row')}${shareText(state.read, state.estimatedRows)}`,
    ...(rate === null ? [] : [`${formatRate(rate)} rows/s`]),
    ...(left === null ? [] : [`${formatAbout(left)} left`]),
    `${formatCount(state.tasksDone)} of ${formatCounted(state.tasks, 'task')} done`,
    ...(state.quarantined === 0 ? [] : [`${formatCount(state.quarantined)} quarantined`]),
    ...(state.stoppedTenants === 0 ? [] : [`${formatCounted(state.stoppedTenants, 'tenant')} stopped`]),
  ]
  const what = [...(state.isDryRun ? ['dry run'] : []), ...(state.sample === null ? [] : [`sample of ${formatCount(state.sample)}`])]
  return [...what, ...parts].join(', ')
}

/** Whole percents, never 100 before the end: an estimate may be short. */
function shareText(read: number, estimated: number | null): string {
  if (estimated === null || estimated <= 0 || read > estimated) return ''
  return ` (${Math.min(99, Math.floor((read * 100) / estimated))} %)`
}

function tenantName(tenant: TenantProgress): string {
  return printable(tenant.tenant ?? '(shared)')
}

function tenantText(tenant: TenantProgress, state: ProgressState, nowMs: number): string {
  const rate = rowsPerSecond(tenant.samples, state.startedMs, nowMs)
  const tasks = [...tenant.tasks.values()].map(taskText)
  return [
    ...tasks,
    ...(rate === null ? [] : [`${formatRate(rate)} rows/s`]),
    ...(tenant.quarantined === 0 ? [] : [`${formatCount(tenant.quarantined)} quarantined`]),
  ].join(', ')
}

function taskText(task: TaskProgress): string {
  const waiting = task.retrying === null ? '' : `, trying again after ${task.retrying}`
  return `${printable(task.entity)} ${formatCount(task.read)}${shareText(task.read, task.estimatedRows)}${waiting}`
}

function sumRead(tenants: readonly TenantProgress[]): number {
  return tenants.flatMap(tenant => [...tenant.tasks.values()]).reduce((sum, task) => sum + task.read, 0)
}

/** What deserves a line of its own that stays: retries, stops, schema changes, findings. Null for everything else. */
export function renderEvent(event: ProgressEvent): string | null {
  switch (event.type) {
    case 'run:started':
      return event.sample === undefined
        ? null
        : `a sample: about ${formatCounted(event.sample, 'row')} of each entity and tenant, and what they refer to`
    case 'task:retried':
      return printable(
        `${placeText(event)}: ${event.code}, attempt ${event.attempt} in ${formatSeconds(event.waitMs / 1000)}: ${event.message}`,
      )
    case 'tenant:stopped':
      return printable(`tenant ${event.tenant ?? '(shared)'} stopped, ${event.code}: ${event.message}`)
    case 'schema:changed':
      return printable(`service ${event.service}, table ${event.table}: ${event.step}`)
    default:
      return null
  }
}

function placeText(event: { readonly tenant: string | null; readonly entity: string }): string {
  return `tenant ${event.tenant ?? '(shared)'}, entity ${event.entity}`
}
