import { userInfo } from 'node:os'

/** Who does it, where nobody says so: the login name. */
export function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    // A uid without an entry in the user database has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
