import type { ConnectionOptions } from 'node:tls'
import { nearestWord } from './nearest-word.ts'

/** What a driver needs to connect, with `sslmode` as libpq means it (the driver itself reads `require` as `verify-full`). */
export interface PostgresAddress {
  /** For the driver: without any `ssl…` parameter, so that it adds no meaning of its own. Holds the password. */
  readonly url: string
  /**
   * TLS options to try in order, false = without TLS; the failure of the last is the one to report. Two of them only for `allow` and `prefer`.
   * Without `sslmode`: over a socket plain, to this machine as `allow`, else as `prefer`, which is libpq's default.
   */
  readonly tls: readonly (ConnectionOptions | false)[]
}

const PARTS = /^(?:postgres|postgresql):\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^@/?#]*)(?:\/([^@?#]*))?(?:\?([^#]*))?$/i
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
const PASSED_ON = ['host', 'port', 'user', 'password', 'options'] as const
const TLS_PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslpassword'] as const
/** Rehouse sets these itself on every session. */
const SET_BY_US = [
  'application_name',
  'fallback_application_name',
  'connect_timeout',
  'client_encoding',
  'keepalives',
  'keepalives_idle',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
]

/**
 * Reads a `postgres://` address. `readFile` gives the text of the file `sslrootcert`, `sslcert` or `sslkey` names; what it throws goes through.
 * Throws RangeError with one sentence ("expected …, got …") that never shows the address.
 */
export function postgresAddress(address: string, readFile: (path: string) => string): PostgresAddress {
  const parts = PARTS.exec(address)
  if (!parts)
    throw new RangeError('expected postgres://USER:PASSWORD@HOST:PORT/DATABASE with odd characters percent-encoded, got another form')
  const [user, password, hostAndPort, database] = parts.slice(1, 5).map(part => (part === undefined ? null : decoded(part)))
  const parameters = readParameters(parts[5] ?? '')
  const host = checkHost(parts[3] ?? '', parameters)
  // The driver reads the path as one of a web address, where these mean something else.
  if (/[?#]|(?:^|\/)\.{1,2}(?:\/|$)/.test(database ?? ''))
    throw new RangeError('expected the name of a database without ?, # and parts of dots, got one with them')
  const query = PASSED_ON.flatMap(name => (parameters.has(name) ? [`${name}=${encodeURIComponent(parameters.get(name) ?? '')}`] : []))
  const login =
    user === null || user === undefined ? '' : `${encodeURIComponent(user)}${password == null ? '' : `:${encodeURIComponent(password)}`}@`
  // The driver decodes the database with decodeURI, which leaves what encodeURI would not have encoded.
  const path = database == null || database === '' ? '' : `/${encodeURI(database)}`
  const url = `postgres://${login}${hostAndPort === '' ? '' : (parts[3] ?? '')}${path || '/'}${query.length > 0 ? `?${query.join('&')}` : ''}`
  return { url, tls: tlsAttempts(parameters, host, readFile) }
}

function readParameters(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const pair of query.split('&').filter(text => text !== '')) {
    const [name = '', ...rest] = pair.split('=')
    const known: readonly string[] = [...PASSED_ON, ...TLS_PARAMETERS, ...SET_BY_US]
    if (!known.includes(name)) {
      const near = nearestWord(name, known)
      throw new RangeError(
        `expected a known parameter in the address, got ${/^\w{1,40}$/.test(name) ? name : 'another'}${near ? `; did you mean ${near}?` : ''}`,
      )
    }
    if (parameters.has(name)) throw new RangeError(`expected ${name} once in the address, got it twice`)
    parameters.set(name, decoded(rest.join('=')))
  }
  return parameters
}

/** The host as the driver will see it; '' = the default socket. */
function checkHost(hostAndPort: string, parameters: ReadonlyMap<string, string>): string {
  const [, bracketed, bare, port] = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]]*))(?::(\d{0,5}))?$/i.exec(hostAndPort) ?? []
  const host = parameters.get('host') ?? bracketed ?? (bare === undefined ? null : decoded(bare))
  if (host === null) throw new RangeError('expected HOST:PORT in the address, got something else')
  if (host.includes(',')) throw new RangeError('expected one host in the address, got several')
  const number = Number(port || parameters.get('port') || 5432)
  if (!(Number.isInteger(number) && number >= 1 && number <= 65535))
    throw new RangeError('expected a port of 1 to 65535 in the address, got another')
  return host
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new RangeError('expected % in the address to be followed by two hexadecimal digits, got something else')
  }
}

function tlsAttempts(
  parameters: ReadonlyMap<string, string>,
  host: string,
  readFile: (path: string) => string,
): readonly (ConnectionOptions | false)[] {
  const isSocket = host === '' || host.startsWith('/')
  const isHere = isSocket || /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host)
  const written = parameters.get('sslmode') ?? (parameters.get('sslrootcert') === 'system' ? 'verify-full' : null)
  const mode = SSL_MODES.find(name => name === (written ?? (isHere ? 'allow' : 'prefer')))
  if (mode === undefined) throw new RangeError(`expected sslmode to be one of ${SSL_MODES.join(', ')}, got another`)
  // libpq never speaks TLS over a socket.
  if (isSocket || mode === 'disable') return [false]
  const keys = clientKeys(parameters, readFile)
  const unverified = { ...keys, rejectUnauthorized: false }
  const root = parameters.get('sslrootcert')
  if (root === 'system' && mode !== 'verify-full')
    throw new RangeError('expected sslmode=verify-full beside sslrootcert=system, got another')
  const authority = root === undefined || root === 'system' ? {} : { ca: readFile(root) }
  switch (mode) {
    case 'allow':
      return [false, unverified]
    case 'prefer':
      return [unverified, false]
    case 'require':
      // As libpq has it for old times' sake: with a root certificate `require` is `verify-ca`.
      return [root === undefined ? unverified : { ...keys, ...authority, rejectUnauthorized: true, checkServerIdentity: anyName }]
    case 'verify-ca':
      if (root === undefined) throw new RangeError('expected sslrootcert beside sslmode=verify-ca, got none')
      return [{ ...keys, ...authority, rejectUnauthorized: true, checkServerIdentity: anyName }]
    case 'verify-full':
      return [{ ...keys, ...authority, rejectUnauthorized: true }]
  }
}

/** `verify-ca` trusts every server the authority signed for, whatever its name. */
function anyName(): undefined {
  return undefined
}

function clientKeys(parameters: ReadonlyMap<string, string>, readFile: (path: string) => string): ConnectionOptions {
  const [cert, key, passphrase] = ['sslcert', 'sslkey', 'sslpassword'].map(name => parameters.get(name))
  if ((cert === undefined) !== (key === undefined)) throw new RangeError('expected sslcert and sslkey together, got one of them')
  return {
    ...(cert === undefined ? {} : { cert: readFile(cert) }),
    ...(key === undefined ? {} : { key: readFile(key) }),
    ...(passphrase === undefined ? {} : { passphrase }),
  }
}
