import { type KeyIndex, NOT_FOUND } from '../base/key-index.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import type { CompileContext } from './compile-context.ts'
import { compileExpressionSource } from './compile-expression-source.ts'
import type { MakeId } from './compile-own-id.ts'
import type { MergedStore } from './merged-store.ts'
import { QUARANTINED } from './outcome-registry.ts'
import type { RowKey } from './row-key.ts'
import type { RowState } from './row-state.ts'

/** The identifier of a row as an identity map has it (`id: lookup`). */
export interface LookUpId {
  /** `table.column` of the identifier. */
  readonly column: string
  /** Fills `id`. Null: the map has none. False: the row's fate is sealed. */
  read(row: RowState, id: Buffer): boolean | null
}

/** Null: the entity's identifiers are made, not looked up. */
export function compileLookUp(context: CompileContext): LookUpId | null {
  const head = context.entity.into[0]
  const marked = head?.columns.find(({ value }) => value.kind === 'id' && value.strategy === 'lookup')
  if (head === undefined || marked?.value.kind !== 'id') return null
  const [from] = marked.value.from ?? []
  const column = `${head.schema}.${head.table}.${marked.name}`
  const source = from === undefined ? null : compileExpressionSource(from, context)
  const wanted = { type: builtinType('uuid'), column, onLoss: [], at: marked.value.at }
  const cast = source && context.compilers.cast(source, wanted, context)
  const scratch = new TupleWriter(32)
  return {
    column,
    read: (row, id) => {
      scratch.reset()
      if (cast === null || !cast.write(row, scratch)) return false
      if (scratch.buf.readInt32BE(0) < 0) return null
      scratch.buf.copy(id, 0, 4, 20)
      return true
    },
  }
}

/** `index` null: only checking, so that whose an identifier is cannot be told. */
export function compileLookedUpId(
  { column, read }: LookUpId,
  of: { readonly store: MergedStore; readonly rowKey: RowKey; readonly index: KeyIndex | null },
): MakeId {
  return row => {
    const found = read(row, row.id)
    if (found === null) return row.seal(QUARANTINED, 'id_missing', column)
    if (!found) return false
    const ordinal = of.index === null ? NOT_FOUND : of.rowKey.find(row, of.index)
    if (!of.store.isTaken(ordinal)) return true
    row.seal(QUARANTINED, 'id_taken', column)
    row.fateDetail = 'another row of the entity has the identifier'
    return false
  }
}
