import type { Session } from './session.ts'

const MAY_ASK = "select pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute')"
const ASK = 'select system_identifier from pg_catalog.pg_control_system()'

/** The number `initdb` gave the server and its standbys; null where this role may not ask. Not inside a transaction that must go on. */
export async function systemIdentifier(session: Session): Promise<string | null> {
  const { rows } = await session.query(MAY_ASK)
  if (rows[0]?.[0] !== 't') return null
  return (await session.query(ASK)).rows[0]?.[0] ?? null
}
