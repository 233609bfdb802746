import type { EventListener, ProgressEvent } from '../events.ts'
import { type CpuMeasured, NO_PROGRESS, reduceProgress } from '../report/progress.ts'
import { renderEvent, renderProgress, renderProgressLine } from '../report/progress-text.ts'
import { type Host, liveTerminal, pageOf, type Terminal } from './host.ts'

/** Shows events on stderr while a run goes on. */
export interface ProgressView {
  readonly on: EventListener
  /** Leaves nothing half drawn. */
  close(): Promise<void>
}

const LIVE_MS = 250
const PLAIN_MS = 5_000

/** `json`: one line per event. `text`: drawn over on a terminal, a line every few seconds elsewhere. */
export function openProgressView(host: Host, form: 'json' | 'text'): ProgressView {
  if (form === 'json') return openJsonView(host)
  const terminal = liveTerminal(host.err, host.env)
  return terminal === null ? openPlainView(host) : openLiveView(host, terminal)
}

function openJsonView(host: Host): ProgressView {
  return {
    on: event => host.err.write(`${JSON.stringify({ time: new Date(host.nowMs()).toISOString(), ...event })}\n`),
    close: async () => {},
  }
}

function openPlainView(host: Host): ProgressView {
  const follower = followProgress(host)
  const timer = setInterval(() => {
    follower.measureCpu()
    const line = renderProgressLine(follower.state(), host.nowMs())
    if (line !== null) host.err.write(`${line}\n`)
  }, PLAIN_MS)
  return {
    on: event => {
      follower.take(event)
      const line = renderEvent(event)
      if (line !== null) host.err.write(`${line}\n`)
    },
    close: async () => clearInterval(timer),
  }
}

function openLiveView(host: Host, terminal: Terminal): ProgressView {
  const follower = followProgress(host)
  const screen = import('log-update').then(({ createLogUpdate }) => createLogUpdate(terminal))
  let isDrawn = false
  let isClosed = false
  const draw = async (): Promise<void> => {
    follower.measureCpu()
    const lines = renderProgress(follower.state(), pageOf(host.err, host.env), host.nowMs())
    const write = await screen
    if (isClosed || (lines.length === 0 && !isDrawn)) return
    isDrawn = true
    write(lines.join('\n'))
  }
  // log-update would break the line in the middle of a word; the picture comes back with the next tick.
  const keep = async (line: string): Promise<void> => {
    const write = await screen
    if (isDrawn && !isClosed) write.clear()
    terminal.write(`${line}\n`)
  }
  const timer = setInterval(() => void draw(), LIVE_MS)
  return {
    on: event => {
      follower.take(event)
      const line = renderEvent(event)
      if (line !== null) void keep(line)
    },
    close: async () => {
      isClosed = true
      clearInterval(timer)
      const write = await screen
      if (!isDrawn) return
      write.clear()
      write.done()
    },
  }
}

/** The state of the run, kept from its events. */
function followProgress(host: Host) {
  let state = NO_PROGRESS
  let last = { atMs: host.nowMs(), cpuSeconds: host.cpuSeconds() }
  const take = (event: ProgressEvent | CpuMeasured): void => {
    state = reduceProgress(state, event, host.nowMs())
  }
  const measureCpu = (): void => {
    const now = { atMs: host.nowMs(), cpuSeconds: host.cpuSeconds() }
    // Shorter spans than this measure chance.
    if (now.atMs - last.atMs < 1_000) return
    take({ type: 'cpu:measured', share: (now.cpuSeconds - last.cpuSeconds) / ((now.atMs - last.atMs) / 1000) })
    last = now
  }
  return { state: () => state, take, measureCpu }
}
