import type { Node } from 'libpg-query'
import type { Column, ForeignKey, UniqueKey } from '../../model/catalogue.ts'
import type { CheckExpression, ExtraIndex } from '../../model/catalogue-extras.ts'
import type { SqlType } from '../../model/sql-type.ts'
import type { DataBlock } from './data-block.ts'

/** A table while the statements of a script are applied to it. */
export interface Table {
  schema: string
  name: string
  readonly kind: 'table' | 'partitioned' | 'foreign_table'
  readonly isTemporary: boolean
  columns: TableColumn[]
  readonly parents: Table[]
  /** The partitioned table whose rows its rows are. */
  partitionOf: Table | null
  keys: UniqueKey[]
  foreignKeys: MadeForeignKey[]
  checks: CheckExpression[]
  indexes: ExtraIndex[]
  comment: string | null
  /** In the order of the file. */
  readonly blocks: DataBlock[]
  /** The file says that this is where the rows of the table are, be they none. */
  hasData: boolean
  /** Why the rows cannot be read from the file alone: what would have to be run by a server; null = they can. */
  obstacle: string | null
}

export interface TableColumn {
  name: string
  type: SqlType
  typeRefusesNull: boolean
  typeHasDefault: boolean
  isNotNull: boolean
  /** As written; null = none. */
  defaultText: string | null
  defaultNode: Node | null
  generated: Column['generated']
  /** The default is the next number of a sequence that nothing else uses; null = it is not, or nobody can say. */
  sequence: ColumnSequence | null
  /** Of a generated column. */
  computedText: string | null
  /** The name of the collation given to it; null = its type’s. */
  collation: string | null
  comment: string | null
}

export interface ColumnSequence {
  readonly name: string
  readonly start: bigint
  readonly step: bigint
  /** Something set it: rows that follow get numbers nobody can say. */
  isSet: boolean
}

/** Names that are completed when all statements were read. */
export interface MadeForeignKey extends Omit<ForeignKey, 'referencedSchema' | 'referencedTable' | 'referencedColumns'> {
  readonly referenced: Table | null
  readonly referencedName: { readonly schema: string; readonly name: string }
  readonly referencedColumns: readonly string[] | null
}

export function newTable(place: { readonly schema: string; readonly name: string }, options: Pick<Table, 'kind' | 'isTemporary'>): Table {
  return {
    ...place,
    ...options,
    columns: [],
    parents: [],
    partitionOf: null,
    keys: [],
    foreignKeys: [],
    checks: [],
    indexes: [],
    comment: null,
    blocks: [],
    hasData: false,
    obstacle: null,
  }
}

export function columnOf(table: Table, name: string): TableColumn | undefined {
  return table.columns.find(column => column.name === name)
}

const MOST_NAME_BYTES = 63

/** The name the server gives what has none: parts joined by `_`, the longest cut, a number where it is taken. */
export function inventName(
  parts: { readonly table: string; readonly column: string; readonly label: string },
  taken: ReadonlySet<string>,
): string {
  for (let n = 0; ; n++) {
    const name = joinedName(parts.table, parts.column, n === 0 ? parts.label : `${parts.label}${n}`)
    if (!taken.has(name)) return name
  }
}

function joinedName(table: string, column: string, label: string): string {
  let [first, second] = [table, column]
  const overhead = (column === '' ? 0 : 1) + 1 + Buffer.byteLength(label)
  while (Buffer.byteLength(first) + Buffer.byteLength(second) > MOST_NAME_BYTES - overhead) {
    if (Buffer.byteLength(first) > Buffer.byteLength(second)) first = first.slice(0, -1)
    else second = second.slice(0, -1)
  }
  return [first, ...(column === '' ? [] : [second]), label].join('_')
}
