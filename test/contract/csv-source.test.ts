import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { builtinType } from '../../src/cast/builtin-types.ts'
import { valueText } from '../../src/cast/value-text.ts'
import { csvText, newCsvFolder } from '../support/csv-folder.ts'
import { type ScanEngine, scanSourceContract } from './scan-source.ts'
import type { SourceTable } from './source.ts'
import { fieldsOf } from './table-spec.ts'

/** Tables as CSV files with a declaration of their types and keys. */
const csv: ScanEngine = {
  name: 'csv',
  write: (t, first) => {
    const folder = newCsvFolder({ after: work => t.after(work) })
    let names: readonly string[] = []
    const rewrite = (tables: readonly SourceTable[]): Promise<void> => {
      for (const name of names) rmSync(join(folder.path, name))
      names = tables.map(({ spec }) => `${spec.name}.csv`)
      for (const table of tables) folder.write(`${table.spec.name}.csv`, textOf(table))
      folder.write('rehouse.columns.json', declarationOf(tables))
      return Promise.resolve()
    }
    return rewrite(first).then(() => ({ open: () => Promise.resolve(folder.open()), rewrite }))
  },
}

function textOf({ spec, rows }: SourceTable): string {
  const texts = spec.columns.map(({ type }) => valueText(builtinType(type)))
  const values = rows.map(row =>
    fieldsOf(spec, row).map((field, i) => (field === null ? null : (texts[i]?.(field, 0, field.length) ?? null))),
  )
  return csvText([spec.columns.map(({ name }) => name), ...values])
}

function declarationOf(tables: readonly SourceTable[]): string {
  const files = tables.map(({ spec }) => [
    `${spec.name}.csv`,
    {
      header: 'yes',
      columns: Object.fromEntries(
        spec.columns.map(({ name, type, isNullable }) => [name, { type, not_null: isNullable === true ? 'no' : 'yes' }]),
      ),
      ...(spec.primaryKey && { key: spec.primaryKey }),
    },
  ])
  return JSON.stringify({ files: Object.fromEntries(files) })
}

scanSourceContract(csv)
