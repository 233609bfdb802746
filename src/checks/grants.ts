import { quoteName, quoteTable, quoteText } from '../base/quote-name.ts'

/** SQL that makes logins with what a migration needs and no more. Each statement may be run again. PostgreSQL 15 to 18; for an administrator, in the database concerned. */

export interface ReaderGrants {
  readonly role: string
  readonly tables: readonly ReadTable[]
}

export interface ReadTable {
  readonly schema: string
  readonly name: string
  /** Null: all of them, also those added later. */
  readonly columns: readonly string[] | null
}

/** Reads these tables, counts their rows, exports snapshots; every transaction of the role is read only. Row-level security of a table would hide its rows: then the role needs BYPASSRLS too. */
export function readerGrants({ role, tables }: ReaderGrants): readonly string[] {
  const name = quoteName(role)
  return [
    createRole(role),
    `alter role ${name} set default_transaction_read_only = on;`,
    onDatabase('connect', role),
    ...schemasOf(tables).map(schema => `grant usage on schema ${quoteName(schema)} to ${name};`),
    ...tables.map(table => `grant select${columnList(table.columns)} on table ${quoteTable(table)} to ${name};`),
  ]
}

export interface WriterGrants {
  readonly role: string
  readonly tables: readonly WriteTable[]
  /** Tables outside `tables` that foreign keys of owned tables refer to: asked for orphans when the key is made again. */
  readonly referenced: readonly { readonly schema: string; readonly name: string }[]
  readonly bypassesRowSecurity: boolean
  /** `absent`: the schema `rehouse` is made for the role. `present`: the role gets its rights in it. `creates`: the role may make it (and other schemas). */
  readonly ledger: 'absent' | 'present' | 'creates'
}

export interface WriteTable {
  readonly schema: string
  readonly name: string
  /** A sequence may feed one of its columns. */
  readonly hasSequence: boolean
  /** Null: rights are enough. Else the owner whose powers the role gets, to set keys aside and to disable triggers. */
  readonly owner: string | null
}

/** Loads and takes back rows of these tables and keeps the ledger. */
export function writerGrants({ role, tables, referenced, bypassesRowSecurity, ledger }: WriterGrants): readonly string[] {
  const name = quoteName(role)
  const owned = tables.filter(table => table.owner !== null && table.owner !== role)
  const owners = [...new Set(owned.map(table => table.owner ?? ''))]
  return [
    createRole(role),
    ...(bypassesRowSecurity ? [`alter role ${name} bypassrls;`] : []),
    onDatabase(ledger === 'creates' ? 'connect, create' : 'connect', role),
    ...(ledger === 'absent' ? [`create schema if not exists "rehouse" authorization ${name};`] : []),
    ...(ledger === 'present' ? ledgerRights(name) : []),
    ...schemasOf([...tables, ...referenced]).map(schema => `grant usage on schema ${quoteName(schema)} to ${name};`),
    ...tables.map(table => `grant select, insert, update, delete on table ${quoteTable(table)} to ${name};`),
    ...sequenceRights(
      tables.filter(table => table.hasSequence),
      role,
    ),
    ...schemasOf(owned).map(schema => `grant create on schema ${quoteName(schema)} to ${name};`),
    ...owners.map(owner =>
      ownership(
        owner,
        owned.filter(table => table.owner === owner),
        role,
      ),
    ),
    ...referenced.map(table => `grant select, references on table ${quoteTable(table)} to ${name};`),
  ]
}

function createRole(role: string): string {
  return perform(`if not exists (select from pg_catalog.pg_roles where rolname = ${quoteText(role)}) then
    create role ${quoteName(role)} login nosuperuser nocreatedb nocreaterole noreplication;
  end if;`)
}

/** The name of the database is left to the database: the same statements then serve those of all tenants. */
function onDatabase(rights: string, role: string): string {
  return perform(`execute pg_catalog.format('grant ${rights} on database %I to %I', pg_catalog.current_database(), ${quoteText(role)});`)
}

/** The ledger of an earlier run, and the guard’s function beside it. Its owner alone can upgrade it. */
function ledgerRights(name: string): readonly string[] {
  return [
    `grant usage, create on schema "rehouse" to ${name};`,
    `grant select, insert, update, delete on all tables in schema "rehouse" to ${name};`,
    `grant usage on all sequences in schema "rehouse" to ${name};`,
  ]
}

/** Sequences that feed a column, as identity, by ownership or by default: their values are used, and set past the highest stored. */
function sequenceRights(tables: readonly WriteTable[], role: string): readonly string[] {
  if (tables.length === 0) return []
  const list = tables.map(table => `${quoteText(quoteTable(table))}::pg_catalog.regclass`).join(', ')
  return [
    perform(
      `for feeding in
    select s.oid::pg_catalog.regclass
    from pg_catalog.pg_class s
    where s.relkind = 'S' and exists (
      select
      from pg_catalog.pg_depend d
      left join pg_catalog.pg_attrdef f on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and f.oid = d.objid
      where (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = s.oid and d.deptype in ('a', 'i') and d.refobjid in (${list}))
        or (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = s.oid and f.adrelid in (${list}))
    )
  loop
    execute pg_catalog.format('grant usage, select, update on sequence %s to %I', feeding, ${quoteText(role)});
  end loop;`,
      'feeding pg_catalog.regclass;',
    ),
  ]
}

/** Membership in the owner leaves the owner its tables. Powers of a superuser are not for lending: then the tables change hands, which takes nothing from a superuser. */
function ownership(owner: string, tables: readonly WriteTable[], role: string): string {
  const name = quoteName(role)
  const moves = tables.map(table => `alter table ${quoteTable(table)} owner to ${name};`)
  return perform(`if (select rolsuper from pg_catalog.pg_roles where rolname = ${quoteText(owner)}) then
    ${moves.join('\n    ')}
  else
    grant ${quoteName(owner)} to ${name};
  end if;`)
}

/** A tag that nothing in the body ends early. */
function perform(body: string, declared = ''): string {
  let tag = '$do$'
  while (body.includes(tag)) tag = tag.replace(/\$$/, '_$')
  return `do ${tag}${declared === '' ? '' : ` declare\n  ${declared}\n`} begin
  ${body}
end ${tag};`
}

function schemasOf(tables: readonly { readonly schema: string }[]): readonly string[] {
  return [...new Set(tables.map(table => table.schema))]
}

function columnList(columns: readonly string[] | null): string {
  return columns === null ? '' : ` (${columns.map(quoteName).join(', ')})`
}
