/** `{tenant.X}` in an address stands for column X of the tenant's row. */

/** Whether there is one such source per tenant. */
export function isPerTenant(address: string): boolean {
  return address.includes('{tenant.')
}

/** Puts the tenant's columns in, percent-encoded, so that no value can change what part of the address it stands in. A column that is not there is named, not replaced. */
export function fillTemplate(
  address: string,
  columns: Readonly<Record<string, string>>,
): { readonly address: string } | { readonly missing: string } {
  let missing: string | null = null
  const filled = address.replace(/\{tenant\.([^{}]+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(columns, name) ? columns[name] : undefined
    if (value === undefined || value === '') missing ??= name
    return encodeURIComponent(value ?? '').replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  })
  return missing === null ? { address: filled } : { missing }
}
