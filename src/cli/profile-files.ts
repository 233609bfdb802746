import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { ProfileResult } from '../model/profile-result.ts'
import type { Page } from '../report/paint.ts'
import { plainPaint } from '../report/paint.ts'
import { profileHtml } from '../report/profile-html.ts'
import { profileMarkdown } from '../report/profile-markdown.ts'
import { renderProfile } from '../report/profile-text.ts'

const PLAIN: Page = { width: Infinity, paint: plainPaint }

export const FORMATS: Readonly<Record<string, { readonly file: string; readonly render: (result: ProfileResult) => string }>> = {
  md: { file: 'profile.md', render: profileMarkdown },
  html: { file: 'profile.html', render: profileHtml },
  json: { file: 'profile.json', render: result => `${JSON.stringify(result, null, 2)}\n` },
  text: { file: 'profile.txt', render: result => `${renderProfile(result, PLAIN).join('\n')}\n` },
}
/** What a folder gets where no format is named. */
export const USUAL = ['md', 'html', 'json']

/** The result with the paths of the files it was written to. */
export async function writeProfileFiles(
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
