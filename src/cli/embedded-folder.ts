import { dirname, resolve } from 'node:path'
import type { Api } from './api.ts'
import type { Call } from './call.ts'
import { DEFAULT_MANIFEST } from './shared-flags.ts'

/** The folder of the built-in server: `.rehouse` beside the manifest, whether or not the manifest exists. */
export function embeddedFolderOf(api: Api, call: Call): string {
  return api.embeddedFolder(dirname(resolve(call.host.cwd, call.flags.text('manifest') ?? DEFAULT_MANIFEST)))
}
