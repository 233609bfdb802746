import type { Node } from 'libpg-query'
import { TupleWriter } from '../../base/tuple-writer.ts'
import { baseOf } from '../../cast/sql-family.ts'
import type { Column } from '../../model/catalogue.ts'
import { columnOf, type Table } from './ddl-table.ts'
import { namesOf } from './ddl-types.ts'
import { NULL_FIELD } from './row-plan.ts'
import { textField } from './text-field.ts'

/** The field a row gets that does not give the column: NULL, or a default that is a constant. Null: only a server could tell. */
export function constantDefault(table: Table, column: Column): Buffer | null {
  const made = columnOf(table, column.name)
  if (made === undefined || made.generated !== 'no' || made.sequence !== null) return null
  if (made.defaultText === null) return made.typeHasDefault || !column.isNullable ? null : NULL_FIELD
  const text = made.defaultNode === null ? undefined : constantText(made.defaultNode, made.type)
  if (text === undefined) return null
  if (text === null) return NULL_FIELD
  const out = new TupleWriter(64)
  const bytes = Buffer.from(text)
  return textField(column.type)(bytes, 0, bytes.length, out) ? Buffer.from(out.bytes()) : null
}

/** Text of a constant, null for NULL, undefined for anything that is computed. */
function constantText(node: Node, type: Column['type']): string | null | undefined {
  if ('TypeCast' in node) {
    const { arg, typeName } = node.TypeCast
    const name = namesOf(typeName?.names).at(-1)
    const isSame = [type.name, baseOf(type).name].includes(name ?? '') && (typeName?.typmods ?? []).length === 0
    const isArray = (typeName?.arrayBounds ?? []).length > 0 && type.kind === 'array' && baseOf(type).element?.name === name
    const isText = ['text', 'varchar', 'bpchar'].includes(name ?? '') && ['text', 'varchar'].includes(baseOf(type).name)
    return arg && (isSame || isArray || isText) ? constantText(arg, type) : undefined
  }
  if (!('A_Const' in node)) return undefined
  const { isnull, sval, ival, fval, boolval } = node.A_Const
  if (isnull === true) return null
  if (sval !== undefined) return sval.sval ?? ''
  if (ival !== undefined) return String(ival.ival ?? 0)
  if (fval !== undefined) return fval.fval
  return boolval === undefined ? undefined : String(boolval.boolval ?? false)
}
