import { snakeCase } from './target-names.ts'

/** What a name says a column or table holds that must not travel. */
const SECRET_WORDS = new Set(
  `password passwords passwd pwd passwort kennwort passphrase contrasena contrasenia motdepasse wachtwoord haslo senha parola losenord heslo passord adgangskode salasana пароль 密码 密碼
  pwhash pwdhash passwordhash passwordsalt secret secrets securitystamp credential credentials apikey apisecret privatekey secretkey accesskey authtoken
  accesstoken refreshtoken connectionstring connstring sessiontoken otp totp`.split(/\s+/),
)
/** Words that make a secret only together, in this order, side by side. */
const SECRET_PHRASES: readonly (readonly string[])[] = [
  ['api', 'key'],
  ['private', 'key'],
  ['secret', 'key'],
  ['access', 'key'],
  ['encryption', 'key'],
  ['signing', 'key'],
  ['license', 'key'],
  ['licence', 'key'],
  ['security', 'stamp'],
  ['connection', 'string'],
  ['conn', 'string'],
  ['mot', 'de', 'passe'],
  ['security', 'answer'],
  ['secret', 'answer'],
  ['two', 'factor', 'key'],
  ['authenticator', 'key'],
  ['recovery', 'code'],
  ['recovery', 'codes'],
  ['backup', 'codes'],
  ['pin', 'code'],
  ['pin', 'hash'],
  ['card', 'cvv'],
  ...['smtp', 'ftp', 'sftp', 'db', 'user', 'login', 'mail', 'admin', 'root', 'proxy', 'ldap'].map(word => [word, 'pass']),
]
/** Tokens are secrets where they let somebody in, not where they count words. */
const TOKEN_BESIDE = new Set([
  'auth',
  'access',
  'refresh',
  'session',
  'reset',
  'api',
  'bearer',
  'oauth',
  'login',
  'security',
  'csrf',
  'device',
  'push',
  'user',
  'verification',
  'invite',
  'remember',
])
/** About a secret, not the secret itself: `PasswordChangedDate`, `must_change_password`, `token_count`. */
const ABOUT = new Set(
  `date time at on changed change expires expired expiry expiration until updated count number attempts attempt failed failures is has must should can require
  required requires force policy length min max age days enabled active type id name never valid status lockout locked format version algorithm iterations
  datum geaendert`.split(/\s+/),
)
const STORES = new Set(['ftp', 'sftp', 'smtp', 'ldap'])

/** Null, or why the column is taken for a credential. Judged by its name alone. */
export function credentialColumn(table: string, column: string): string | null {
  const words = snakeCase(column).split('_')
  if (isAbout(words)) return null
  if (isSecret(words)) return 'looks like a credential; the new system issues its own'
  // Hash and salt are secrets beside a login.
  const isHash = words.some(word => word === 'hash' || word === 'salt' || word === 'pass')
  const owner = snakeCase(table).split('_')
  const isLogin = owner.some(word =>
    ['user', 'users', 'login', 'logins', 'account', 'accounts', 'credential', 'credentials', 'benutzer'].includes(word),
  )
  if (
    isHash &&
    (isLogin ? words.length <= 2 && !words.includes('file') && !words.includes('content') : isSecret(words.filter(word => word !== 'hash')))
  )
    return 'looks like the hash or salt of a password; the new system issues its own'
  return null
}

/** Null, or why the whole table is taken for one of credentials. */
export function credentialTable(table: string): string | null {
  const words = snakeCase(table).split('_')
  if (isAbout(words.slice(0, -1)) || isAbout(words.slice(-1))) return null
  const stores =
    words.some(word => STORES.has(word)) &&
    words.some(word => ['login', 'logins', 'credential', 'credentials', 'account', 'accounts'].includes(word))
  const joined = words.join('')
  if (stores || words.includes('credentials') || words.includes('credential')) return 'looks like a table of credentials'
  if (
    /(?:api|private|access|secret)keys?$|(?:refresh|access|auth|session|reset)tokens?$|(?:user|login|aspnetuser)tokens?$|passwords?$/.test(
      joined,
    )
  )
    return 'looks like a table of credentials'
  return null
}

function isSecret(words: readonly string[]): boolean {
  const joined = words.join('')
  if (words.some(word => SECRET_WORDS.has(word)) || SECRET_WORDS.has(joined)) return true
  if (SECRET_PHRASES.some(phrase => words.some((_, at) => phrase.every((word, i) => words[at + i] === word)))) return true
  const isToken = words.includes('token') || words.includes('tokens')
  return isToken && (words.length === 1 || words.some(word => TOKEN_BESIDE.has(word)))
}

/** The secret itself may be named with a word or two beside it; with a word of this kind it is a remark on it. */
function isAbout(words: readonly string[]): boolean {
  return words.length > 1 && words.some(word => ABOUT.has(word))
}
