import type { RelationName } from '../model/mapping.ts'

/** The parts of `source/schema.table`. A part in double quotes may hold dots and slashes, `""` stands for a quote. Expects what the form check let through. */
export function splitName(text: string): { readonly source: string | null; readonly parts: readonly string[] } {
  const prefix = /^([a-z][a-z0-9_]*)\//.exec(text)
  const parts: string[] = []
  for (const [, quoted, bare] of text.slice(prefix?.[0].length ?? 0).matchAll(/"((?:[^"]|"")+)"|([^."]+)/g))
    parts.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'))
  return { source: prefix?.[1] ?? null, parts }
}

export function readRelationName(text: string, defaultSource: string): RelationName {
  const { source, parts } = splitName(text)
  return { source: source ?? defaultSource, schema: parts[0] ?? '', name: parts[1] ?? '' }
}
