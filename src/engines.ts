import type { ConnectionOptions } from 'node:tls'
import { RehouseError } from './errors.ts'
import type { Ledger } from './ledger/ledger.ts'
import { openPostgresLedger, type PostgresLedgerOptions } from './ledger/postgres/postgres-ledger.ts'
import { chooseTls } from './postgres/choose-tls.ts'
import { openBacpacSource } from './source/bacpac/bacpac-source.ts'
import { openCsvSource } from './source/csv/csv-source.ts'
import { openPgdumpSource } from './source/pgdump/pgdump-source.ts'
import { openPostgresSource } from './source/postgres/postgres-source.ts'
import type { Source } from './source/source.ts'
import type { SourceFile } from './source/source-file.ts'
import { openPostgresTarget } from './target/postgres/postgres-target.ts'
import type { Target } from './target/target.ts'

/** The only file that names engines. The memory engines are opened by tests, which have no address for them. */
export interface SourceAddress {
  readonly url: string
  /** What `sslmode` of the address means; absent = as the driver reads the address. */
  readonly ssl?: ConnectionOptions | false | undefined
  readonly applicationName: string
}

export interface TargetAddress extends SourceAddress {
  readonly service: string
  /** The service's own session settings. */
  readonly settings: Readonly<Record<string, string>>
}

const SOURCES: Readonly<Record<string, (address: SourceAddress) => Source>> = {
  'postgres:': openPostgresSource,
  'postgresql:': openPostgresSource,
}
/** Files: by the scheme of their address. */
const FILE_SOURCES: Readonly<Record<string, (file: SourceFile) => Source>> = {
  bacpac: openBacpacSource,
  csv: openCsvSource,
  pgdump: openPgdumpSource,
}
const TARGETS: Readonly<Record<string, (address: TargetAddress) => Target>> = {
  'postgres:': openPostgresTarget,
  'postgresql:': openPostgresTarget,
}

/** Throws MANIFEST_NOT_SUPPORTED for a kind of source that is not built. Connects when first asked something. */
export function openSource(address: SourceAddress): Source {
  const open = SOURCES[schemeOf(address.url)]
  if (open === undefined) throw notSupported('source', address.url)
  return open(address)
}

/** Throws MANIFEST_NOT_SUPPORTED for a kind of file that is not built. Opened when first asked something. */
export function openSourceFile(scheme: string, file: SourceFile): Source {
  const open = FILE_SOURCES[scheme]
  if (open === undefined) throw notSupported('source', `${scheme}:`)
  return open(file)
}

/** Whether texts in a file came out of a PostgreSQL, so that any PostgreSQL can hold them. */
export function textsOf(scheme: string): 'postgres' | 'any' {
  return scheme === 'pgdump' || scheme === 'csv' ? 'postgres' : 'any'
}

/** Throws MANIFEST_NOT_SUPPORTED for a kind of target that is not built. Connects when first asked something. `embedded:` has become its server’s address before. */
export function openTarget(address: TargetAddress): Target {
  const open = TARGETS[schemeOf(address.url)]
  if (open === undefined) throw notSupported('target', address.url)
  return open(address)
}

export { chooseTls }

/** The ledger lives in the target's own database. Connects when first asked something. */
export function openLedger(options: PostgresLedgerOptions): Ledger {
  return openPostgresLedger(options)
}

function schemeOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0].toLowerCase() ?? ''
}

function notSupported(side: 'source' | 'target', url: string): RehouseError {
  const scheme = schemeOf(url)
  return new RehouseError(
    'MANIFEST_NOT_SUPPORTED',
    `expected a ${side} of the form postgres://…, got ${scheme === '' ? 'an address without a scheme' : `${scheme}…`}`,
    {
      next: `Give the ${side} as postgres://user@host/database; other kinds are not built yet.`,
    },
  )
}
