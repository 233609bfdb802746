import { schemeOf } from '../base/address-schemes.ts'
import { RehouseError } from '../errors.ts'
import type { Finding } from '../model/finding.ts'

const PASSWORD = /^(postgres(?:ql)?:\/\/[^:@/]*:)(?!env:|file:)[^@/?#]+(?=@)/i
const PARAMETER = /([?&]password=)(?!env:|file:)[^&]+/
const VARIABLE = 'TARGET_PASSWORD'

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
  if (hidden === address) return { address, findings: [] }
  return {
    address: hidden,
    findings: [
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
