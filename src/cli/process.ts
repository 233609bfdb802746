import { CODES } from '../errors.ts'
import { interrupted } from './run-cli.ts'

/** How long what still holds the process up may go on after the command has ended. */
const LINGER_MS = 1_000

/** Aborts at the first SIGINT or SIGTERM; the second ends the process at once. */
export function abortOnSignals(options: { readonly isQuiet: boolean }): AbortSignal {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(CODES.INTERRUPTED.exit)
    if (!options.isQuiet)
      process.stderr.write(
        '\nInterrupted: finishing or rolling back what runs. Once more ends at once; nothing committed is lost either way.\n',
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
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error
    })
  }
}

/** Ends the process with this status once everything is written; what lingers (an idle connection) is given a second. */
export function finish(exit: number): void {
  process.exitCode = exit
  setTimeout(() => process.exit(exit), LINGER_MS).unref()
}
