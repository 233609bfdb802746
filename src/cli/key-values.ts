import { RehouseError } from '../errors.ts'

/** One CSV record: fields by commas, quoted as RFC 4180 says. `a,b` is a key of two parts, `"a,b"` a key of one. Throws USAGE. */
export function parseKey(text: string): readonly string[] {
  const parts: string[] = []
  for (let at = 0; ; at++) {
    const field = text[at] === '"' ? quotedField(text, at) : bareField(text, at)
    parts.push(field.value)
    at = field.end
    if (at >= text.length) return parts
  }
}

interface Field {
  readonly value: string
  /** Index of the comma after it, or the text's length. */
  readonly end: number
}

function bareField(text: string, from: number): Field {
  const comma = text.indexOf(',', from)
  const end = comma === -1 ? text.length : comma
  const value = text.slice(from, end)
  if (value.includes('"')) throw badKey(text, 'a quote in a field that does not begin with one')
  return { value, end }
}

function quotedField(text: string, from: number): Field {
  let value = ''
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] !== '"') value += text[at]
    else if (text[at + 1] === '"') {
      value += '"'
      at++
    } else if (at + 1 === text.length || text[at + 1] === ',') return { value, end: at + 1 }
    else throw badKey(text, 'more text after a closing quote')
  }
  throw badKey(text, 'a quote that is not closed')
}

/** The key itself may be personal: it is not repeated. */
function badKey(text: string, got: string): RehouseError {
  return new RehouseError('USAGE', `expected a key as one line of CSV, got ${got} in a text of ${text.length} characters`, {
    next: 'Quote a part that holds a comma or a quote: "a,b",c. Double a quote within.',
  })
}

/** `name=value` texts as an object; the last of equal names wins. */
export function parsePairs(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(pairs.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}
