import { exitStatus } from '../../report/exit-status.ts'
import { renderQuarantine } from '../../report/quarantine-text.ts'
import type { Answer, Call } from '../call.ts'
import { queryQuarantine } from '../quarantine-query.ts'

/** Rows a person reads; a program gets all of them. */
const ROWS_AS_TEXT = 100

export async function run(call: Call): Promise<Answer> {
  const asked = call.flags.countOrAll('limit')
  const result = await queryQuarantine(call, asked === undefined ? (call.isJson ? null : ROWS_AS_TEXT) : asked)
  return { json: result, lines: page => renderQuarantine(result, page), exit: exitStatus({ kind: 'done' }) }
}
