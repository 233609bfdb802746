/** PostgreSQL by its `server_version_num`: from 15 (column lists of SET NULL, NULLS NOT DISTINCT) to 18, the newest the tests run on. */
const OLDEST = 150_000
const NEWER = 190_000

/** Null: it is among those Rehouse is made for, or not PostgreSQL's number (0). */
export function unusualVersion(version: number): 'too old' | 'untried' | null {
  if (version === 0) return null
  if (version < OLDEST) return 'too old'
  return version >= NEWER ? 'untried' : null
}

/** 180004 → `18.4`; 90624 → `9.6.24`. */
export function versionText(version: number): string {
  const major = Math.floor(version / 10_000)
  if (major >= 10) return `${major}.${version % 10_000}`
  return `${major}.${Math.floor(version / 100) % 100}.${version % 100}`
}
