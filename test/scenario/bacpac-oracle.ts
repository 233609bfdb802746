import assert from 'node:assert/strict'
import { parse } from 'yaml'
import { type DecodedTable, decodeBacpac } from '../support/bacpac/independent-decoder.ts'
import type { TestDatabase } from '../support/postgres.ts'

/** What `init` wrote of an entity: plain columns, and references to entities whose table has the legacy key. */
interface Entity {
  readonly from: string
  readonly into: Readonly<
    Record<string, { readonly columns: Readonly<Record<string, string | { readonly from: string; readonly ref?: string }>> }>
  >
}

interface Moved {
  readonly target: string
  readonly source: string
  /** SQL of the value in the decoder's words. */
  readonly text: string
}

/**
 * Holds every row of a migrated database against the file, as the independent decoder reads it: all columns the manifest names, references as the legacy key of the row
 * they lead to. Nothing of it goes through the product but the names in the manifest. Gives the number of values compared.
 */
export async function assertMigrated(target: TestDatabase, manifest: string, file: string): Promise<number> {
  let compared = 0
  for await (const { name, stored, expected, columns } of tablesOf(target, manifest, file)) {
    assert.deepEqual(stored, expected, name)
    compared += stored.length * columns
  }
  return compared
}

/** The tables that do not hold what the file holds, in order. */
export async function differingTables(target: TestDatabase, manifest: string, file: string): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { name, stored, expected } of tablesOf(target, manifest, file))
    if (JSON.stringify(stored) !== JSON.stringify(expected)) names.push(name)
  return names.toSorted()
}

interface ComparedTable {
  readonly name: string
  readonly columns: number
  /** Rows as text, sorted. */
  readonly stored: readonly string[]
  readonly expected: readonly string[]
}

async function* tablesOf(target: TestDatabase, manifest: string, file: string): AsyncGenerator<ComparedTable> {
  // What init wrote: its form is what Entity says.
  const { entities } = parse(manifest) as { entities: Readonly<Record<string, Entity>> }
  const decoded = new Map(decodeBacpac(file).map(table => [`${table.schema}.${table.name}`, table]))
  for (const entity of Object.values(entities)) {
    const table = decoded.get(entity.from.replaceAll('"', ''))
    assert.ok(table, entity.from)
    for (const [name, { columns }] of Object.entries(entity.into)) {
      const moved: Moved[] = []
      for (const [column, value] of Object.entries(columns)) moved.push(await movedColumn(target, { name, column, value, entities }))
      const stored = await target.sql(`select ${moved.map(column => column.text).join(', ')} from ${name} t`)
      const expected = sourceRows(table, moved)
      const sorted = (rows: readonly (readonly unknown[])[]): readonly string[] => rows.map(row => JSON.stringify(row)).sort()
      yield { name, columns: moved.length, stored: sorted(stored), expected: sorted(expected) }
    }
  }
}

interface Asked {
  readonly name: string
  readonly column: string
  readonly value: string | { readonly from: string; readonly ref?: string }
  readonly entities: Readonly<Record<string, Entity>>
}

async function movedColumn(target: TestDatabase, { name, column, value, entities }: Asked): Promise<Moved> {
  const source = (typeof value === 'string' ? value : value.from).replaceAll('"', '')
  const [parent] = typeof value === 'string' || value.ref === undefined ? [] : Object.keys(entities[value.ref]?.into ?? {})
  if (parent !== undefined)
    return {
      target: column,
      source,
      text: `(select p.legacy_id::text from ${parent} p where p.tenant_id = t.tenant_id and p.id = t.${column})`,
    }
  const [[type = ''] = []] = await target.sql(
    `select format_type(atttypid, atttypmod) from pg_attribute where attrelid = '${name}'::regclass and attname = '${column}'`,
  )
  return { target: column, source, text: textOf(`t.${column}`, type ?? '') }
}

/** Blanks that pad and zeros that end a fraction of a second are dropped on both sides: they are not values. */
function textOf(column: string, type: string): string {
  if (type === 'boolean') return `${column}::int::text`
  if (type === 'bytea') return `'0x' || encode(${column}, 'hex')`
  if (type.startsWith('character(')) return `rtrim(${column})`
  if (type.startsWith('timestamp')) return `rtrim(rtrim(to_char(${column}, 'YYYY-MM-DD HH24:MI:SS.US'), '0'), '.')`
  return `${column}::text`
}

function sourceRows(table: DecodedTable, moved: readonly Moved[]): readonly (readonly (string | null)[])[] {
  const places = moved.map(({ source }) => table.columns.findIndex(column => column.name === source))
  return table.rows.map(row =>
    places.map((place, i) => {
      assert.ok(place >= 0, `${table.name}.${moved[i]?.source}`)
      const value = row[place] ?? null
      const type = table.columns[place]?.type ?? ''
      if (value === null) return null
      if (value.includes('.') && type.startsWith('datetime')) return value.replace(/0+$/, '').replace(/\.$/, '')
      return type === 'char' || type === 'nchar' ? value.trimEnd() : value
    }),
  )
}
