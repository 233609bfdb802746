import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import { CODES, RehouseError } from '../errors.ts'
import type { Api } from './api.ts'
import type { Host, Output } from './host.ts'
import { interrupted, reportFailure, runCli } from './run-cli.ts'

/** How long what still holds the process up may go on after the command has ended. */
const LINGER_MS = 1_000

/** Connects this process with `runCli`: words, streams, signals, exit status. Called once. */
export async function runProcess(options: { readonly loadApi: () => Promise<Api> }): Promise<void> {
  const words = process.argv.slice(2)
  surviveClosedPipes()
  const host: Host = {
    out: outputOf(process.stdout),
    err: outputOf(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    version: version(),
    operator: operator(),
    signal: abortOnSignals({ isQuiet: words.includes('--json') }),
    nowMs: Date.now,
    cpuSeconds,
    loadApi: options.loadApi,
  }
  let isAnswered = false
  // A failure outside of what the command waits for, such as a promise nobody awaited.
  process.on('uncaughtException', error => process.exit(reportFailure(error, { words, host, isAnswered })))
  const exit = await runCli(words, host)
  isAnswered = true
  finish(exit)
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return { terminal: stream.isTTY ? stream : null, write: text => stream.write(text) }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}

function version(): string {
  const file = fileURLToPath(new URL('../../package.json', import.meta.url))
  return String(JSON.parse(readFileSync(file, 'utf8')).version)
}

/** The login name; containers may run as a user without one. */
function operator(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

/** Aborts at the first SIGINT or SIGTERM; the second ends the process at once. */
export function abortOnSignals(options: { readonly isQuiet: boolean }): AbortSignal {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(CODES.INTERRUPTED.exit)
    if (!options.isQuiet)
      process.stderr.write(
        'Interrupted: finishing or rolling back what runs. Once more ends at once; nothing committed is lost either way.\n',
      )
    controller.abort(interrupted())
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return controller.signal
}

/** A reader that goes away (`rehouse plan | head`) must not end a migration half-way, nor leave a stack trace. */
export function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return
      throw new RehouseError('USAGE', `expected to be able to write the output, got ${error.code}`, {
        next: 'Send it where there is room and a right to write.',
        cause: error,
      })
    })
  }
}

/** Ends the process with this status once everything is written; what lingers (an idle connection) is given a second. */
export function finish(exit: number): void {
  process.exitCode = exit
  setTimeout(() => process.exit(exit), LINGER_MS).unref()
}
