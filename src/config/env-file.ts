import { RehouseError } from '../errors.ts'

/**
 * `.env` text → names and values. A line is `NAME=value`, `export NAME=value`, a comment or blank. A value in single quotes is taken as it stands, in double
 * quotes `\n`, `\"` and `\\` are escapes, both may go over several lines; without quotes it ends before ` #` and its blanks around are cut.
 * The last line of a name wins. Throws CONFIG_INVALID with file, line and column; never shows a value.
 */
export function parseEnvFile(text: string, file: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  const lines = (text.startsWith('\ufeff') ? text.slice(1) : text).split(/\r?\n/)
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (/^\s*(?:#.*)?$/.test(line)) continue
    const [head, name] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=[ \t]*/.exec(line) ?? []
    if (head === undefined || name === undefined)
      throw invalid('expected NAME=value, got something else', { file, line: at + 1, column: 1 })
    const quote = line[head.length]
    if (quote !== '"' && quote !== "'") {
      values.set(
        name,
        line
          .slice(head.length)
          .replace(/(?:^|\s)#.*$/, '')
          .trim(),
      )
      continue
    }
    const quoted = readQuoted(lines, at, head.length)
    if (quoted === null)
      throw invalid(`expected a closing ${quote} for ${name}, got the end of the file`, { file, line: at + 1, column: head.length + 1 })
    if (!/^\s*(?:#.*)?$/.test(quoted.rest))
      throw invalid(`expected nothing after the value of ${name}, got more`, { file, line: quoted.line + 1, column: 1 })
    values.set(name, quoted.value)
    at = quoted.line
  }
  return values
}

/** The value that begins with a quote at this place, possibly some lines below; null = it never ends. */
function readQuoted(lines: readonly string[], line: number, column: number): { value: string; line: number; rest: string } | null {
  const quote = lines[line]?.[column]
  const pattern = quote === '"' ? /^"((?:[^"\\]|\\[\s\S])*)"/ : /^'([^']*)'/
  let text = lines[line]?.slice(column) ?? ''
  for (let last = line; last < lines.length && last - line <= MOST_LINES; text += `\n${lines[++last] ?? ''}`) {
    const found = pattern.exec(text)
    if (!found) continue
    const value =
      quote === '"' ? (found[1] ?? '').replace(/\\([nrt"\\$])/g, (_, letter: string) => ESCAPES[letter] ?? letter) : (found[1] ?? '')
    return { value, line: last, rest: text.slice(found[0].length) }
  }
  return null
}

/** A private key has some fifty. */
const MOST_LINES = 200
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

function invalid(message: string, where: { file: string; line: number; column: number }): RehouseError {
  return new RehouseError('CONFIG_INVALID', message, { where, next: 'Correct the line; quote values with blanks, # or quotes in them.' })
}
