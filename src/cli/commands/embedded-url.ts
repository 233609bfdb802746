import { exitStatus } from '../../report/exit-status.ts'
import type { Answer, Call } from '../call.ts'
import { embeddedFolderOf } from '../embedded-folder.ts'

/** The address and nothing else: made for `psql "$(rehouse embedded url)"`. */
export async function run(call: Call): Promise<Answer> {
  const api = await call.host.loadApi()
  const url = api.embeddedUrl(embeddedFolderOf(api, call), call.args[0])
  return { json: { url }, lines: () => [url], exit: exitStatus({ kind: 'done' }) }
}
