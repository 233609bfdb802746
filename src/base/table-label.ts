/** A part of a name that needs no quotes in a manifest. */
const BARE = /^[^\s."/](?:[^."/]*[^\s."/])?$/u

/** `schema.table` as a manifest writes it: a part with a dot, a slash or a quote stands in double quotes, so that no two tables have the same label. */
export function tableLabel(schema: string, name: string): string {
  return `${nameLabel(schema)}.${nameLabel(name)}`
}

export function nameLabel(name: string): string {
  return BARE.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

export interface NamePart {
  readonly text: string
  readonly isQuoted: boolean
}

/** The parts of `source/schema.table`. A part in double quotes may hold dots and slashes, `""` stands for a quote. Expects what the form check of the manifest let through. */
export function splitName(text: string): { readonly source: string | null; readonly parts: readonly NamePart[] } {
  const prefix = /^([a-z][a-z0-9_]*)\//.exec(text)
  const parts: NamePart[] = []
  for (const [, quoted, bare] of text.slice(prefix?.[0].length ?? 0).matchAll(/"((?:[^"]|"")+)"|([^."]+)/g))
    parts.push(quoted === undefined ? { text: bare ?? '', isQuoted: false } : { text: quoted.replaceAll('""', '"'), isQuoted: true })
  return { source: prefix?.[1] ?? null, parts }
}
