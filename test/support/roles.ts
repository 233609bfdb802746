import { Session } from '../../src/postgres/session.ts'

export interface RoleOptions {
  /** Row security does not count for the role. */
  readonly bypassRowSecurity?: boolean
  /** The role owns the tables: what dropping indexes and disabling triggers needs. */
  readonly ownsTables?: boolean
}

const PASSWORD = 'only-for-tests'
const SCHEMAS = `select nspname from pg_catalog.pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'`

/** Makes or renews a role named after the database, with no more rights than its work needs: never a superuser, no role to create, no database to create. Returns its address. */
export async function createRole(url: string, kind: 'reader' | 'writer', options: RoleOptions = {}): Promise<string> {
  const session = await Session.open({ url, applicationName: 'rehouse test roles', side: 'target' })
  try {
    const database = decodeURIComponent(new URL(url).pathname.slice(1))
    const role = `${database}_${kind}`
    const rights = `login nosuperuser nocreatedb nocreaterole noreplication ${options.bypassRowSecurity ? 'bypassrls' : 'nobypassrls'}`
    const known = await session.query('select 1 from pg_catalog.pg_roles where rolname = $1', [role])
    await session.query(`${known.rows.length > 0 ? 'alter' : 'create'} role ${quote(role)} ${rights} password '${PASSWORD}'`)
    await grant(session, { database, role, kind })
    if (options.ownsTables) await giveTables(session, role)
    return asRole(url, role)
  } finally {
    await session.close()
  }
}

async function grant(session: Session, options: { database: string; role: string; kind: 'reader' | 'writer' }): Promise<void> {
  const { database, kind } = options
  const role = quote(options.role)
  // The writer makes the ledger's schema itself.
  await session.query(`grant connect${kind === 'writer' ? ', create' : ''} on database ${quote(database)} to ${role}`)
  for (const [name] of (await session.query(SCHEMAS)).rows) {
    const schema = quote(String(name))
    await session.script(`grant usage on schema ${schema} to ${role}; grant select on all tables in schema ${schema} to ${role};
      grant select on all sequences in schema ${schema} to ${role}`)
    if (kind === 'reader') continue
    await session.script(
      `grant insert, update, delete on all tables in schema ${schema} to ${role}; grant usage, update on all sequences in schema ${schema} to ${role}`,
    )
  }
}

async function giveTables(session: Session, role: string): Promise<void> {
  const tables = await session.query(
    `select n.nspname, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname in (${SCHEMAS})`,
  )
  for (const [schema, table] of tables.rows)
    await session.query(`alter table ${quote(String(schema))}.${quote(String(table))} owner to ${quote(role)}`)
  for (const [schema] of (await session.query(SCHEMAS)).rows)
    await session.query(`grant create on schema ${quote(String(schema))} to ${quote(role)}`)
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

function asRole(url: string, role: string): string {
  const address = new URL(url)
  address.username = encodeURIComponent(role)
  address.password = PASSWORD
  return address.href
}
