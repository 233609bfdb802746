/** An address for people: scheme, user, host, port and database, never a password or a parameter. What cannot be told apart is left out. Never throws. */
export function maskUrl(url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]{0,30}):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined) return '…'
  if (scheme === 'env' || scheme === 'file' || scheme === 'embedded') return SAFE.test(url) ? url : `${scheme}:…`
  const rest = url.slice(scheme.length + 1)
  if (!rest.startsWith('//')) return `${scheme}:…`
  // Everything up to the last @ may be part of a password that was not encoded.
  const at = rest.lastIndexOf('@')
  const login = at < 0 ? '' : rest.slice(2, at)
  const [, host = '', database = ''] = /^([^/?#]*)(\/[^?#]*)?/.exec(rest.slice(at < 0 ? 2 : at + 1)) ?? []
  if (/[/?#]/.test(login)) return `${scheme}://…`
  const user = /^([^:]*)/.exec(login)?.[1] ?? ''
  return `${scheme}://${at < 0 ? '' : `${shown(user)}@`}${HOST.test(host) ? host : '…'}${database === '' ? '' : `/${shown(database.slice(1))}`}`
}

const SAFE = /^[\w:./-]+$/
const HOST = /^(?:[\w.{}%-]*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

function shown(part: string): string {
  return /^[\w.{}%+-]*$/.test(part) ? part : '…'
}
