import { quoteText } from '../base/quote-name.ts'
import type { Draft, DraftColumn, DraftName, DraftTable } from './draft.ts'
import { ID, TENANT_ID } from './draft-names.ts'
import { sqlName, sqlTable } from './sql-name.ts'
import { cutName, NameSet } from './target-names.ts'
import { isWrapped } from './translate-default.ts'

/** The setting in which an application says which tenant it acts for. */
export const TENANT_SETTING = 'app.current_tenant'

const HEAD = `-- The target, as \`rehouse init\` proposes it. It is yours: change what you like, then run \`rehouse check\`.
-- Every statement leaves what is there as it is, so that the script can be applied again (\`rehouse migrate\` does so where a table is missing).
--
-- Every row carries its tenant, and every reference carries it too: no row can refer to another tenant's.
-- Row security lets a session see the tenant it names, and nothing while it names none:
--     set ${TENANT_SETTING} = '5d0b1c9e-…';
-- FORCE binds the owner as well. Load as a superuser or a role with BYPASSRLS; let the application be neither.
`

/** target.sql: schemas, extensions, types, tables in the order of their references, keys that close a circle, indexes, row security, comments. */
export function targetSql(draft: Draft): string {
  const { tables } = draft
  const schemas = [...new Set(tables.map(table => table.to.schema))].filter(name => name !== 'public')
  const targets = new Map(tables.map(table => [table.entity, table.to]))
  const names = new NameSet(tables.map(table => table.to.name))
  const sections = [
    HEAD,
    lines(schemas.map(name => `create schema if not exists ${sqlName(name)};`)),
    lines(draft.extensions.map(name => `create extension if not exists ${sqlName(name)} with schema public;`)),
    lines(draft.enums.map(({ labels, ...name }) => createEnum(name, labels))),
    ...tables.map(table => createTable(table, targets)),
    lines(tables.flatMap(table => circularKeys(table, targets))),
    lines(tables.flatMap(table => createIndexes(table, names))),
    '-- Row security\n',
    ...tables.map(rowSecurity),
    lines(tables.flatMap(comments)),
  ]
  return `${sections
    .filter(text => text !== '')
    .join('\n')
    .trimEnd()}\n`
}

function lines(statements: readonly string[]): string {
  return statements.length === 0 ? '' : `${statements.join('\n')}\n`
}

/** PostgreSQL has no IF NOT EXISTS for types. */
function createEnum(name: DraftName, labels: readonly string[]): string {
  const made = `create type ${sqlTable(name)} as enum (${labels.map(quoteText).join(', ')})`
  return `do ${dollar(`begin ${made}; exception when duplicate_object then null; end`)};`
}

function createTable(table: DraftTable, targets: ReadonlyMap<string, DraftName>): string {
  const columns = [
    `${ID} uuid primary key default gen_random_uuid()`,
    `${TENANT_ID} uuid not null`,
    ...table.columns.map(columnSql),
    `unique (${TENANT_ID}, ${ID})`,
    ...table.uniqueKeys.map(key => `unique${key.nullsNotDistinct ? ' nulls not distinct' : ''} (${withTenant(key.columns)})`),
    ...table.columns.flatMap(column => (isCircular(column) ? [] : foreignKey(column, targets))),
    ...table.checks.map(condition => (isWrapped(condition) ? `check ${condition}` : `check (${condition})`)),
  ]
  return `create table if not exists ${sqlTable(table.to)} (\n${columns.map(text => `  ${text}`).join(',\n')}\n);\n`
}

function columnSql({ name, typeSql, isNullable, fallback }: DraftColumn): string {
  return `${sqlName(name)} ${typeSql}${isNullable ? '' : ' not null'}${fallback === null ? '' : ` default ${fallback}`}`
}

function withTenant(columns: readonly string[]): string {
  return [TENANT_ID, ...columns.map(sqlName)].join(', ')
}

function isCircular({ value }: DraftColumn): boolean {
  return value.kind === 'reference' && value.isCircular
}

function foreignKey({ name, value, isNullable }: DraftColumn, targets: ReadonlyMap<string, DraftName>): readonly string[] {
  const parent = value.kind === 'reference' ? targets.get(value.entity) : undefined
  if (parent === undefined || value.kind !== 'reference') return []
  return [
    `foreign key (${withTenant([name])}) references ${sqlTable(parent)} (${TENANT_ID}, ${ID})${onDelete(value.onDelete, { name, isNullable })}`,
  ]
}

/** SET NULL would null the tenant too, were the column not named. */
function onDelete(action: string, { name, isNullable }: Pick<DraftColumn, 'name' | 'isNullable'>): string {
  if (action === 'cascade' || action === 'restrict') return ` on delete ${action}`
  return action === 'set null' && isNullable ? ` on delete set null (${sqlName(name)})` : ''
}

/** Keys to tables that come later, or to the table itself. */
function circularKeys(table: DraftTable, targets: ReadonlyMap<string, DraftName>): readonly string[] {
  const names = new NameSet()
  return table.columns.filter(isCircular).flatMap(column =>
    foreignKey(column, targets).map(key => {
      const name = names.give(`${table.to.name}_${column.name}_fkey`)
      const where = `conrelid = ${quoteText(sqlTable(table.to))}::pg_catalog.regclass and conname = ${quoteText(name)}`
      const add = `alter table ${sqlTable(table.to)} add constraint ${sqlName(name)} ${key}`
      return `do ${dollar(`begin if not exists (select from pg_catalog.pg_constraint where ${where}) then ${add}; end if; end`)};`
    }),
  )
}

function createIndexes(table: DraftTable, names: NameSet): readonly string[] {
  return table.indexes.map(columns => {
    const name = names.give(cutName(`${table.to.name}_${columns.join('_')}`, '_idx'))
    return `create index if not exists ${sqlName(name)} on ${sqlTable(table.to)} (${withTenant(columns)});`
  })
}

function rowSecurity({ to }: DraftTable): string {
  const table = sqlTable(to)
  const holds = `${TENANT_ID} = nullif(current_setting('${TENANT_SETTING}', true), '')::uuid`
  return [
    `alter table ${table} enable row level security;`,
    `alter table ${table} force row level security;`,
    `drop policy if exists tenant_isolation on ${table};`,
    `create policy tenant_isolation on ${table} using (${holds}) with check (${holds});`,
    '',
  ].join('\n')
}

function comments({ to, comment, columns }: DraftTable): readonly string[] {
  return [
    ...(comment === null ? [] : [`comment on table ${sqlTable(to)} is ${quoteText(comment)};`]),
    ...columns.flatMap(column =>
      column.comment === null ? [] : [`comment on column ${sqlTable(to)}.${sqlName(column.name)} is ${quoteText(column.comment)};`],
    ),
  ]
}

/** A body whatever it holds. */
function dollar(body: string): string {
  let tag = '$do$'
  for (let n = 1; body.includes(tag); n++) tag = `$do${n}$`
  return `${tag} ${body} ${tag}`
}
