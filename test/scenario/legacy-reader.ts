import { randomBytes } from 'node:crypto'
import { type Legacy, type Server, withSession } from '../../demo/make-legacy.ts'

const READER = 'legacy_reader'

/** Puts the legacy databases themselves in the place of the files the demonstration's manifest names: addresses of a login that may read them and nothing else. */
export async function makeReader(server: Server, legacy: Legacy): Promise<Readonly<Record<string, string>>> {
  const password = randomBytes(18).toString('base64url')
  await withSession(server.url('postgres'), {}, async session => {
    const known = await session.query('select 1 from pg_catalog.pg_roles where rolname = $1', [READER])
    await session.query(`${known.rowCount === 0 ? 'create' : 'alter'} role ${READER} login password '${password}'`)
  })
  for (const database of [legacy.login, ...legacy.districts.map(d => d.database)]) {
    await withSession(server.url(database), {}, session =>
      session.script(`grant usage on schema dbo to ${READER}; grant select on all tables in schema dbo to ${READER}`),
    )
  }
  const address = (database: string): string => {
    const url = new URL(server.url('postgres'))
    url.username = READER
    url.password = password
    url.pathname = ''
    // Written after the address is whole: the braces of {tenant.…} are not to be escaped.
    return url.href.replace('?', `/${database}?`)
  }
  return { REHOUSE_SOURCE_DISTRICT: address('{tenant.DatabaseName}'), REHOUSE_SOURCE_LOGIN: address(legacy.login) }
}
