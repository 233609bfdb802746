import type { QuarantineResult } from '../../model/results.ts'
import { exitStatus } from '../../report/exit-status.ts'
import { formatCounted } from '../../report/quantities.ts'
import { quarantineCsv } from '../../report/quarantine-csv.ts'
import { printable } from '../../report/text-width.ts'
import type { Answer, Call } from '../call.ts'
import { writePrivateFile } from '../private-file.ts'
import { queryQuarantine } from '../quarantine-query.ts'

export async function run(call: Call): Promise<Answer> {
  const file = call.flags.text('out')
  const result = await queryQuarantine(call, null, 'exported')
  const content = call.flags.text('format') === 'json' ? `${JSON.stringify(result, null, 2)}\n` : quarantineCsv(result.rows)
  if (file !== undefined) await writePrivateFile(call.host, { file, content, flag: '--out' })
  return { json: result, lines: () => linesOf(result, file, content), exit: exitStatus({ kind: 'done' }) }
}

function linesOf(result: QuarantineResult, file: string | undefined, content: string): readonly string[] {
  if (file !== undefined) return [`${formatCounted(result.rows.length, 'row')} written to ${printable(file)}.`]
  // The last line end is the printer's.
  return [content.replace(/\r?\n$/, '')]
}
