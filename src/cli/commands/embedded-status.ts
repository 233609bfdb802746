import { exitStatus } from '../../report/exit-status.ts'
import type { Answer, Call } from '../call.ts'
import { embeddedFolderOf } from '../embedded-folder.ts'

export async function run(call: Call): Promise<Answer> {
  const api = await call.host.loadApi()
  const { running, port, pid } = api.embeddedStatus(embeddedFolderOf(api, call))
  return {
    json: { running, port, pid },
    lines: () => [running ? `The built-in PostgreSQL runs: port ${port}, process ${pid}.` : 'The built-in PostgreSQL is not running.'],
    exit: exitStatus({ kind: 'done' }),
  }
}
