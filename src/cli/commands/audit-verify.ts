import { renderAuditVerify } from '../../report/audit-text.ts'
import { exitStatus } from '../../report/exit-status.ts'
import { type Answer, type Call, manifestOptions } from '../call.ts'
import { definedOnly } from '../flags.ts'

export async function run(call: Call): Promise<Answer> {
  const api = await call.host.loadApi()
  const result = await api.verifyAudit({ ...manifestOptions(call), ...definedOnly({ heads: call.flags.list('head') }) })
  return { json: result, lines: page => renderAuditVerify(result, page), exit: exitStatus({ kind: 'audit', result }) }
}
