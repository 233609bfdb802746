import { nearestWord } from '../base/nearest-word.ts'
import { RehouseError } from '../errors.ts'
import type { Tenant, TenantColumns } from '../model/mapping.ts'
import type { Where } from '../model/place.ts'
import { tenantId } from './tenant-id.ts'

/** One row of a list of tenants, every column as text; what is NULL is not there. */
export interface TenantRow {
  readonly columns: Readonly<Record<string, string>>
  /** The row as a person finds it: file and line, or only the place of the list. */
  readonly where: Where
}

export interface TenantList {
  readonly rows: readonly TenantRow[]
  /** The columns there are, also those without any value. */
  readonly known: readonly string[]
  /** Which column says what. */
  readonly columns: TenantColumns
  /** Where the list is named or begins. */
  readonly where: Where
}

/** Tenant numbers have 16 bits, 0 is "no tenant". */
const MOST_TENANTS = 65_535

/**
 * Rows → tenants, in the rows' order. Blanks around code, id, name and zone are cut. The code is required and unique; the id is a unique UUID, without one
 * version 5 of the code; the zone is an IANA name. A column the manifest names must be there; `id`, `name` and `zone` under these names may be absent.
 * Throws TENANT_INVALID naming the row.
 */
export function buildTenants({ rows, known, columns, where }: TenantList): readonly Tenant[] {
  if (rows.length === 0) throw invalid('expected at least one tenant, got none', where, 'Add a row.')
  if (rows.length > MOST_TENANTS)
    throw invalid(`expected at most ${MOST_TENANTS} tenants, got ${rows.length}`, where, 'Split the migration.')
  const wanted = [
    columns.key,
    ...(['id', 'name', 'zone'] as const).flatMap(what => (columns[what] === null || columns[what] === what ? [] : [columns[what]])),
  ]
  for (const column of wanted) if (!known.includes(column)) throw missingColumn(column, known, where)
  const tenants = rows.map((row, index) => buildTenant(row, columns, index + 1))
  refuseTwice(tenants, rows, 'code')
  refuseTwice(tenants, rows, 'id')
  return tenants
}

function buildTenant(row: TenantRow, columns: TenantColumns, number: number): Tenant {
  const value = (column: string | null): string =>
    column !== null && Object.hasOwn(row.columns, column) ? (row.columns[column] ?? '').trim() : ''
  const code = value(columns.key)
  if (code === '')
    throw invalid(
      `expected a code in \`${columns.key}\` of tenant ${number}, got nothing`,
      row.where,
      'Give every tenant a code of its own.',
    )
  if (/\p{Cc}/u.test(code) || code.length > 200)
    throw invalid(
      `expected a code of at most 200 characters without control characters for tenant ${number}, got another`,
      row.where,
      'Shorten or clean the code.',
    )
  const where = { ...row.where, tenant: code }
  return {
    code,
    id: checkId(value(columns.id), where) ?? tenantId(code),
    name: value(columns.name) || code,
    zone: checkZone(value(columns.zone), where),
    columns: row.columns,
  }
}

function checkId(text: string, where: Where): string | null {
  if (text === '') return null
  const id = text.toLowerCase()
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(id) || /^[0-]+$/.test(id))
    throw invalid(
      'expected a UUID as id of the tenant, got another text',
      where,
      'Write 8-4-4-4-12 hexadecimal digits, or leave the id out: it is then made from the code.',
    )
  return id
}

function checkZone(text: string, where: Where): string | null {
  if (text === '') return null
  const isName = /^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(text)
  if (isName && isKnownZone(text)) return text
  const near = isName ? nearestWord(text, Intl.supportedValuesOf('timeZone')) : null
  throw invalid(
    `expected an IANA time zone for the tenant, got '${text.slice(0, 60)}'${near ? `; did you mean ${near}?` : ''}`,
    where,
    'Write a name as America/New_York; Windows names are not read yet.',
  )
}

function isKnownZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

function refuseTwice(tenants: readonly Tenant[], rows: readonly TenantRow[], what: 'code' | 'id'): void {
  const first = new Map<string, number>()
  for (const [index, tenant] of tenants.entries()) {
    const earlier = first.get(tenant[what])
    if (earlier !== undefined)
      throw invalid(
        `expected each ${what} once, got that of tenant ${earlier + 1} again for tenant ${index + 1}`,
        { ...rows[index]?.where, tenant: tenant.code },
        `Give every tenant ${what === 'id' ? 'an id' : 'a code'} of its own.`,
      )
    first.set(tenant[what], index)
  }
}

function missingColumn(column: string, known: readonly string[], where: Where): RehouseError {
  const near = nearestWord(column, known)
  return invalid(
    `expected a column \`${column}\` of the tenants, got none${near ? `; did you mean \`${near}\`?` : ''}`,
    where,
    `There are ${known.join(', ').slice(0, 500)}.`,
  )
}

function invalid(message: string, where: Where, next: string): RehouseError {
  return new RehouseError('TENANT_INVALID', message, { where, next })
}
