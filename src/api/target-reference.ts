import { schemeOf } from '../base/address-schemes.ts'
import { RehouseError } from '../errors.ts'
import type { Finding } from '../model/finding.ts'

const PASSWORD = /^(postgres(?:ql)?:\/\/[^:@/]*:)(?!env:|file:)[^@/?#]+(?=@)/i
const PARAMETER = /([?&]password=)(?!env:|file:)[^&]+/
const VARIABLE = 'TARGET_PASSWORD'

const rowSecurity: Finding = {
  code: 'INIT_ROW_SECURITY',
  severity: 'info',
  where: {},
  message:
    'expected a role that row security does not bind, but the owner’s is not known here: target.sql forces row security on every table, on its owner too',
  next: 'Migrate as a superuser or a role with BYPASSRLS. Where there is none, take the lines with `force row level security` out until all tenants have moved.',
}

/** The address of the target as the manifest may hold it: a password becomes a reference. Throws USAGE for what is no target. */
export function targetReference(address: string): { readonly address: string; readonly findings: readonly Finding[] } {
  const scheme = schemeOf(address)
  if (!['embedded', 'postgres', 'postgresql', 'env', 'file'].includes(scheme))
    throw new RehouseError(
      'USAGE',
      `expected --target as postgres://… or embedded:NAME, got ${scheme === '' ? 'something without a kind' : `${scheme}:…`}`,
      {
        next: 'Leave it out for the built-in PostgreSQL.',
      },
    )
  const hidden = address.replace(PASSWORD, `$1env:${VARIABLE}`).replace(PARAMETER, `$1env:${VARIABLE}`)
  const bound = scheme === 'embedded' ? [] : [rowSecurity]
  if (hidden === address) return { address, findings: bound }
  return {
    address: hidden,
    findings: [
      ...bound,
      {
        code: 'INIT_PASSWORD',
        severity: 'warning',
        where: {},
        message: `expected no password in a file, got one in --target: the manifest refers to ${VARIABLE} instead`,
        next: `Set it before you migrate: export ${VARIABLE}=… (or write it into .env beside the manifest).`,
      },
    ],
  }
}
