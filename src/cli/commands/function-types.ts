import { exitStatus } from '../../report/exit-status.ts'
import { renderFunctionTypes } from '../../report/function-types.ts'
import { type Answer, type Call, manifestOptions } from '../call.ts'

export async function run(call: Call): Promise<Answer> {
  const api = await call.host.loadApi()
  const result = await api.types(manifestOptions(call))
  const text = renderFunctionTypes(result)
  const out = call.flags.text('out')
  if (out !== undefined) await api.writeTypes(out, text)
  const lines = out === undefined ? text.trimEnd().split('\n') : [`${out} written.`]
  return { json: result, lines: () => lines, exit: exitStatus({ kind: 'findings', findings: result.findings }) }
}
