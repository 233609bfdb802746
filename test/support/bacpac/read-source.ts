import type { Relation } from '../../../src/model/catalogue.ts'
import { openBacpacSource } from '../../../src/source/bacpac/bacpac-source.ts'
import { textRows } from './tuple-text.ts'

/** A table as the product's own reader gives it, its rows in the independent decoder's words. */
export interface SourceTable {
  readonly relation: Relation
  /** Names of the columns that were read: those with a place in the data files. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** Reads every table of a file through `src/source/bacpac`, and lets it confirm what the file says of itself. Rejects with what the reader rejects with. */
export async function readBacpacSource(path: string): Promise<readonly SourceTable[]> {
  const source = openBacpacSource({ path, options: new Map(), label: path, privateFolder: '' })
  const { signal } = new AbortController()
  try {
    const { relations } = await source.describe()
    const snapshot = await source.openSnapshot(relations)
    const tables: SourceTable[] = []
    for (const relation of relations) {
      const stored = relation.columns.filter(column => column.generated === 'no' || column.generated.startsWith('identity'))
      const columns = stored.map(column => column.name)
      const request = { relation, columns, key: { kind: 'columns' as const, names: [] }, after: null, signal }
      const rows = await textRows(
        snapshot.read(request),
        stored.map(column => column.type),
      )
      tables.push({ relation, columns, rows })
    }
    await snapshot.confirm?.(signal)
    return tables
  } finally {
    await source.close()
  }
}
