import { exitStatus } from '../../report/exit-status.ts'
import { renderQuarantineDetails } from '../../report/quarantine-text.ts'
import type { Answer, Call } from '../call.ts'
import { queryQuarantine } from '../quarantine-query.ts'

export async function run(call: Call): Promise<Answer> {
  const result = await queryQuarantine(call, call.flags.countOrAll('limit') ?? null, 'shown')
  return { json: result, lines: page => renderQuarantineDetails(result, page), exit: exitStatus({ kind: 'done' }) }
}
