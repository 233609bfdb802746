/** One row of tenants.csv. */
export interface DraftTenant {
  readonly code: string
  readonly id: string
  readonly name: string
  /** What the address of the source needs. */
  readonly columns: Readonly<Record<string, string>>
}

/** tenants.csv: `code,id,name,zone` and what the address needs. A zone is for a person to fill in. */
export function tenantsText(tenants: readonly DraftTenant[]): string {
  const more = Object.keys(tenants[0]?.columns ?? {})
  const rows = tenants.map(({ code, id, name, columns }) => [code, id, name, '', ...more.map(column => columns[column] ?? '')])
  return `${[['code', 'id', 'name', 'zone', ...more], ...rows].map(row => row.map(field).join(',')).join('\n')}\n`
}

function field(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
