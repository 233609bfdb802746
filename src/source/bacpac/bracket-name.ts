/** The parts of a name as the model writes it, `[schema].[table].[column]`; a bracket inside a part is doubled. Null: not of that form. */
export function readBracketName(text: string): readonly string[] | null {
  const parts: string[] = []
  let at = 0
  for (;;) {
    if (text[at] !== '[') return null
    const end = closingBracket(text, at + 1)
    if (end < 0) return null
    parts.push(text.slice(at + 1, end).replaceAll(']]', ']'))
    if (end + 1 === text.length) return parts
    if (text[end + 1] !== '.') return null
    at = end + 2
  }
}

function closingBracket(text: string, from: number): number {
  let at = from
  for (;;) {
    const end = text.indexOf(']', at)
    if (end < 0 || text[end + 1] !== ']') return end
    at = end + 2
  }
}
