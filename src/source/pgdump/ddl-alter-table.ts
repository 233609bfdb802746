import type { AlterTableCmd, AlterTableStmt } from 'libpg-query'
import { addConstraint } from './ddl-constraints.ts'
import { addColumn, applyToColumn } from './ddl-create-table.ts'
import type { Statement } from './ddl-statement.ts'
import { columnOf, type Table, type TableColumn } from './ddl-table.ts'
import { clauseAt } from './sql-text.ts'

/** Changes that give rows already in the file another shape. */
const RESHAPING = new Set(['AT_AddColumn', 'AT_DropColumn', 'AT_AlterColumnType', 'AT_DropExpression'])

export function alterTable(alter: AlterTableStmt, statement: Statement): void {
  if (alter.objtype !== 'OBJECT_TABLE' && alter.objtype !== 'OBJECT_FOREIGN_TABLE') return
  const table = statement.database.findTable(statement.database.placeOf(alter.relation))
  if (table === null) return
  const tables = alter.relation?.inh === true ? withChildren(table, statement) : [table]
  for (const node of alter.cmds ?? []) {
    if (!('AlterTableCmd' in node)) continue
    const command = node.AlterTableCmd
    for (const each of isInherited(command) ? tables : [table]) change(each, command, statement)
  }
}

function isInherited(command: AlterTableCmd): boolean {
  return command.subtype !== 'AT_AddConstraint' && command.subtype !== 'AT_AttachPartition'
}

/** A table and all that inherit from it. */
function withChildren(table: Table, { database }: Statement): readonly Table[] {
  const found = [table]
  for (const parent of found)
    for (const child of database.tables.values()) if (child.parents.includes(parent) && !found.includes(child)) found.push(child)
  return found
}

function change(table: Table, command: AlterTableCmd, statement: Statement): void {
  if (RESHAPING.has(command.subtype ?? '') && table.blocks.length > 0) table.obstacle ??= 'its shape changes after its rows'
  const column = columnOf(table, command.name ?? '')
  const { def } = command
  switch (command.subtype) {
    case 'AT_AddColumn':
      if (def && 'ColumnDef' in def)
        for (const { constraint, column: name } of addColumn(table, def.ColumnDef, statement))
          addConstraint(table, constraint, { ...statement, column: name })
      return
    case 'AT_DropColumn':
      table.columns = table.columns.filter(other => other.name !== command.name)
      table.keys = table.keys.filter(key => !key.columns.includes(command.name ?? ''))
      table.foreignKeys = table.foreignKeys.filter(key => !key.columns.includes(command.name ?? ''))
      return
    case 'AT_AddConstraint':
      if (def && 'Constraint' in def) addConstraint(table, def.Constraint, statement)
      return
    case 'AT_DropConstraint':
      dropConstraint(table, command.name ?? '')
      return
    case 'AT_ValidateConstraint':
      table.foreignKeys = table.foreignKeys.map(key => (key.name === command.name ? { ...key, isValidated: true } : key))
      return
    case 'AT_AttachPartition':
      attach(table, command, statement)
      return
    case 'AT_DetachPartition':
      if (def && 'PartitionCmd' in def) detach(table, statement.database.findTable(statement.database.placeOf(def.PartitionCmd.name)))
      return
    case 'AT_AddInherit':
      if (def && 'RangeVar' in def) table.parents.push(...one(statement.database.findTable(statement.database.placeOf(def.RangeVar))))
      return
    default:
      if (column !== undefined) changeColumn(column, command, { ...statement, alteredTable: table.name })
  }
}

function one(table: Table | null): readonly Table[] {
  return table === null ? [] : [table]
}

function changeColumn(column: TableColumn, command: AlterTableCmd, statement: Statement & { readonly alteredTable: string }): void {
  const { def } = command
  const { alteredTable } = statement
  switch (command.subtype) {
    case 'AT_SetNotNull':
      column.isNotNull = true
      return
    case 'AT_DropNotNull':
      column.isNotNull = false
      return
    case 'AT_ColumnDefault':
      column.defaultNode = def ?? null
      column.sequence = null
      column.defaultText = def ? setDefaultText(column.name, statement.text) : null
      return
    case 'AT_AddIdentity':
      if (def && 'Constraint' in def) applyToColumn(column, def.Constraint, { ...statement, among: [], table: alteredTable })
      return
    case 'AT_DropIdentity':
    case 'AT_DropExpression':
      column.generated = 'no'
      column.computedText = null
      return
    case 'AT_AlterColumnType':
      if (def && 'ColumnDef' in def && def.ColumnDef.typeName) {
        const use = statement.database.types.resolve(def.ColumnDef.typeName)
        column.type = use.type
        column.typeRefusesNull = use.refusesNull
        column.typeHasDefault = use.hasDefault
      }
      return
    default:
  }
}

/** The expression after the SET DEFAULT of this column. */
function setDefaultText(name: string, text: string): string {
  const quoted = `"${name.replaceAll('"', '""')}"`
  const clauses = [...text.matchAll(/\bset\s+default\s+/gi)]
  const own = clauses.find(clause => {
    const before = text.slice(0, clause.index).trimEnd()
    return before.endsWith(quoted) || before.toLowerCase().endsWith(name)
  })
  const clause = own ?? clauses[0]
  return clause === undefined ? '' : clauseAt(text, clause.index + clause[0].length)
}

function dropConstraint(table: Table, name: string): void {
  table.keys = table.keys.filter(key => key.name !== name)
  table.foreignKeys = table.foreignKeys.filter(key => key.name !== name)
  table.checks = table.checks.filter(check => check.name !== name)
}

function attach(table: Table, { def }: AlterTableCmd, { database }: Statement): void {
  const part = def && 'PartitionCmd' in def ? database.findTable(database.placeOf(def.PartitionCmd.name)) : null
  if (part === null) return
  part.partitionOf = table
  part.parents.push(table)
}

function detach(table: Table, part: Table | null): void {
  if (part?.partitionOf !== table) return
  part.partitionOf = null
  part.parents.splice(part.parents.indexOf(table), 1)
}
