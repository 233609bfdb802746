import { createHash } from 'node:crypto'
import { chmod, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { RehouseError } from '../../errors.ts'
import type { ReportFile, ReportResult } from '../../model/run-report.ts'
import { exitStatus } from '../../report/exit-status.ts'
import type { Page } from '../../report/paint.ts'
import { formatCounted } from '../../report/quantities.ts'
import { type NamedText, REPORT_FORMATS, type ReportFormat, reportFiles } from '../../report/report-files.ts'
import { renderReport } from '../../report/report-text.ts'
import { runReportDocument } from '../../report/run-report.ts'
import { printable } from '../../report/text-width.ts'
import { type Answer, type Call, manifestOptions } from '../call.ts'
import { writePrivateFile } from '../private-file.ts'

export async function run(call: Call): Promise<Answer> {
  const asked = REPORT_FORMATS.find(format => format === call.flags.text('format'))
  const folder = call.flags.text('out')
  if (asked === 'csv' && folder === undefined && !call.isJson) throw needsFolder()
  const api = await call.host.loadApi()
  const operator = call.flags.text('operator') ?? call.host.operator
  const made = await api.report({ ...manifestOptions(call), run: call.args[0] ?? 'latest', operator })
  const exit = exitStatus({ kind: 'done' })
  if (folder === undefined) return { json: made, lines: page => shown(made, asked ?? 'text', page), exit }
  const files = (asked === undefined ? REPORT_FORMATS : [asked]).flatMap(format => reportFiles(made, format))
  const written = await writeFiles(call, folder, files)
  return { json: { ...made, files: written }, lines: () => told(made, folder, written), exit }
}

/** The first file of the format; the last line end is the printer’s. */
function shown(made: ReportResult, format: ReportFormat, page: Page): readonly string[] {
  if (format === 'text') return renderReport(runReportDocument(made), page)
  return [reportFiles(made, format)[0]?.content.replace(/\n$/, '') ?? '']
}

function told(made: ReportResult, folder: string, files: readonly ReportFile[]): readonly string[] {
  return [
    ...files.map(({ name }) => printable(join(folder, name))),
    `${formatCounted(files.length, 'file')} about run ${printable(made.run)}.`,
    `SHA-256 of report.json, which is what is signed: ${made.sha256}`,
  ]
}

/** About people and about a company: the owner’s alone. */
async function writeFiles(call: Call, folder: string, files: readonly NamedText[]): Promise<readonly ReportFile[]> {
  const path = resolve(call.host.cwd, folder)
  try {
    if ((await mkdir(path, { recursive: true, mode: 0o700 })) !== undefined) await chmod(path, 0o700)
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
    throw new RehouseError('USAGE', `expected to make the folder given with --out, got ${reason}`, {
      where: { file: path },
      next: 'Name a folder that can be made and written to.',
      cause,
    })
  }
  for (const { name, content } of files) await writePrivateFile(call.host, { file: join(path, name), content, flag: '--out' })
  return files.map(({ name, content }) => ({
    name,
    bytes: Buffer.byteLength(content),
    sha256: createHash('sha256').update(content).digest('hex'),
  }))
}

function needsFolder(): RehouseError {
  return new RehouseError('USAGE', 'expected --out DIR with --format csv, got none: CSV is one file for each table', {
    next: 'Name a folder with --out.',
  })
}
