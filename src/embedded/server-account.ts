import { chownSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** PostgreSQL refuses to run as root. Its server then runs as `nobody`, an account every system has. */
const NOBODY = 65534
const OTHERS_ENTER = 0o001
const OTHERS_READ = 0o004

export interface Account {
  readonly uid: number
  readonly gid: number
}

/** The account the server has to run as; null = our own. */
export function serverAccount(): Account | null {
  return process.geteuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : null
}

export function giveTo(account: Account | null, path: string): void {
  if (account) chownSync(path, account.uid, account.gid)
}

/** Whether an account that owns nothing can read and enter `path`. */
export function isReachableForOthers(path: string): boolean {
  const { mode } = statSync(path)
  if ((mode & (OTHERS_ENTER | OTHERS_READ)) !== (OTHERS_ENTER | OTHERS_READ)) return false
  return canOthersEnter(dirname(path))
}

/** Whether an account that owns nothing can go through `folder` and every folder above it. */
export function canOthersEnter(folder: string): boolean {
  if ((statSync(folder).mode & OTHERS_ENTER) === 0) return false
  const above = dirname(folder)
  return above === folder || canOthersEnter(above)
}
