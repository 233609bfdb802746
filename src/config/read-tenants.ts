import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { Tenant, TenantColumns, TenantsFrom } from '../model/mapping.ts'
import type { Place } from '../model/place.ts'
import { buildTenants, type TenantRow } from './build-tenants.ts'
import { type CsvRecord, parseCsv } from './csv-text.ts'
import { whereOf } from './resolve-secret.ts'
import { tenantId } from './tenant-id.ts'

/** The tenant of a migration that has no other: `tenants: single`. */
export const SINGLE_TENANT: Tenant = { code: 'single', id: tenantId('single'), name: 'single', zone: null, columns: {} }

const LIST_COLUMNS: TenantColumns = { key: 'code', id: 'id', name: 'name', zone: 'zone' }
const MOST_BYTES = 64 * 1024 * 1024

/** The tenants a manifest gives by itself: one, a list, or a CSV file beside it. Those of a relation are read by whoever opens sources (`buildTenants`). Throws TENANT_INVALID. */
export function readTenants(tenants: Exclude<TenantsFrom, { kind: 'relation' }>, manifestFolder: string): readonly Tenant[] {
  if (tenants.kind === 'single') return [SINGLE_TENANT]
  if (tenants.kind === 'csv')
    return tenantsFromCsv(
      readCsvFile(resolve(manifestFolder, tenants.file), tenants.at),
      resolve(manifestFolder, tenants.file),
      tenants.columns,
    )
  const where = whereOf(tenants.at)
  const known = [...new Set(['code', ...tenants.rows.flatMap(row => Object.keys(row))])]
  return buildTenants({ rows: tenants.rows.map(columns => ({ columns, where })), known, columns: LIST_COLUMNS, where })
}

/** CSV text with a header → tenants. An empty field is no value. Throws TENANT_INVALID with file and line. */
export function tenantsFromCsv(text: string, file: string, columns: TenantColumns): readonly Tenant[] {
  const [header, ...records] = parseCsv(text, file)
  const top = { file, line: 1, column: 1 }
  if (!header)
    throw new RehouseError('TENANT_INVALID', 'expected a header and one row per tenant, got an empty file', {
      where: top,
      next: 'Begin with the line code,id,name,zone.',
    })
  const names = header.fields.map(field => field.trim())
  checkHeader(names, { file, line: header.line, column: 1 })
  return buildTenants({ rows: records.map(record => asRow(record, names, file)), known: names, columns, where: top })
}

function checkHeader(names: readonly string[], where: Place): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  const problem = names.includes('')
    ? 'expected a name for each column in the header, got an empty one'
    : twice === undefined
      ? null
      : `expected each column once in the header, got \`${twice.slice(0, 60)}\` again`
  if (problem) throw new RehouseError('TENANT_INVALID', problem, { where, next: 'Correct the first line.' })
  if (names.length === 1 && /[;\t]/.test(names[0] ?? ''))
    throw new RehouseError('TENANT_INVALID', 'expected columns divided by commas, got another divider', {
      where,
      next: 'Save the file with commas.',
    })
}

function asRow({ line, fields }: CsvRecord, names: readonly string[], file: string): TenantRow {
  const where = { file, line, column: 1 }
  if (fields.length !== names.length)
    throw new RehouseError('TENANT_INVALID', `expected ${names.length} fields as in the header, got ${fields.length}`, {
      where,
      next: 'Put fields with commas in quotes.',
    })
  const columns = names.flatMap((name, i) => (fields[i] === '' ? [] : [[name, fields[i] ?? ''] as const]))
  return { columns: Object.fromEntries(columns), where }
}

function readCsvFile(file: string, at: Place): string {
  try {
    const facts = statSync(file)
    if (!facts.isFile() || facts.size > MOST_BYTES)
      throw new RehouseError('TENANT_INVALID', `expected a file of at most ${MOST_BYTES} bytes at ${file}, got something else`, {
        where: whereOf(at),
        next: 'Name the CSV file with the tenants.',
      })
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (cause) {
    if (cause instanceof RehouseError) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new RehouseError('TENANT_INVALID', `expected UTF-8 in ${file}, got other bytes`, {
        where: { file, line: 1, column: 1 },
        next: 'Save the file as UTF-8.',
        cause,
      })
    throw new RehouseError('CONFIG_MISSING', `expected the file ${file}, got ${code}`, {
      where: whereOf(at),
      next: 'Correct the path under `tenants`; it is relative to the manifest.',
      cause,
    })
  }
}
