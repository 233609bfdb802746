import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { RehouseError } from '../../errors.ts'
import type { ProfileResult } from '../../model/profile-result.ts'
import { exitStatus } from '../../report/exit-status.ts'
import type { Page } from '../../report/paint.ts'
import { plainPaint } from '../../report/paint.ts'
import { profileHtml } from '../../report/profile-html.ts'
import { profileMarkdown } from '../../report/profile-markdown.ts'
import { renderProfile, renderProfileFiles } from '../../report/profile-text.ts'
import type { Answer, Call } from '../call.ts'
import { definedOnly } from '../flags.ts'
import { openProgressView } from '../progress-view.ts'

const PLAIN: Page = { width: Infinity, paint: plainPaint }

const FORMATS: Readonly<Record<string, { readonly file: string; readonly render: (result: ProfileResult) => string }>> = {
  md: { file: 'profile.md', render: profileMarkdown },
  html: { file: 'profile.html', render: profileHtml },
  json: { file: 'profile.json', render: result => `${JSON.stringify(result, null, 2)}\n` },
  text: { file: 'profile.txt', render: result => `${renderProfile(result, PLAIN).join('\n')}\n` },
}
/** What --out writes where no format is named. */
const USUAL = ['md', 'html', 'json']

export async function run(call: Call): Promise<Answer> {
  const { flags, host, args } = call
  const out = flags.text('out')
  const format = flags.text('format')
  const api = await host.loadApi()
  const view = openProgressView(host, call.isJson ? 'json' : 'text')
  try {
    const found = await api.profile({
      sources: args,
      cwd: host.cwd,
      env: host.env,
      signal: host.signal,
      on: view.on,
      ...definedOnly({ tenants: flags.list('tenant'), rows: flags.count('rows') }),
    })
    const result =
      out === undefined
        ? found
        : await writeFiles(found, { folder: resolve(host.cwd, out), formats: format === undefined ? USUAL : [format] })
    return {
      json: result,
      lines: page => linesOf(result, { out, format, page }),
      exit: exitStatus({ kind: 'findings', findings: result.findings }),
    }
  } finally {
    await view.close()
  }
}

function linesOf(
  result: ProfileResult,
  { out, format, page }: { readonly out: string | undefined; readonly format: string | undefined; readonly page: Page },
): readonly string[] {
  if (out !== undefined) return renderProfileFiles(result, page)
  const chosen = format === undefined || format === 'text' ? undefined : FORMATS[format]
  return chosen === undefined ? renderProfile(result, page) : chosen.render(result).trimEnd().split('\n')
}

async function writeFiles(
  result: ProfileResult,
  { folder, formats }: { readonly folder: string; readonly formats: readonly string[] },
): Promise<ProfileResult> {
  const files = formats.map(format => join(folder, FORMATS[format]?.file ?? ''))
  const named = { ...result, files }
  try {
    await mkdir(folder, { recursive: true })
    for (const [i, format] of formats.entries()) await writeFile(files[i] ?? '', FORMATS[format]?.render(named) ?? '')
  } catch (cause) {
    throw new RehouseError('CONFIG_INVALID', `expected a folder that can be written to at ${folder}, got an error`, {
      where: { file: folder },
      next: 'Give this user the right, or name another folder.',
      cause,
    })
  }
  return named
}
