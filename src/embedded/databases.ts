import { readFileSync } from 'node:fs'
import { RehouseError } from '../errors.ts'
import { Session } from '../postgres/session.ts'
import { SUPERUSER } from './cluster.ts'
import { passwordFile } from './server-state.ts'

/** The database of `embedded:` without a name. */
export const DEFAULT_DATABASE = 'rehouse'

/** Letters, digits, `_` and `-`: what needs no escape in an address. At most 63 bytes, as PostgreSQL cuts longer names. */
const NAME = /^[\p{L}\p{N}_-]+$/u
const NAME_BYTES = 63

/** The address of `database` on the server in `home`, with the password: not for messages. Throws USAGE for a name that cannot be. */
export function databaseUrl(home: string, port: number, database: string): string {
  if (!NAME.test(database) || Buffer.byteLength(database) > NAME_BYTES) {
    throw new RehouseError(
      'USAGE',
      `expected a database name of letters, digits, _ and - with at most ${NAME_BYTES} bytes, got ${JSON.stringify(database)}`,
      {
        next: 'Write `embedded:NAME` with such a name.',
      },
    )
  }
  return `postgres://${SUPERUSER}:${readPassword(home)}@127.0.0.1:${port}/${encodeURIComponent(database)}?sslmode=disable`
}

function readPassword(home: string): string {
  try {
    return readFileSync(passwordFile(home), 'utf8').trim()
  } catch (cause) {
    throw new RehouseError(
      'EMBEDDED_FAILED',
      `expected to be able to read the password of the built-in PostgreSQL, got: ${(cause as Error).message}`,
      {
        where: { file: passwordFile(home) },
        next: 'Run the same command as the user that made the server.',
        cause,
      },
    )
  }
}

/** Makes `database` on the server at `url` if it is not there. Two that do so at once both succeed. */
export async function ensureDatabase(url: string, database: string): Promise<void> {
  const session = await Session.open({ url, applicationName: 'rehouse embedded', side: 'target' })
  try {
    if (await hasDatabase(session, database)) return
    try {
      await session.query(`create database "${database.replaceAll('"', '""')}"`)
    } catch (error) {
      if (!(await hasDatabase(session, database))) throw error
    }
  } finally {
    await session.close()
  }
}

async function hasDatabase(session: Session, database: string): Promise<boolean> {
  return (await session.query('select 1 from pg_catalog.pg_database where datname = $1', [database])).rows.length > 0
}
