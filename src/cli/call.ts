import type { Invocation } from '../report/next-steps.ts'
import type { Page } from '../report/paint.ts'
import type { Options } from './api.ts'
import { definedOnly, type Flags } from './flags.ts'
import type { Host } from './host.ts'
import { parsePairs } from './key-values.ts'
import { DEFAULT_MANIFEST } from './shared-flags.ts'

/** A command to run. */
export interface Call {
  readonly args: readonly string[]
  readonly flags: Flags
  readonly isJson: boolean
  readonly host: Host
}

/** What a command has to say. It prints nothing itself, unless it keeps printing while it runs. */
export interface Answer {
  /** The object `--json` prints. */
  readonly json: object
  readonly lines: (page: Page) => readonly string[]
  readonly exit: number
}

/** Each file in commands/ exports one as `run`. */
export type Run = (call: Call) => Promise<Answer>

/** What every command that reads a manifest passes on. */
export function manifestOptions(call: Call): Options {
  const pairs = call.flags.list('set')
  return {
    manifest: call.flags.text('manifest') ?? DEFAULT_MANIFEST,
    env: call.host.env,
    signal: call.host.signal,
    ...definedOnly({ envFile: call.flags.text('env-file'), set: pairs === undefined ? undefined : parsePairs(pairs) }),
  }
}

export function invocationOf(call: Call): Invocation {
  const manifest = call.flags.text('manifest') ?? DEFAULT_MANIFEST
  return { manifest: manifest === DEFAULT_MANIFEST ? null : manifest }
}
