import { exitStatus } from '../../report/exit-status.ts'
import type { Answer, Call } from '../call.ts'
import { embeddedFolderOf } from '../embedded-folder.ts'

export async function run(call: Call): Promise<Answer> {
  const api = await call.host.loadApi()
  const server = await api.startEmbedded({ folder: embeddedFolderOf(api, call) })
  const verb = server.isStartedHere ? 'started' : 'runs already'
  return {
    json: { running: true, started: server.isStartedHere, port: server.port, pid: server.pid },
    lines: () => [`The built-in PostgreSQL ${verb}: port ${server.port}, process ${server.pid}.`],
    exit: exitStatus({ kind: 'done' }),
  }
}
