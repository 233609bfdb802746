import { parseDocument } from 'yaml'

/** A manifest with the lines pasted in: maps are brought together, lists grow, anything else is replaced. */
export function pasteLines(manifest: string, lines: readonly string[]): string {
  const document = parseDocument(manifest)
  let root: unknown = document.toJS()
  for (const text of lines) root = merged(root, parseDocument(text).toJS())
  return JSON.stringify(root)
}

function merged(known: unknown, added: unknown): unknown {
  if (Array.isArray(known) && Array.isArray(added)) return [...known, ...added]
  if (!isMap(known) || !isMap(added)) return added
  const isValue = ('from' in added && !isMap(added.from)) || 'ref' in added || 'reason' in added || 'content' in added
  if (isValue) return added
  return {
    ...known,
    ...Object.fromEntries(Object.entries(added).map(([key, value]) => [key, key in known ? merged(known[key], value) : value])),
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
