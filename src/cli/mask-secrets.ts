/** Names of environment variables whose value is a secret. */
const SECRET_NAME = /pass|pwd|secret|token|salt|key|credential|auth|url|dsn|connection/i
/** Shorter values stand in too many innocent places. */
const LEAST_SECRET = 6

/** The text without the passwords of addresses, `password=…` settings and the values of environment variables that sound like secrets. */
export function maskSecrets(text: string, env: NodeJS.ProcessEnv): string {
  const values = Object.entries(env)
    .flatMap(([name, value]) => (SECRET_NAME.test(name) && value !== undefined && value.length >= LEAST_SECRET ? [value] : []))
    .toSorted((a, b) => b.length - a.length)
  return values
    .reduce((masked, value) => masked.replaceAll(value, '***'), text)
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@]*@/gi, '$1:***@')
    .replace(/\b(password|pwd|passwd|secret|token|salt)(["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&]+)/gi, '$1$2***')
}
