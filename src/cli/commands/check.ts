import { renderCheck } from '../../report/check-text.ts'
import { exitStatus } from '../../report/exit-status.ts'
import { renderNextSteps, stepsAfterCheck } from '../../report/next-steps.ts'
import { type Answer, type Call, invocationOf, manifestOptions } from '../call.ts'

export async function run(call: Call): Promise<Answer> {
  const api = await call.host.loadApi()
  const result = await api.check({ ...manifestOptions(call), grants: call.flags.isOn('grants'), examples: call.flags.isOn('examples') })
  return {
    json: result,
    lines: page => [...renderCheck(result, page), ...renderNextSteps(stepsAfterCheck(result, invocationOf(call)), page)],
    exit: exitStatus({ kind: 'findings', findings: result.findings }),
  }
}
