import type { Page } from '../report/paint.ts'
import { colourPaint, plainPaint } from '../report/paint.ts'
import type { Api } from './api.ts'

/** Everything outside: what a command may touch. One object, so that tests give their own. */
export interface Host {
  readonly out: Output
  readonly err: Output
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly version: string
  readonly operator: string
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
  readonly nowMs: () => number
  /** CPU time this process has used so far. */
  readonly cpuSeconds: () => number
  /** Loads the engine; not before it is needed, as it is what makes starting up slow. */
  readonly loadApi: () => Promise<Api>
}

export interface Output {
  /** Null where it is not a terminal. */
  readonly terminal: Terminal | null
  write(text: string): unknown
}

export type Terminal = NodeJS.WritableStream & { readonly columns?: number }

/** Columns to write in where there is no terminal, or one that does not know its width (0). */
export const PLAIN_WIDTH = 100

/** How to write on this output: cut and coloured on a terminal (unless NO_COLOR is set, see no-color.org), whole and plain elsewhere. */
export function pageOf(output: Output, env: NodeJS.ProcessEnv): Page {
  if (output.terminal === null) return { width: Infinity, paint: plainPaint }
  const isPlain = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb'
  return { width: output.terminal.columns || PLAIN_WIDTH, paint: isPlain ? plainPaint : colourPaint }
}

/** The terminal whose lines may be drawn over; null where that cannot be done. */
export function liveTerminal(output: Output, env: NodeJS.ProcessEnv): Terminal | null {
  return env.TERM === 'dumb' ? null : output.terminal
}
