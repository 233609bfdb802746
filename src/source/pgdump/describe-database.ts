import { compareCodePoints } from '../../base/code-point-order.ts'
import { builtinType } from '../../cast/builtin-types.ts'
import type { Collation, Column, ForeignKey, Relation } from '../../model/catalogue.ts'
import type { CatalogueExtras, ColumnExpression, Comment } from '../../model/catalogue-extras.ts'
import type { SqlType } from '../../model/sql-type.ts'
import type { Database } from './ddl-database.ts'
import type { MadeForeignKey, Table, TableColumn } from './ddl-table.ts'
import { isReadFromText } from './text-field.ts'

/** A relation of the catalogue and the tables of the script whose rows it has: itself, or all its partitions. */
export interface DescribedTable {
  readonly relation: Relation
  readonly table: Table
  readonly parts: readonly Table[]
}

/** The tables as a live server would describe them, in order of schema and name; without what the file has no values of: computed columns, views, foreign tables. */
export function describeTables(database: Database): readonly DescribedTable[] {
  const tables = [...database.tables.values()].filter(
    table => table.partitionOf === null && !table.isTemporary && (table.kind !== 'foreign_table' || table.blocks.length > 0),
  )
  return tables
    .sort((a, b) => compareCodePoints(a.schema, b.schema) || compareCodePoints(a.name, b.name))
    .map(table => {
      const parts = partsOf(table, database)
      return { table, parts, relation: relationOf(table, parts, database) }
    })
}

/** The table and its partitions, all levels. */
function partsOf(table: Table, database: Database): readonly Table[] {
  const parts = [table]
  for (const whole of parts)
    for (const part of database.tables.values()) if (part.partitionOf === whole && !parts.includes(part)) parts.push(part)
  return parts
}

/** What keeps rows of the tables from being read; null = nothing. */
export function obstacleOf(parts: readonly Table[]): string | null {
  const spoiled = parts.find(part => part.obstacle !== null)
  if (spoiled?.obstacle) return spoiled.obstacle
  return parts.some(part => part.hasData) ? null : 'the dump holds no rows of it'
}

function relationOf(table: Table, parts: readonly Table[], database: Database): Relation {
  const columns = table.columns.filter(column => !isComputed(column)).map(column => columnFrom(column, database))
  // What is over a computed column says less here than it does there.
  const isWhole = (key: { readonly columns: readonly string[] }): boolean =>
    key.columns.every(name => columns.some(column => column.name === name))
  const uniqueKeys = table.keys
    .filter(isWhole)
    .toSorted((a, b) => Number(b.isPrimary) - Number(a.isPrimary) || compareCodePoints(a.name, b.name))
  const counts = parts.flatMap(part => part.blocks.map(block => block.rows))
  return {
    schema: table.schema,
    name: table.name,
    kind: table.kind,
    columns,
    primaryKey: uniqueKeys.find(key => key.isPrimary)?.columns ?? null,
    uniqueKeys,
    foreignKeys: table.foreignKeys
      .filter(isWhole)
      .map(key => foreignKeyFrom(key))
      .sort((a, b) => compareCodePoints(a.name, b.name)),
    estimatedRows: counts.includes(null) ? null : counts.reduce((all: number, rows) => all + (rows ?? 0), 0),
    ...(obstacleOf(parts) === null ? {} : { denied: { columns: columns.map(column => column.name), rows: true } }),
  }
}

export function isComputed(column: { readonly generated: Column['generated'] }): boolean {
  return column.generated === 'stored' || column.generated === 'virtual'
}

function columnFrom(column: TableColumn, database: Database): Column {
  const type = declaredType(column.type)
  return {
    name: column.name,
    type,
    isNullable: !column.isNotNull && !column.typeRefusesNull,
    hasDefault: column.defaultText !== null || column.typeHasDefault,
    generated: column.generated,
    collation: collationOf(column, type, database),
  }
}

/** What text of the type we cannot read is delivered as it stands, as text. */
export function declaredType(type: SqlType): SqlType {
  return isReadFromText(type) ? type : builtinType('text')
}

const COLLATABLE = new Set(['text', 'varchar', 'bpchar', 'citext'])

function collationOf(column: TableColumn, type: SqlType, database: Database): Collation | null {
  let base = type
  while ((base.kind === 'domain' || base.kind === 'array') && base.element) base = base.element
  const own =
    base.name === 'name' && base.schema === 'pg_catalog' ? 'C' : COLLATABLE.has(base.name) && base.kind === 'base' ? 'default' : null
  if (own === null) return null
  const name = column.collation ?? own
  return { name, isDeterministic: (database.collations.get(name) ?? true) && type.name !== 'citext' }
}

function foreignKeyFrom(key: MadeForeignKey): ForeignKey {
  const { referenced, referencedName, ...rest } = key
  return {
    name: rest.name,
    columns: rest.columns,
    referencedSchema: referenced?.schema ?? referencedName.schema,
    referencedTable: referenced?.name ?? referencedName.name,
    referencedColumns: rest.referencedColumns ?? referenced?.keys.find(each => each.isPrimary)?.columns ?? [],
    isDeferrable: rest.isDeferrable,
    isValidated: rest.isValidated,
    onDelete: rest.onDelete,
    setNullColumns: rest.setNullColumns,
  }
}

/** What the script says besides tables and keys, and what it holds that is not data. */
export function describeExtras(tables: readonly DescribedTable[], database: Database): CatalogueExtras {
  const own = tables.map(described => described.table)
  const columns = own.flatMap(table => table.columns.map(column => ({ table, column })))
  const expression = (table: Table, column: TableColumn, text: string): ColumnExpression => ({
    schema: table.schema,
    table: table.name,
    column: column.name,
    expression: text,
  })
  return {
    dialect: 'postgres',
    defaults: columns.flatMap(({ table, column }) => (column.defaultText === null ? [] : expression(table, column, column.defaultText))),
    computed: columns.flatMap(({ table, column }) => (column.computedText === null ? [] : expression(table, column, column.computedText))),
    checks: own.flatMap(table => table.checks),
    comments: own.flatMap(commentsOf),
    indexes: own.flatMap(table => table.indexes),
    objects: [...objectsOf(tables, database)],
  }
}

function commentsOf(table: Table): readonly Comment[] {
  const place = { schema: table.schema, table: table.name }
  return [
    ...(table.comment === null ? [] : [{ ...place, column: null, text: table.comment }]),
    ...table.columns.flatMap(column => (column.comment === null ? [] : { ...place, column: column.name, text: column.comment })),
  ]
}

function objectsOf(tables: readonly DescribedTable[], database: Database): CatalogueExtras['objects'] {
  const unread = tables.flatMap(({ table }) =>
    table.columns
      .filter(column => !isReadFromText(column.type))
      .map(column => ({
        kind: `column of type ${column.type.text} read as text`,
        schema: table.schema,
        name: `${table.name}.${column.name}`,
      })),
  )
  const unreadable = tables.flatMap(({ table, parts }) => {
    const obstacle = obstacleOf(parts)
    return obstacle === null ? [] : { kind: `table whose rows cannot be read: ${obstacle}`, schema: table.schema, name: table.name }
  })
  const foreign = [...database.tables.values()]
    .filter(table => table.kind === 'foreign_table' && table.blocks.length === 0)
    .map(table => ({ kind: 'foreign table', schema: table.schema, name: table.name }))
  return [...database.objects, ...foreign, ...unreadable, ...unread]
}
