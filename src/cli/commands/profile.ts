import { resolve } from 'node:path'
import type { ProfileResult } from '../../model/profile-result.ts'
import { exitStatus } from '../../report/exit-status.ts'
import type { Page } from '../../report/paint.ts'
import { renderProfile, renderProfileFiles } from '../../report/profile-text.ts'
import type { Answer, Call } from '../call.ts'
import { definedOnly } from '../flags.ts'
import { FORMATS, USUAL, writeProfileFiles } from '../profile-files.ts'
import { openProgressView } from '../progress-view.ts'

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
        : await writeProfileFiles(found, { folder: resolve(host.cwd, out), formats: format === undefined ? USUAL : [format] })
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
