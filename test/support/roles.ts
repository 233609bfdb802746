import { readerGrants, writerGrants } from '../../src/checks/grants.ts'
import { Session } from '../../src/postgres/session.ts'

export interface RoleOptions {
  /** Row security does not count for the role. */
  readonly bypassRowSecurity?: boolean
  /** The role owns the tables: what dropping indexes and disabling triggers needs. */
  readonly ownsTables?: boolean
}

const PASSWORD = 'only-for-tests'
const RELATIONS = `select n.nspname, c.relname, c.relkind, pg_catalog.pg_get_userbyid(c.relowner)
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
  order by 1, 2`

/** Makes or renews a role named after the database, with no more rights than its work needs: never a superuser, no role to create, no database to create. Returns its address. */
export async function createRole(url: string, kind: 'reader' | 'writer', options: RoleOptions = {}): Promise<string> {
  const session = await Session.open({ url, applicationName: 'rehouse test roles', side: 'target' })
  try {
    const database = decodeURIComponent(new URL(url).pathname.slice(1))
    const role = `${database}_${kind}`
    const rights = `login nosuperuser nocreatedb nocreaterole noreplication ${options.bypassRowSecurity ? 'bypassrls' : 'nobypassrls'}`
    const known = await session.query('select 1 from pg_catalog.pg_roles where rolname = $1', [role])
    await session.query(`${known.rows.length > 0 ? 'alter' : 'create'} role ${quote(role)} ${rights} password '${PASSWORD}'`)
    await grant(session, { role, kind, ownsTables: options.ownsTables ?? false })
    return asRole(url, role)
  } finally {
    await session.close()
  }
}

/** The very statements `check --grants` prints, for everything that is there. Whoever tests an installation makes the ledger’s schema himself. */
async function grant(session: Session, options: { role: string; kind: 'reader' | 'writer'; ownsTables: boolean }): Promise<void> {
  const { role, kind, ownsTables } = options
  const { rows } = await session.query(RELATIONS)
  const relations = rows.map(([schema, name, relkind, owner]) => ({
    schema: String(schema),
    name: String(name),
    owner: ownsTables && (relkind === 'r' || relkind === 'p') ? String(owner) : null,
  }))
  if (kind === 'reader') {
    await session.script(readerGrants({ role, tables: relations.map(table => ({ ...table, columns: null })) }).join('\n'))
    return
  }
  const [[hasLedger] = []] = (await session.query("select pg_catalog.to_regnamespace('rehouse') is not null")).rows
  const statements = writerGrants({
    role,
    tables: relations.map(table => ({ ...table, hasSequence: true })),
    referenced: [],
    // Set when the role was made.
    bypassesRowSecurity: false,
    ledger: hasLedger === 't' ? 'present' : 'creates',
  })
  await session.script(statements.join('\n'))
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

function asRole(url: string, role: string): string {
  const address = new URL(url)
  address.username = encodeURIComponent(role)
  address.password = PASSWORD
  return address.href
}
