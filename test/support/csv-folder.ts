import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { valueText } from '../../src/cast/value-text.ts'
import type { Relation } from '../../src/model/catalogue.ts'
import { openCsvSource } from '../../src/source/csv/csv-source.ts'
import { WHOLE } from '../../src/source/scan-keys.ts'
import type { Source } from '../../src/source/source.ts'
import { collectFields } from '../contract/table-spec.ts'

/** How a test writes CSV: a small writer that shares no code with the reader. */
export interface CsvStyle {
  readonly delimiter?: string
  readonly quote?: string
  readonly lineEnd?: string
  /** `needed`: fields that would read as something else without. */
  readonly quoting?: 'needed' | 'always'
  readonly nullText?: string
  /** Whether the last record ends in a line end. */
  readonly ends?: 'closed' | 'open'
}

export type CsvField = string | null

export function csvText(records: readonly (readonly CsvField[])[], style: CsvStyle = {}): string {
  const { lineEnd = '\n', ends = 'closed', delimiter = ',' } = style
  const lines = records.map(record => record.map(field => fieldText(field, style)).join(delimiter))
  return lines.join(lineEnd) + (ends === 'closed' && lines.length > 0 ? lineEnd : '')
}

function fieldText(field: CsvField, { delimiter = ',', quote = '"', quoting = 'needed', nullText = '' }: CsvStyle): string {
  if (field === null) return nullText
  const isSpecial =
    [delimiter, quote, '\n', '\r', '\ufeff'].some(special => field.includes(special)) || ['', '\\N', 'NULL', nullText].includes(field)
  return isSpecial || quoting === 'always' ? quote + field.replaceAll(quote, quote + quote) + quote : field
}

export interface TestFolder {
  readonly path: string
  write(name: string, content: string | Uint8Array): void
  open(options?: Readonly<Record<string, string>>, name?: string): Source
}

/** A folder of the test's own, gone after it. */
export function newCsvFolder(t: { after(work: () => void): void }): TestFolder {
  const root = mkdtempSync(join(tmpdir(), 'rehouse-csv-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const path = join(root, 'export')
  mkdirSync(path)
  return {
    path,
    write: (name, content) => {
      mkdirSync(dirname(join(path, name)), { recursive: true })
      writeFileSync(join(path, name), content)
    },
    open: (options = {}, name = '') =>
      openCsvSource({
        path: join(path, name),
        label: name === '' ? 'csv:export' : `csv:export/${name}`,
        options: new Map(Object.entries(options)),
        privateFolder: join(root, 'private'),
      }),
  }
}

export interface ReadRelation {
  readonly relation: Relation
  readonly types: readonly string[]
  /** Values as PostgreSQL prints them. */
  readonly rows: readonly (readonly CsvField[])[]
}

/** A relation, all of it, through the binary form of its values; without a name the only one there is. */
export async function readRelation(source: Source, name?: string): Promise<ReadRelation> {
  const { relations } = await source.describe()
  const relation = relations.find(each => name === undefined || each.name === name)
  if (relation === undefined) throw new Error(`expected a relation ${name}, got ${relations.map(each => each.name).join(', ')}`)
  const snapshot = await source.openSnapshot([relation])
  try {
    const columns = relation.columns.map(column => column.name)
    const { signal } = new AbortController()
    const fields = await collectFields(snapshot.read({ relation, columns, key: WHOLE, after: null, signal }), columns.length)
    if (BigInt(fields.length) !== (await snapshot.count(relation))) throw new Error('expected as many rows as are counted')
    await snapshot.confirm?.(signal)
    const texts = relation.columns.map(({ type }) => valueText(type))
    const rows = fields.map(row => row.map((field, i) => (field === null ? null : (texts[i]?.(field, 0, field.length) ?? null))))
    return { relation, types: relation.columns.map(({ type }) => type.text), rows }
  } finally {
    await snapshot.close()
  }
}
