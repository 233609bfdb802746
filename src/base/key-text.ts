/**
 * The canonical text of a key: its parts as a CSV record. A part stands as it is unless it is empty or holds a comma, a quote or a line break;
 * then it is quoted and its quotes are doubled. So a key of one plain part is that part, and two different keys never have the same text.
 */
export function canonicalKey(parts: readonly string[]): string {
  if (parts.length === 1) return quoted(parts[0] ?? '')
  return parts.map(quoted).join(',')
}

const NEEDS_QUOTES = /[,"\r\n]/

function quoted(part: string): string {
  return part === '' || NEEDS_QUOTES.test(part) ? `"${part.replaceAll('"', '""')}"` : part
}

/** The parts of a canonical key text; null for a text that `canonicalKey` never writes. */
export function keyParts(text: string): readonly string[] | null {
  const parts: string[] = []
  let at = 0
  while (at < text.length) {
    const part = text[at] === '"' ? readQuoted(text, at) : readPlain(text, at)
    if (part === null) return null
    parts.push(part.value)
    if (part.end === text.length) return canonicalKey(parts) === text ? parts : null
    at = part.end + 1
  }
  return text === '' ? parts : null
}

interface Part {
  readonly value: string
  /** Where the comma after it stands, or the end of the text. */
  readonly end: number
}

function readPlain(text: string, start: number): Part {
  const comma = text.indexOf(',', start)
  const end = comma === -1 ? text.length : comma
  return { value: text.slice(start, end), end }
}

function readQuoted(text: string, start: number): Part | null {
  let at = start + 1
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote === -1) return null
    if (text[quote + 1] === '"') {
      at = quote + 2
      continue
    }
    const end = quote + 1
    if (end < text.length && text[end] !== ',') return null
    return { value: text.slice(start + 1, quote).replaceAll('""', '"'), end }
  }
}
