import { exitStatus } from '../../report/exit-status.ts'
import { renderPlan } from '../../report/plan-text.ts'
import { type Answer, type Call, manifestOptions } from '../call.ts'

export async function run(call: Call): Promise<Answer> {
  const api = await call.host.loadApi()
  const result = await api.plan({ ...manifestOptions(call), compat: call.flags.isOn('compat') })
  return { json: result, lines: page => renderPlan(result, page), exit: exitStatus({ kind: 'findings', findings: result.findings }) }
}
