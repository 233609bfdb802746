import { setTimeout as sleep } from 'node:timers/promises'
import { createLogUpdate } from 'log-update'
import { RehouseError } from '../../errors.ts'
import type { StatusResult } from '../../model/results.ts'
import { exitStatus } from '../../report/exit-status.ts'
import { renderStatus } from '../../report/status-text.ts'
import { type Answer, type Call, manifestOptions } from '../call.ts'
import { definedOnly } from '../flags.ts'
import { liveTerminal, pageOf } from '../host.ts'

const REFRESH_MS = 2_000

export async function run(call: Call): Promise<Answer> {
  const api = await call.host.loadApi()
  const read = (): Promise<StatusResult> => api.status({ ...manifestOptions(call), ...definedOnly({ run: call.args[0] }) })
  const result = call.flags.isOn('watch') ? await watch(call, read) : await read()
  return { json: result, lines: page => renderStatus(result, page), exit: exitStatus({ kind: 'done' }) }
}

/** Draws the status anew until no run is going on or the user has seen enough; resolves to the last one. */
async function watch(call: Call, read: () => Promise<StatusResult>): Promise<StatusResult> {
  if (call.isJson) throw new RehouseError('USAGE', 'expected --watch without --json, got both', { next: 'Leave one of them out.' })
  const { out, env, signal } = call.host
  let result = await read()
  const terminal = liveTerminal(out, env)
  if (terminal === null) return result
  const screen = createLogUpdate(terminal)
  while (result.runs.some(run => run.status === 'running') && !signal.aborted) {
    screen(renderStatus(result, pageOf(out, env)).join('\n'))
    await sleep(REFRESH_MS, undefined, { signal }).catch(() => undefined)
    if (!signal.aborted) result = await read()
  }
  screen.clear()
  screen.done()
  return result
}
