import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { FILE_SCHEMES, LATER_SCHEMES, schemeOf } from '../base/address-schemes.ts'
import { fillTemplate, isPerTenant } from '../base/address-template.ts'
import { fileAddress, staysInside } from '../base/file-address.ts'
import { nearestWord } from '../base/nearest-word.ts'
import { postgresAddress } from '../base/postgres-address.ts'
import { RehouseError } from '../errors.ts'
import type { Tenant } from '../model/mapping.ts'
import type { Place } from '../model/place.ts'
import { maskUrl } from './mask-url.ts'
import { isReference, type ReferenceContext, resolveReference, whereOf } from './resolve-secret.ts'
import { Secret } from './secret.ts'

/** Where a database is, ready to be opened. */
export type Address =
  | {
      readonly kind: 'postgres'
      /** For the driver, password included, without `ssl…` parameters. */
      readonly url: Secret
      /** To be tried in order (see base/postgres-address.ts). */
      readonly tls: readonly (ConnectionOptions | false)[]
      /** Without secrets, for people. */
      readonly label: string
    }
  | { readonly kind: 'embedded'; readonly database: string; readonly label: string }
  | {
      readonly kind: 'file'
      readonly scheme: string
      /** Absolute. */
      readonly path: string
      readonly options: ReadonlyMap<string, string>
      readonly label: string
    }

/** A source or service of the mapping, as far as its address goes. */
export interface AddressRef {
  readonly name: string
  readonly url: string
  readonly at: Place
}

export interface AddressContext extends ReferenceContext {
  /** Which overriding variable counts: REHOUSE_SOURCE_<NAME>, REHOUSE_SERVICE_<NAME> or REHOUSE_STAGING. */
  readonly side: 'source' | 'service' | 'staging'
  /** Whose columns `{tenant.X}` stands for; null = none. */
  readonly tenant: Tenant | null
}

const EMBEDDED_DEFAULT = 'rehouse'

/**
 * The address a source or service has: REHOUSE_SOURCE_<NAME> or REHOUSE_SERVICE_<NAME> of environment or `.env` over the manifest; references resolved,
 * `{tenant.X}` filled in. Throws CONFIG_MISSING naming what is missing, TENANT_INVALID naming the missing column, MANIFEST_INVALID and
 * MANIFEST_NOT_SUPPORTED for what leads nowhere, all with the place in the manifest. No message shows the address.
 */
export function resolveUrl(ref: AddressRef, context: AddressContext): Address {
  const text = filled(expand(ref, context), ref, context)
  const scheme = schemeOf(text)
  if (scheme === 'embedded') return embedded(text, ref)
  if (scheme === 'postgres' || scheme === 'postgresql') return postgres(withPassword(text, ref, context), ref, context)
  if (scheme in FILE_SCHEMES && context.side === 'source') return file(text, ref, context)
  throw wrongScheme(scheme, { ref, side: context.side })
}

/** Whether there is one such source per tenant; looks through references, as `{tenant.X}` may stand behind one. Throws as `resolveUrl` does for references. */
export function isSourcePerTenant(ref: AddressRef, context: ReferenceContext): boolean {
  const text = written(ref, 'source', context)
  return isPerTenant(text) || (isReference(text) && isPerTenant(resolveReference(text, ref.at, context)))
}

/** Environment and `.env` over the manifest. */
function written(ref: AddressRef, side: AddressContext['side'], context: ReferenceContext): string {
  const name = side === 'staging' ? 'REHOUSE_STAGING' : `REHOUSE_${side.toUpperCase()}_${ref.name.toUpperCase()}`
  return context.environment.get(name) ?? ref.url
}

/** What stands behind the reference, if it is one. */
function expand(ref: AddressRef, context: AddressContext): string {
  const text = written(ref, context.side, context)
  return (isReference(text) ? resolveReference(filled(text, ref, context), ref.at, context) : text).trim()
}

function filled(text: string, ref: AddressRef, { tenant, side }: AddressContext): string {
  if (!isPerTenant(text)) return text
  if (tenant === null)
    throw new RehouseError(
      'MANIFEST_INVALID',
      `expected an address without {tenant.…} for rows shared by all tenants, got the ${side} \`${ref.name}\` with one`,
      { where: whereOf(ref.at), next: 'Read shared rows from a source without {tenant.…}.' },
    )
  if (schemeOf(text) in FILE_SCHEMES) checkInside(text, ref, tenant)
  const result = fillTemplate(text, tenant.columns)
  if ('address' in result) return result.address
  throw new RehouseError(
    'TENANT_INVALID',
    `expected the column \`${result.missing}\` of the tenant for the address of \`${ref.name}\`, got none`,
    {
      where: { ...whereOf(ref.at), tenant: tenant.code },
      next: `Give the tenant a value for \`${result.missing}\`; it has ${Object.keys(tenant.columns).join(', ')}.`,
    },
  )
}

/** `postgres://user:env:NAME@host/…`: only the password is a reference. */
function withPassword(text: string, ref: AddressRef, context: AddressContext): string {
  const secret = (reference: string): string => encodeURIComponent(resolveReference(reference, ref.at, context))
  return text
    .replace(/^(postgres(?:ql)?:\/\/[^:@/]*:)((?:env|file):[^@]+)(?=@)/i, (_, head: string, reference: string) => head + secret(reference))
    .replace(/([?&]password=)((?:env|file):[^&]+)/, (_, head: string, reference: string) => head + secret(reference))
}

function postgres(text: string, ref: AddressRef, context: AddressContext): Address {
  const readFile = (path: string): string => readCertificate(resolve(context.manifestFolder, path), ref.at)
  try {
    const { url, tls } = postgresAddress(text, readFile)
    return { kind: 'postgres', url: new Secret(url), tls, label: maskUrl(text) }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new RehouseError('MANIFEST_INVALID', `${cause.message}, for \`${ref.name}\``, {
      where: whereOf(ref.at),
      next: 'Correct the address in the manifest or where it refers to.',
    })
  }
}

function readCertificate(file: string, at: Place): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
    throw new RehouseError('CONFIG_MISSING', `expected a readable certificate or key at ${file}, got ${code}`, {
      where: whereOf(at),
      next: 'Correct the path after sslrootcert, sslcert or sslkey; it is relative to the manifest.',
      cause,
    })
  }
}

function embedded(text: string, ref: AddressRef): Address {
  const database = text.slice('embedded:'.length) || EMBEDDED_DEFAULT
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(database)) return { kind: 'embedded', database, label: `embedded:${database}` }
  throw new RehouseError('MANIFEST_INVALID', `expected embedded: and the name of a database for \`${ref.name}\`, got another form`, {
    where: whereOf(ref.at),
    next: 'Use lower-case letters, digits and _, at most 63.',
  })
}

function file(text: string, ref: AddressRef, { manifestFolder }: AddressContext): Address {
  try {
    const { scheme, path, options } = fileAddress(text)
    return { kind: 'file', scheme, path: resolve(manifestFolder, path), options, label: `${scheme}:${path}` }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new RehouseError('MANIFEST_INVALID', `${cause.message}, for \`${ref.name}\``, {
      where: whereOf(ref.at),
      next: 'Correct the address in the manifest or where it refers to.',
    })
  }
}

/** A list of tenants may name files below a folder, not lead out of it. */
function checkInside(text: string, ref: AddressRef, tenant: Tenant): void {
  for (const [, column = ''] of text.matchAll(/\{tenant\.([^{}]+)\}/g)) {
    if (staysInside(Object.hasOwn(tenant.columns, column) ? (tenant.columns[column] ?? '') || '-' : '-')) continue
    throw new RehouseError(
      'TENANT_INVALID',
      `expected a path below the folder of the address in column \`${column}\` of the tenant for \`${ref.name}\`, got one that is absolute or climbs with ..`,
      { where: { ...whereOf(ref.at), tenant: tenant.code }, next: 'Write the folder into the address and the rest into the column.' },
    )
  }
}

function wrongScheme(scheme: string, { ref, side }: { readonly ref: AddressRef; readonly side: AddressContext['side'] }): RehouseError {
  const where = whereOf(ref.at)
  if (scheme in FILE_SCHEMES && side !== 'source')
    return new RehouseError('MANIFEST_INVALID', `expected a database as ${side} \`${ref.name}\`, got ${FILE_SCHEMES[scheme]}`, {
      where,
      next: 'Write postgres://… or embedded:NAME; files are sources only.',
    })
  const later = LATER_SCHEMES[scheme]
  if (later !== undefined)
    return new RehouseError('MANIFEST_NOT_SUPPORTED', `${later} (\`${ref.name}\`) is part of the language but not supported yet`, {
      where,
      next: 'Use postgres://… or embedded:NAME for now.',
    })
  const near = nearestWord(scheme, ['postgres', 'postgresql', 'embedded', ...Object.keys(FILE_SCHEMES)])
  const got = scheme === '' ? 'an address without a scheme' : `${scheme}:…`
  return new RehouseError(
    'MANIFEST_INVALID',
    `expected an address for \`${ref.name}\`, got ${got}${near ? `; did you mean ${near}?` : ''}`,
    { where, next: 'Write postgres://…, postgresql://…, embedded:NAME, bacpac:FILE, pgdump:FILE, csv:FOLDER, env:NAME or file:PATH.' },
  )
}
