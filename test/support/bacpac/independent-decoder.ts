import { readFileSync } from 'node:fs'
import { type DecodedShape, tableModel } from './independent-model.ts'
import { decodeRows } from './independent-rows.ts'
import { unzip } from './independent-zip.ts'

/**
 * Reads a BACPAC into text, whole, in memory: plain and slow on purpose. Shares no code with the reader of the product nor with the writer beside it, so that the
 * three can be held against each other. It believes the file: what is broken ends in any error, or in none.
 */
export interface DecodedTable extends DecodedShape {
  /** In the order of part and number of the data files. Null is NULL. */
  readonly rows: readonly (readonly (string | null)[])[]
}

/**
 * Every table with its rows. Text of a value: integers, bit and decimals as digits with the scale kept; float and real as JavaScript prints them; dates and times as
 * `2024-02-29`, `23:59:59.1234567` (as many digits as the scale), both with a blank between, an offset after a blank; binary as `0x` and hex; GUIDs in lower case; a
 * sql_variant as its type, a colon and the text of its value.
 */
export function decodeBacpac(path: string): readonly DecodedTable[] {
  const entries = unzip(readFileSync(path))
  const model = tableModel(textOf(entries, 'model.xml'))
  return model.map(table => {
    const files = [...entries.keys()].filter(name => isDataOf(name, table.schema, table.name)).sort()
    return { ...table, rows: files.flatMap(name => decodeRows(entries.get(name) ?? Buffer.alloc(0), table.columns)) }
  })
}

/** What Origin.xml says is the number of all rows. */
export function statedRows(path: string): bigint {
  const origin = textOf(unzip(readFileSync(path)), 'Origin.xml')
  return BigInt(/<TableRowCountTotalTag>(\d+)</.exec(origin)?.[1] ?? '-1')
}

function isDataOf(name: string, schema: string, table: string): boolean {
  const folder = name.split('/').slice(0, 2).join('/')
  return (
    name.toLowerCase().endsWith('.bcp') &&
    (folder === `Data/${schema}.${table}` || decodeURIComponent(folder) === `Data/${schema}.${table}`)
  )
}

function textOf(entries: ReadonlyMap<string, Buffer>, name: string): string {
  return (entries.get(name) ?? Buffer.alloc(0)).toString('utf8')
}
