import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Call only when no server runs on `data`. After a crash `postmaster.pid` names a process that is gone, and PostgreSQL sees so itself; but if its number has since gone to another process,
 * PostgreSQL would refuse to start. The file must stay, as it also guards against child processes of the crashed server: only the number is replaced, by ours, which PostgreSQL knows
 * as that of its parent and lets pass. True if there was such a file: the server crashed.
 */
export function forgetForeignPid(data: string): boolean {
  const file = join(data, 'postmaster.pid')
  if (!existsSync(file)) return false
  const lines = readFileSync(file, 'utf8').split('\n')
  if (!existsSync(`/proc/${lines[0]}`)) return true
  lines[0] = String(process.pid)
  writeFileSync(file, lines.join('\n'))
  return true
}
