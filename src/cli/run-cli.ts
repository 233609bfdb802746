import { bug, RehouseError } from '../errors.ts'
import type { ErrorResult } from '../model/results.ts'
import { renderError } from '../report/error-text.ts'
import { exitStatus } from '../report/exit-status.ts'
import { writeBugFile } from './bug-file.ts'
import type { Answer } from './call.ts'
import { type Host, PLAIN_WIDTH, pageOf } from './host.ts'
import { loadCommand } from './load-command.ts'
import { parseCommandLine } from './parse-command-line.ts'

/** Runs one command line and resolves to its exit status; never rejects. Every failure is reported here and nowhere else, once. */
export async function runCli(words: readonly string[], host: Host): Promise<number> {
  const isJson = wantsJson(words)
  try {
    const line = parseCommandLine(words, { version: host.version, width: host.out.terminal?.columns || PLAIN_WIDTH })
    if (line.kind === 'shown') {
      host.out.write(line.text)
      return exitStatus({ kind: 'done' })
    }
    const run = await loadCommand(line.command)
    const answer = await run({ args: line.args, flags: line.flags, isJson, host })
    printAnswer(answer, { isJson, host })
    return answer.exit
  } catch (error) {
    return reportFailure(error, { words, host, isAnswered: false })
  }
}

/** Asked of the words themselves, as a command line that cannot be read is answered in JSON too. */
function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return (end === -1 ? words : words.slice(0, end)).includes('--json')
}

function printAnswer(answer: Answer, to: { readonly isJson: boolean; readonly host: Host }): void {
  const { out, env } = to.host
  out.write(
    to.isJson
      ? `${JSON.stringify(answer.json)}\n`
      : answer
          .lines(pageOf(out, env))
          .map(line => `${line}\n`)
          .join(''),
  )
}

export interface Failure {
  readonly words: readonly string[]
  readonly host: Host
  /** The command has already said what it had to say: stdout must not get a second object. */
  readonly isAnswered: boolean
}

/** Says what went wrong, where and what to do; returns the exit status. */
export function reportFailure(thrown: unknown, failure: Failure): number {
  const { host, words, isAnswered } = failure
  const error = toRehouseError(thrown, failure)
  const result: ErrorResult = { error: { code: error.code, message: error.message, where: error.where, next: error.next } }
  if (wantsJson(words) && !isAnswered) host.out.write(`${JSON.stringify(result)}\n`)
  else
    host.err.write(
      renderError(result.error, pageOf(host.err, host.env))
        .map(line => `${line}\n`)
        .join(''),
    )
  return exitStatus({ kind: 'error', code: error.code })
}

/** What nobody foresaw becomes BUG in one sentence; its stack goes to a file. */
function toRehouseError(thrown: unknown, failure: Failure): RehouseError {
  if (thrown instanceof RehouseError && thrown.code !== 'BUG') return thrown
  const { host, words } = failure
  if (host.signal.aborted && thrown instanceof Error && thrown.name === 'AbortError') return interrupted()
  const file = writeBugFile(thrown, { words, version: host.version, env: host.env, cwd: host.cwd, nowMs: host.nowMs() })
  const known =
    thrown instanceof RehouseError
      ? thrown
      : bug(`expected every failure to be foreseen, got ${thrown instanceof Error ? thrown.name : typeof thrown}`)
  const next = file === null ? known.next : `Report it with the file ${file}; the ledger holds what was committed.`
  return new RehouseError('BUG', known.message, { where: known.where, next, cause: thrown })
}

/** The reason commands are aborted with. */
export function interrupted(): RehouseError {
  return new RehouseError('INTERRUPTED', 'the command was interrupted before it was done', {
    next: 'Run it again; a migration that had begun goes on with `rehouse migrate --resume`.',
  })
}
