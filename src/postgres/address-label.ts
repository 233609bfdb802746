/** The address of a server without secrets, for people: no password, no parameters. */
export function addressLabel(url: string): string {
  let address: URL
  try {
    address = new URL(url)
  } catch {
    return 'postgres://…'
  }
  const user = address.username === '' ? '' : `${address.username}@`
  const host = address.host === '' ? (address.searchParams.get('host') ?? '') : address.host
  return `${address.protocol}//${user}${host}${address.pathname}`
}
