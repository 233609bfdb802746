import { auditCsv, auditHeadText, auditLines } from '../../report/audit-text.ts'
import { exitStatus } from '../../report/exit-status.ts'
import { formatCounted } from '../../report/quantities.ts'
import { printable } from '../../report/text-width.ts'
import { type Answer, type Call, manifestOptions } from '../call.ts'
import { writePrivateFile } from '../private-file.ts'

export async function run(call: Call): Promise<Answer> {
  const file = call.flags.text('out')
  const api = await call.host.loadApi()
  const result = await api.exportAudit(manifestOptions(call))
  const content = call.flags.text('format') === 'csv' ? auditCsv(result.rows) : auditLines(result.rows)
  if (file !== undefined) await writePrivateFile(call.host, { file, content, flag: '--out' })
  const told = [
    `${formatCounted(result.entries, 'entry', 'entries')} written to ${printable(file ?? '')}.`,
    ...auditHeadText(result.audit_head),
  ]
  // The last line end is the printer's.
  const lines = file === undefined ? (content === '' ? [] : [content.replace(/\r?\n$/, '')]) : told
  return { json: result, lines: () => lines, exit: exitStatus({ kind: 'done' }) }
}
