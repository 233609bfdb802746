import { relative } from 'node:path'
import { RehouseError } from '../../errors.ts'
import { exitStatus } from '../../report/exit-status.ts'
import { renderInit } from '../../report/init-text.ts'
import { renderNextSteps, stepsAfterInit } from '../../report/next-steps.ts'
import type { Answer, Call } from '../call.ts'
import { definedOnly } from '../flags.ts'

export async function run(call: Call): Promise<Answer> {
  const { flags, host, args } = call
  const out = flags.text('out')
  if (out === undefined)
    throw new RehouseError('USAGE', 'expected --out DIR, got no folder to write into', { next: 'Write for example `--out shop`.' })
  const api = await host.loadApi()
  const result = await api.init({
    sources: args,
    out,
    force: flags.isOn('force'),
    cwd: host.cwd,
    env: host.env,
    signal: host.signal,
    ...definedOnly({ target: flags.text('target') }),
  })
  const manifest = relative(host.cwd, result.files[0] ?? '')
  const isBuiltIn = flags.text('target')?.startsWith('embedded:') ?? true
  return {
    json: result,
    lines: page => [...renderInit(result, page), ...renderNextSteps(stepsAfterInit({ manifest }, { isBuiltIn }), page)],
    exit: exitStatus({ kind: 'done' }),
  }
}
