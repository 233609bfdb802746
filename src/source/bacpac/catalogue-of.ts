import type { Column, ForeignKey, Relation, UniqueKey } from '../../model/catalogue.ts'
import type { TablePlace } from '../../model/catalogue-extras.ts'
import type { SqlType } from '../../model/sql-type.ts'
import { readBracketName } from './bracket-name.ts'
import { DEFAULT_COLLATION, sqlServerCollation } from './collation.ts'
import { baseType, type ColumnForm, columnForm, isText, ownType } from './column-form.ts'
import type { ModelColumn, ModelFacts, ModelKey, ModelReference, ModelTable } from './model-facts.ts'
import { partsKey } from './table-parts.ts'

/** A table of the file: what a catalogue says of it, and how its rows lie. */
export interface BacpacTable {
  readonly relation: Relation
  /** Of every column of the relation, in order. Null, with the reason: its rows cannot be read. */
  readonly forms: readonly ColumnForm[] | null
  readonly refusal: string | null
}

/** Computed columns are no columns here: the file has no data of them. */
export function tablesOf(model: ModelFacts): ReadonlyMap<string, BacpacTable> {
  const keys = Map.groupBy(model.keys, partsKey)
  const references = Map.groupBy(model.references, partsKey)
  const plain = new Map(model.tables.map(table => [partsKey(table), new Set(dataColumns(table).map(column => column.name))]))
  return new Map(
    model.tables.map(table => {
      const key = partsKey(table)
      const own = { keys: keys.get(key) ?? [], references: references.get(key) ?? [], plain }
      return [key, tableOf(table, model, own)]
    }),
  )
}

function dataColumns(table: ModelTable): readonly ModelColumn[] {
  return table.columns.filter(column => column.kind === 'plain')
}

interface Own {
  readonly keys: readonly ModelKey[]
  readonly references: readonly ModelReference[]
  /** Names of the columns with data, of every table. */
  readonly plain: ReadonlyMap<string, ReadonlySet<string>>
}

function tableOf(table: ModelTable, model: ModelFacts, own: Own): BacpacTable {
  const columns = dataColumns(table)
  const forms = columns.map(column => columnForm(column, model.types, collationOf(column, model)))
  const known = forms.filter(form => form !== null)
  const odd = columns.find((_, i) => forms[i] === null)
  const refusal = odd === undefined ? table.refusal : `a column ${odd.name} of a type not read here`
  const names = own.plain.get(partsKey(table)) ?? new Set()
  const uniqueKeys = own.keys.map(key => uniqueKey(key, names))
  const primary = uniqueKeys.find(key => key.isPrimary && !key.isPartialOrExpression)
  const relation: Relation = {
    schema: table.schema,
    name: table.table,
    kind: 'table',
    columns: columns.map((column, i) => catalogueColumn(column, forms[i]?.type ?? null, model)),
    primaryKey: primary?.columns ?? null,
    uniqueKeys,
    foreignKeys: own.references.filter(reference => isWhole(reference, own.plain)).map(foreignKey),
    estimatedRows: null,
  }
  return { relation, forms: refusal === null ? known : null, refusal }
}

/** A key over a computed column says less here than it does there. */
function uniqueKey(key: ModelKey, names: ReadonlySet<string>): UniqueKey {
  const columns = key.columns.filter(name => names.has(name))
  return {
    name: key.name,
    columns,
    isPrimary: key.isPrimary,
    isDeferrable: false,
    // SQL Server takes one NULL in a unique key.
    nullsNotDistinct: true,
    isPartialOrExpression: key.isFiltered || columns.length < key.columns.length || columns.length === 0,
  }
}

function isWhole(reference: ModelReference, plain: Own['plain']): boolean {
  const has = (place: TablePlace, columns: readonly string[]): boolean =>
    columns.every(name => plain.get(partsKey(place))?.has(name) === true)
  return (
    has(reference, reference.columns) &&
    has({ schema: reference.referencedSchema, table: reference.referencedTable }, reference.referencedColumns)
  )
}

const ON_DELETE: ReadonlyMap<string, ForeignKey['onDelete']> = new Map([
  ['1', 'cascade'],
  ['2', 'set null'],
  ['3', 'set default'],
])

function foreignKey(reference: ModelReference): ForeignKey {
  const { name, columns, referencedSchema, referencedTable, referencedColumns } = reference
  return {
    name,
    columns,
    referencedSchema,
    referencedTable,
    referencedColumns,
    isDeferrable: false,
    isValidated: reference.isTrusted,
    onDelete: ON_DELETE.get(reference.onDelete) ?? 'no action',
    setNullColumns: null,
  }
}

function catalogueColumn(column: ModelColumn, type: SqlType | null, model: ModelFacts): Column {
  const base = column.type === null ? null : baseType(column.type, model.types)
  const collated = base !== null && isText(base.name)
  return {
    name: column.name,
    type: type ?? ownType(base?.name ?? unknownName(column), -1),
    isNullable: column.isNullable,
    hasDefault: column.hasDefault,
    generated: column.isIdentity ? 'identity_by_default' : 'no',
    collation: collated ? sqlServerCollation(collationOf(column, model)) : null,
  }
}

function collationOf(column: ModelColumn, model: ModelFacts): string {
  return column.collation ?? model.collation ?? DEFAULT_COLLATION
}

function unknownName(column: ModelColumn): string {
  return readBracketName(column.type?.name ?? '')?.at(-1) ?? 'unknown'
}
