/**
 * Arrays as the text PostgreSQL reads. The server cannot store NUL in text and refuses a lone surrogate's bytes; both become a visible mark,
 * because what stands in the ledger beside the rows must never be the reason that a batch fails.
 */
export function storable(text: string): string {
  return text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\u2400')
}

/** Elements as the server prints them: digits, signs; nothing that needs quotes. */
export function plainArray(values: readonly (string | number | null)[]): string {
  return `{${values.map(value => value ?? 'NULL').join(',')}}`
}

export function textArray(values: readonly (string | null)[]): string {
  return `{${values.map(value => (value === null ? 'NULL' : quoted(value))).join(',')}}`
}

const NEEDS_ESCAPE = /["\\]/g

function quoted(value: string): string {
  return `"${storable(value).replace(NEEDS_ESCAPE, '\\$&')}"`
}

/** Elements of a one-dimensional text array as the server prints it; null stays null. */
export function parseTextArray(text: string | null): readonly string[] | null {
  if (text === null) return null
  const parts: string[] = []
  for (const found of text.matchAll(/"((?:[^"\\]|\\[\s\S])*)"|([^{},"]+)/g))
    parts.push(found[1] === undefined ? (found[2] ?? '') : found[1].replace(/\\([\s\S])/g, '$1'))
  return parts
}
