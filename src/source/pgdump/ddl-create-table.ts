import type { ColumnDef, Constraint, CreateStmt, Node, TableLikeClause } from 'libpg-query'
import { addConstraint, computedTextOf, defaultTextOf } from './ddl-constraints.ts'
import type { Statement } from './ddl-statement.ts'
import { type ColumnSequence, columnOf, inventName, newTable, type Table, type TableColumn } from './ddl-table.ts'
import { namesOf } from './ddl-types.ts'

/** Options of LIKE. */
const LIKE_DEFAULTS = 1 << 3
const LIKE_GENERATED = 1 << 4
const LIKE_IDENTITY = 1 << 5

export function createTable(create: CreateStmt, statement: Statement, isForeign = false): void {
  const { database } = statement
  const place = database.placeOf(create.relation)
  if (create.if_not_exists === true && database.findTable(place) !== null) return
  const table = newTable(place, {
    kind: isForeign ? 'foreign_table' : create.partspec ? 'partitioned' : 'table',
    isTemporary: create.relation?.relpersistence === 't',
  })
  for (const node of create.inhRelations ?? []) inherit(table, node, create.partbound !== undefined, statement)
  if (create.ofTypename) ofType(table, create.ofTypename, statement)
  database.addTable(table)
  const inline: { readonly constraint: Constraint; readonly column: string }[] = []
  for (const node of create.tableElts ?? []) {
    if ('ColumnDef' in node) inline.push(...addColumn(table, node.ColumnDef, statement))
    else if ('TableLikeClause' in node) like(table, node.TableLikeClause, statement)
  }
  for (const { constraint, column } of inline) addConstraint(table, constraint, { ...statement, column })
  for (const node of [...(create.tableElts ?? []), ...(create.constraints ?? [])])
    if ('Constraint' in node) addConstraint(table, node.Constraint, statement)
}

function inherit(table: Table, node: Node, isPartition: boolean, { database }: Statement): void {
  const parent = 'RangeVar' in node ? database.findTable(database.placeOf(node.RangeVar)) : null
  if (parent === null) return
  table.parents.push(parent)
  if (isPartition) table.partitionOf = parent
  for (const column of parent.columns)
    if (columnOf(table, column.name) === undefined) table.columns.push({ ...column, comment: null, sequence: null })
}

function ofType(table: Table, use: NonNullable<CreateStmt['ofTypename']>, { database }: Statement): void {
  for (const field of database.types.resolve(use).type.fields ?? []) table.columns.push({ ...emptyColumn(field.name), type: field.type })
}

function like(table: Table, clause: TableLikeClause, { database }: Statement): void {
  const model = database.findTable(database.placeOf(clause.relation))
  const options = clause.options ?? 0
  for (const column of model?.columns ?? []) {
    const isIdentity = column.generated.startsWith('identity')
    const keepsGenerated = (options & (isIdentity ? LIKE_IDENTITY : LIKE_GENERATED)) !== 0
    const keepsDefault = (options & LIKE_DEFAULTS) !== 0
    table.columns.push({
      ...column,
      comment: null,
      sequence: null,
      generated: keepsGenerated ? column.generated : 'no',
      computedText: keepsGenerated ? column.computedText : null,
      defaultText: keepsDefault ? column.defaultText : null,
      defaultNode: keepsDefault ? column.defaultNode : null,
    })
  }
}

function emptyColumn(name: string): Omit<TableColumn, 'type'> {
  return {
    name,
    typeRefusesNull: false,
    typeHasDefault: false,
    isNotNull: false,
    defaultText: null,
    defaultNode: null,
    generated: 'no',
    sequence: null,
    computedText: null,
    collation: null,
    comment: null,
  }
}

/** What `serial` and identity columns count with, unless other options are given. */
function ownSequence(table: string, column: string, options: readonly Node[] = []): ColumnSequence | null {
  const name = options.flatMap(node =>
    'DefElem' in node && node.DefElem.defname === 'sequence_name' && node.DefElem.arg && 'List' in node.DefElem.arg
      ? namesOf(node.DefElem.arg.List.items)
      : [],
  )
  const number = (wanted: string): bigint =>
    BigInt(options.flatMap(node => ('DefElem' in node && node.DefElem.defname === wanted ? numberOf(node.DefElem.arg) : []))[0] ?? 1)
  const step = number('increment')
  if (step <= 0n) return null
  return { name: name.at(-1) ?? inventName({ table, column, label: 'seq' }, new Set()), start: number('start'), step, isSet: false }
}

function numberOf(node: Node | undefined): readonly (number | string)[] {
  if (node && 'Integer' in node) return [node.Integer.ival ?? 0]
  return node && 'Float' in node ? [node.Float.fval ?? '1'] : []
}

/** Adds a column, or what is said anew of an inherited one. Returns its constraints that need the whole table. */
export function addColumn(
  table: Table,
  definition: ColumnDef,
  statement: Statement,
): readonly { readonly constraint: Constraint; readonly column: string }[] {
  const name = definition.colname ?? ''
  const known = columnOf(table, name)
  const column = known ?? madeColumn(table, definition, statement)
  if (known === undefined) table.columns.push(column)
  const constraints = definition.constraints ?? []
  const rest: { constraint: Constraint; column: string }[] = []
  for (const node of constraints) {
    if (!('Constraint' in node)) continue
    if (!applyToColumn(column, node.Constraint, { ...statement, among: constraints, table: table.name }))
      rest.push({ constraint: node.Constraint, column: name })
  }
  return rest
}

function madeColumn(table: Table, definition: ColumnDef, { database }: Statement): TableColumn {
  const use = database.types.resolve(definition.typeName ?? {})
  const sequence = use.isSerial ? ownSequence(table.name, definition.colname ?? '') : null
  return {
    ...emptyColumn(definition.colname ?? ''),
    type: use.type,
    typeRefusesNull: use.refusesNull,
    typeHasDefault: use.hasDefault && !use.isSerial,
    isNotNull: use.isSerial,
    defaultText: sequence === null ? null : `nextval('${sequence.name}'::regclass)`,
    sequence,
    collation: definition.collClause ? (namesOf(definition.collClause.collname).at(-1) ?? null) : use.collation,
  }
}

/** False: it is not of the column alone. */
export function applyToColumn(
  column: TableColumn,
  constraint: Constraint,
  at: Statement & { readonly among: readonly Node[]; readonly table: string },
): boolean {
  switch (constraint.contype) {
    case 'CONSTR_NOTNULL':
      column.isNotNull = true
      return true
    case 'CONSTR_NULL':
      return true
    case 'CONSTR_DEFAULT':
      column.defaultNode = constraint.raw_expr ?? null
      column.sequence = null
      column.defaultText = defaultTextOf(constraint, at.among, at.text)
      return true
    case 'CONSTR_GENERATED':
      column.generated = constraint.generated_kind === 'v' ? 'virtual' : 'stored'
      column.computedText = computedTextOf(constraint, at.text)
      return true
    case 'CONSTR_IDENTITY':
      column.generated = constraint.generated_when === 'a' ? 'identity_always' : 'identity_by_default'
      column.isNotNull = true
      column.sequence = ownSequence(at.table, column.name, constraint.options ?? [])
      return true
    default:
      return false
  }
}
