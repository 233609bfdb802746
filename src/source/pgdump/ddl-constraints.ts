import type { Constraint, Node } from 'libpg-query'
import type { ForeignKey } from '../../model/catalogue.ts'
import type { Statement, TableRegistry } from './ddl-statement.ts'
import { columnOf, inventName, type Table } from './ddl-table.ts'
import { namesOf } from './ddl-types.ts'
import { clauseAt, inParentheses, offsetOfByte } from './sql-text.ts'

const ON_DELETE: Readonly<Record<string, ForeignKey['onDelete']>> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
}

/** A constraint of a table; `column` names the column it was written beside. */
export function addConstraint(table: Table, constraint: Constraint, at: Statement & { readonly column?: string }): void {
  switch (constraint.contype) {
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      addKey(table, constraint, at)
      return
    case 'CONSTR_FOREIGN':
      addForeignKey(table, constraint, at)
      return
    case 'CONSTR_CHECK':
      addCheck(table, constraint, at)
      return
    case 'CONSTR_NOTNULL':
      for (const name of at.column === undefined ? namesOf(constraint.keys) : [at.column]) setNotNull(table, name)
      return
    default:
  }
}

function setNotNull(table: Table, name: string): void {
  const column = columnOf(table, name)
  if (column !== undefined) column.isNotNull = true
}

function takenNames(table: Table, database: TableRegistry): Set<string> {
  const inSchema = [...database.tables.values()].filter(other => other.schema === table.schema)
  return new Set([
    ...inSchema.flatMap(other => [...other.keys, ...other.indexes, other].map(named => named.name)),
    ...constraintNames(table),
  ])
}

function constraintNames(table: Table): readonly string[] {
  return [...table.foreignKeys, ...table.checks, ...table.keys].map(named => named.name)
}

function addKey(table: Table, constraint: Constraint, at: Statement & { readonly column?: string }): void {
  const isPrimary = constraint.contype === 'CONSTR_PRIMARY'
  if (constraint.indexname !== undefined) {
    promoteIndex(table, constraint, isPrimary)
    return
  }
  const columns = at.column === undefined ? namesOf(constraint.keys) : [at.column]
  const label = isPrimary ? 'pkey' : 'key'
  const name =
    constraint.conname ??
    inventName({ table: table.name, column: isPrimary ? '' : columns.join('_'), label }, takenNames(table, at.database))
  if (isPrimary) for (const column of columns) setNotNull(table, column)
  if (constraint.without_overlaps === true && !isPrimary) return
  table.keys.push({
    name,
    columns,
    isPrimary,
    isDeferrable: constraint.deferrable === true,
    nullsNotDistinct: constraint.nulls_not_distinct === true,
    isPartialOrExpression: false,
  })
}

/** `ADD CONSTRAINT … USING INDEX …`. */
function promoteIndex(table: Table, constraint: Constraint, isPrimary: boolean): void {
  const key = table.keys.find(candidate => candidate.name === constraint.indexname)
  if (key === undefined) return
  if (isPrimary) for (const column of key.columns) setNotNull(table, column)
  const name = constraint.conname ?? key.name
  table.keys = table.keys.map(other => (other === key ? { ...key, name, isPrimary, isDeferrable: constraint.deferrable === true } : other))
}

function addForeignKey(table: Table, constraint: Constraint, at: Statement & { readonly column?: string }): void {
  const columns = at.column === undefined ? namesOf(constraint.fk_attrs) : [at.column]
  const { schema, name: referencedName } = at.database.placeOf(constraint.pktable)
  const name =
    constraint.conname ?? inventName({ table: table.name, column: columns.join('_'), label: 'fkey' }, new Set(constraintNames(table)))
  const referenced = namesOf(constraint.pk_attrs)
  table.foreignKeys.push({
    name,
    columns,
    referenced: at.database.findTable({ schema, name: referencedName }),
    referencedName: { schema, name: referencedName },
    referencedColumns: referenced.length === 0 ? null : referenced,
    isDeferrable: constraint.deferrable === true,
    isValidated: constraint.skip_validation !== true,
    onDelete: ON_DELETE[constraint.fk_del_action ?? 'a'] ?? 'no action',
    setNullColumns: (constraint.fk_del_set_cols ?? []).length === 0 ? null : namesOf(constraint.fk_del_set_cols),
  })
}

function addCheck(table: Table, constraint: Constraint, at: Statement & { readonly column?: string }): void {
  const start = offsetOfByte(at.text, constraint.location ?? 0)
  const word = /\bcheck\b/i.exec(at.text.slice(start))
  const expression = inParentheses(at.text, start + (word?.index ?? 0))
  const name =
    constraint.conname ?? inventName({ table: table.name, column: at.column ?? '', label: 'check' }, new Set(constraintNames(table)))
  table.checks.push({ schema: table.schema, table: table.name, name, expression })
}

/** The expression of a DEFAULT as it was written: up to the next constraint of the column, or the end of its clause. */
export function defaultTextOf(constraint: Constraint, among: readonly Node[], text: string): string {
  const start = offsetOfByte(text, constraint.location ?? 0)
  const next = among
    .flatMap(node =>
      'Constraint' in node && (node.Constraint.location ?? 0) > (constraint.location ?? 0) ? [node.Constraint.location ?? 0] : [],
    )
    .sort((a, b) => a - b)[0]
  const most = next === undefined ? text.length : offsetOfByte(text, next)
  return clauseAt(text, start, most).replace(/^default\s+/i, '')
}

export function computedTextOf(constraint: Constraint, text: string): string {
  const start = offsetOfByte(text, constraint.location ?? 0)
  return inParentheses(text, start)
}
