import { RehouseError } from '../errors.ts'
import type { Relation } from '../model/catalogue.ts'
import type { SourceSnapshot } from '../source/source.ts'
import { ColumnCollector } from './column-collector.ts'
import { type KeyBudget, type KeySpec, KeyWatch } from './key-watch.ts'
import { distinctLimit } from './limits.ts'
import { isLikelyKey } from './name-likeness.ts'
import { readRows } from './read-rows.ts'
import type { TableFacts } from './table-facts.ts'

export interface PassContext {
  readonly snapshot: SourceSnapshot
  /** The relations of the source. */
  readonly relations: readonly Relation[]
  readonly mostRows: number | null
  readonly signal: AbortSignal
  readonly onProgress: (rows: number) => void
}

/** Every column of a table and its keys, in one read of it. A table that cannot be read is told as such and ends nothing else. */
export async function firstPass(relation: Relation, context: PassContext, budget: KeyBudget): Promise<TableFacts> {
  const readable = relation.columns.filter(column => !(relation.denied?.columns.includes(column.name) ?? false))
  const names = readable.map(column => column.name)
  const limit = distinctLimit(readable.length)
  const columns = readable.map(column => new ColumnCollector(column, limit))
  const specs = keySpecs(relation, context.relations, names)
  const share = Math.floor(budget.left / Math.max(1, specs.length))
  const keys = specs.map(spec => new KeyWatch(spec, names, { budget, limit: share }))
  const result = { rows: 0, isWhole: true, refusal: whyDenied(relation) }
  // Asking for what is denied would end the transaction every other table is read in.
  if (result.refusal !== null) return { relation, ...result, isWhole: false, columns: [], keys: [] }
  try {
    const read = await readRows(context.snapshot, {
      relation,
      columns: names,
      most: context.mostRows,
      signal: context.signal,
      onProgress: context.onProgress,
      onRow: (data, start, length) => {
        for (let i = 0; i < columns.length; i++) (columns[i] as ColumnCollector).add(data, start[i] as number, length[i] as number)
        for (const key of keys) key.add(data, start, length)
      },
    })
    Object.assign(result, read)
  } catch (error) {
    if (!isOfTable(error)) throw error
    Object.assign(result, { refusal: error.message, isWhole: false })
  }
  return { relation, ...result, columns: columns.map(column => column.facts()), keys: keys.map(key => key.facts()) }
}

function whyDenied({ denied, columns }: Relation): string | null {
  if (denied === undefined) return null
  if (denied.rows) return 'row security hides rows from this login'
  return columns.length > 0 && columns.every(({ name }) => denied.columns.includes(name)) ? 'this login may not select from it' : null
}

/** What is wrong with one table, not with the connection. */
export function isOfTable(error: unknown): error is RehouseError {
  return error instanceof RehouseError && (error.code === 'SOURCE_INVALID' || error.code === 'SOURCE_REFUSED')
}

/** Declared keys, keys others refer to, and single columns called like one; each set of columns once. */
function keySpecs(relation: Relation, relations: readonly Relation[], readable: readonly string[]): readonly KeySpec[] {
  const specs: KeySpec[] = []
  const add = (columns: readonly string[], kind: KeySpec['kind']): void => {
    const isThere = specs.some(spec => spec.columns.length === columns.length && columns.every((name, i) => spec.columns[i] === name))
    if (!isThere && columns.length > 0 && columns.every(name => readable.includes(name))) specs.push({ relation, columns, kind })
  }
  if (relation.primaryKey !== null) add(relation.primaryKey, 'primary')
  for (const key of relation.uniqueKeys) if (!key.isPartialOrExpression) add(key.columns, key.isPrimary ? 'primary' : 'unique')
  for (const other of relations)
    for (const key of other.foreignKeys)
      if (key.referencedSchema === relation.schema && key.referencedTable === relation.name) add(key.referencedColumns, 'referenced')
  for (const { name } of relation.columns) if (isLikelyKey(relation.name, name)) add([name], 'likely')
  return specs
}
