/** A word as a POSIX shell reads it back unchanged. */
export function shellWord(text: string): string {
  if (text !== '' && /^[\w@%+=:,./-]+$/.test(text)) return text
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** A composite key as one argument of `--legacy`: comma-separated, quoted as in CSV where needed. */
export function keyArgument(key: readonly string[]): string {
  return key.map(part => (/[",\r\n]/.test(part) || (part === '' && key.length === 1) ? `"${part.replaceAll('"', '""')}"` : part)).join(',')
}
