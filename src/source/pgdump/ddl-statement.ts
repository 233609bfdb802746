import type { RangeVar } from 'libpg-query'
import type { Table } from './ddl-table.ts'
import type { TypeRegistry } from './ddl-types.ts'

/** A statement being applied: what it changes, and its own text. */
export interface Statement {
  readonly database: TableRegistry
  readonly text: string
}

export interface TablePlace {
  readonly schema: string
  readonly name: string
}

/** The tables and types there are so far. */
export interface TableRegistry {
  readonly tables: ReadonlyMap<string, Table>
  readonly types: TypeRegistry
  /** Where a name leads: its own schema, the first of the search path that has such a table, or where it would be made. */
  placeOf(name: RangeVar | undefined): TablePlace
  findTable(place: TablePlace): Table | null
  addTable(table: Table): void
}
