import { type ProgressState, type Sample, WINDOW_MS } from './progress.ts'

/** What can honestly be said about speed and time left. */

/** Guesses made earlier are guesses about nothing. */
export const QUIET_MS = 2_000

/** Rows per second over the sliding window; null before there is anything to measure. */
export function rowsPerSecond(samples: readonly Sample[], sinceMs: number | null, nowMs: number): number | null {
  if (sinceMs === null) return null
  const from = Math.max(sinceMs, nowMs - WINDOW_MS)
  const rows = samples.reduce((sum, sample) => (sample.atMs > from ? sum + sample.rows : sum), 0)
  const spanMs = nowMs - from
  if (rows === 0 || spanMs < 500) return null
  return (rows * 1000) / spanMs
}

/** Seconds left; null while the estimate is not known, was exceeded, nothing moves, or the run is younger than two seconds. */
export function secondsLeft(state: ProgressState, nowMs: number): number | null {
  if (state.startedMs === null || state.estimatedRows === null || nowMs - state.startedMs < QUIET_MS) return null
  const rate = rowsPerSecond(state.samples, state.startedMs, nowMs)
  const rows = state.estimatedRows - state.read
  return rate === null || rows <= 0 ? null : rows / rate
}

/** From here a JavaScript process has no processor time left to give: one thread at work nearly all the time. */
const BUSY_SHARE = 0.85
/** Below this it mostly waits for others. */
const IDLE_SHARE = 0.4

/** What the run waits for, as far as this process can tell; null = nothing stands out. */
export function bottleneck(state: ProgressState): string | null {
  const tasks = [...state.tenants.values()].flatMap(tenant => [...tenant.tasks.values()])
  const retrying = tasks.filter(task => task.retrying !== null)
  if (retrying.length > 0 && retrying.length === tasks.length) return `waiting to try again (${retrying[0]?.retrying})`
  if (state.cpuShare === null || tasks.length === 0) return null
  if (state.cpuShare >= BUSY_SHARE) return 'held up by this process (processor)'
  return state.cpuShare < IDLE_SHARE ? 'held up by the databases or the network' : null
}
