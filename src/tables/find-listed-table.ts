import type { Catalogue, Relation } from '../model/catalogue.ts'

/**
 * The table a name out of the data means: to the letter in the schema of the list, else as `schema.table` (also in "double quotes" or [brackets]), else the only one that differs
 * in case alone. It is only ever compared with what the catalogue has: no statement is made of it.
 */
export function findListedTable(text: string, schema: string, catalogue: Pick<Catalogue, 'relations'>): Relation | null {
  const tables = catalogue.relations.filter(relation => relation.query === undefined && relation.many === undefined)
  const [first, second] = partsOf(text) ?? []
  const wanted = [
    { schema, name: text },
    ...(first === undefined ? [] : [second === undefined ? { schema, name: first } : { schema: first, name: second }]),
  ]
  for (const { schema: of, name } of wanted) {
    const found = tables.find(relation => relation.schema === of && relation.name === name)
    if (found !== undefined) return found
  }
  for (const { schema: of, name } of wanted) {
    const alike = tables.filter(relation => isAlike(relation.schema, of) && isAlike(relation.name, name))
    if (alike.length === 1) return alike[0] ?? null
  }
  return null
}

function isAlike(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

const PART = /"((?:[^"]|"")+)"|\[((?:[^\]]|\]\])+)\]|([^."[\]]+)/y

/** One or two parts; null: it has another form. */
function partsOf(text: string): readonly string[] | null {
  const parts: string[] = []
  let at = 0
  while (parts.length < 3) {
    PART.lastIndex = at
    const match = PART.exec(text)
    if (match === null) return null
    const [whole, quoted, bracketed, bare] = match
    parts.push(quoted?.replaceAll('""', '"') ?? bracketed?.replaceAll(']]', ']') ?? bare ?? '')
    at += whole.length
    if (at === text.length) return parts.length < 3 ? parts : null
    if (text[at++] !== '.') return null
  }
  return null
}
