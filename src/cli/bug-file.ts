import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { maskSecrets } from './mask-secrets.ts'

/** What a bug file says besides the stack. */
export interface BugFacts {
  readonly words: readonly string[]
  readonly version: string
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly nowMs: number
}

/** Writes the stack, secrets masked, where only the owner can read it. Null where it cannot be written: losing the file must not hide the failure. */
export function writeBugFile(error: unknown, facts: BugFacts): string | null {
  const folder = join(facts.cwd, '.rehouse')
  const file = join(folder, `bug-${new Date(facts.nowMs).toISOString().replaceAll(/[-:]/g, '')}.txt`)
  const head = [`rehouse ${facts.version}, Node ${process.version}, ${process.platform} ${process.arch}`, facts.words.join(' '), '']
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(file, maskSecrets(`${head.join('\n')}\n${stackOf(error)}\n`, facts.env), { mode: 0o600 })
    return file
  } catch {
    return null
  }
}

/** The stacks of an error and its causes, without the other members: drivers keep row values in them. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${typeof error === 'string' ? error : inspect(error, { depth: 0 })}`
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`
  return `${error.stack ?? `${error.name}: ${error.message}`}${cause}`
}
