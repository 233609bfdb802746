import { exitStatus } from '../../report/exit-status.ts'
import type { Answer, Call } from '../call.ts'
import { embeddedFolderOf } from '../embedded-folder.ts'

export async function run(call: Call): Promise<Answer> {
  const api = await call.host.loadApi()
  const stopped = await api.stopEmbedded(embeddedFolderOf(api, call))
  return {
    json: { running: false, stopped },
    lines: () => [stopped ? 'The built-in PostgreSQL stopped.' : 'The built-in PostgreSQL was not running.'],
    exit: exitStatus({ kind: 'done' }),
  }
}
