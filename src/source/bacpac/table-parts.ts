import { tableLabel } from '../../base/table-label.ts'
import type { TablePlace } from '../../model/catalogue-extras.ts'
import { invalidFile } from './file-errors.ts'
import { readXml } from './xml-text.ts'
import type { ZipPart, ZipParts } from './zip-parts.ts'

/** The data files of every table, each table's in the order of their numbers, whatever their order in the zip. */
export type TableParts = ReadonlyMap<string, readonly ZipPart[]>

export function partsKey({ schema, table }: TablePlace): string {
  return JSON.stringify([schema, table])
}

const DATA = /^Data\/([^/]+)\/TableData-(\d{1,9})-(\d{1,9})\.BCP$/i
const RELATIONS = '_rels/.rels'
const NEVER = new AbortController().signal

/**
 * Which table each data file is of: as `_rels/.rels` says, otherwise by its folder, `schema.table` percent-encoded. Throws SOURCE_INVALID for a data file of no table, or of a folder
 * that two tables could have.
 */
export async function tableParts(zip: ZipParts, tables: readonly TablePlace[]): Promise<TableParts> {
  const said = await readRelations(zip)
  const byFolder = Map.groupBy(tables, table => `${table.schema}.${table.table}`)
  const known = new Set(tables.map(partsKey))
  const found = new Map<string, Numbered[]>()
  for (const part of zip.parts.values()) {
    if (!part.name.startsWith('Data/')) continue
    const [, folder, first, second] = DATA.exec(part.name) ?? []
    if (folder === undefined)
      throw invalidFile(`expected data files as Data/schema.table/TableData-000-00000.BCP, got ${part.name}`, { file: zip.path })
    const place = placeOf(said.get(part.name)) ?? folderTable(byFolder.get(decoded(folder)) ?? [], part, zip.path)
    const key = partsKey(place)
    if (!known.has(key))
      throw invalidFile(`expected a table of the model for ${part.name}, got ${tableLabel(place.schema, place.table)}`, { file: zip.path })
    const list = found.get(key) ?? []
    list.push({ part, first: Number(first), second: Number(second) })
    found.set(key, list)
  }
  const order = (a: Numbered, b: Numbered): number => a.first - b.first || a.second - b.second
  return new Map([...found].map(([key, list]) => [key, list.sort(order).map(({ part }) => part)]))
}

interface Numbered {
  readonly part: ZipPart
  readonly first: number
  readonly second: number
}

function folderTable(tables: readonly TablePlace[], part: ZipPart, file: string): TablePlace {
  const [table, ...others] = tables
  if (table === undefined) throw invalidFile(`expected a table of the model for ${part.name}, got none of that name`, { file })
  if (others.length > 0)
    throw invalidFile(`expected one table of the model for ${part.name}, got ${tables.length} that are written like this`, { file })
  return table
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not percent-encoded: it stands as it is.
    return text
  }
}

interface Said {
  schema?: string
  table?: string
}

/** What the package says of each part: `schema=…` and `table=…`. */
async function readRelations(zip: ZipParts): Promise<ReadonlyMap<string, Said>> {
  const said = new Map<string, Said>()
  const part = zip.parts.get(RELATIONS)
  if (part === undefined) return said
  const open = (name: string, attributes: Readonly<Record<string, string>>): void => {
    const [, what, value] = /^(schema|table)=([\s\S]*)$/.exec(attributes.Type ?? '') ?? []
    const target = attributes.Target?.replace(/^\//, '')
    if (name !== 'Relationship' || value === undefined || target === undefined || !zip.parts.has(target)) return
    const one = said.get(target) ?? {}
    one[what === 'schema' ? 'schema' : 'table'] = value
    said.set(target, one)
  }
  await readXml(zip.read(part, NEVER), { file: zip.path, part: RELATIONS }, { open, close: () => undefined, text: () => undefined })
  return said
}

function placeOf(said: Said | undefined): TablePlace | null {
  return said?.schema === undefined || said.table === undefined ? null : { schema: said.schema, table: said.table }
}
