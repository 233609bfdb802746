import { builtinType } from '../cast/builtin-types.ts'
import { comparisonOf } from '../expression/comparisons.ts'
import type { AggregateName } from '../expression/expression-node.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import type { ListEntry } from './row-list.ts'
import type { WriteField } from './row-state.ts'

/** `count(list)`, `count(list.column)` (of those that are not NULL), `min` and `max` of a column (NULL where there is none). Null: there is no such value, or it has no order. */
export function aggregateOf(
  name: AggregateName,
  { entry, column }: { readonly entry: ListEntry; readonly column: string },
): { readonly type: SqlType; readonly write: WriteField } | null {
  const { list, found } = entry
  const at = column === '' ? null : list.resolve(column.split('.'))
  if (column !== '' && at === null) return null
  if (name === 'count') return { type: builtinType('int8'), write: counted(entry, at?.slot ?? null) }
  const comparison = at && comparisonOf(at.type)
  if (at === null || comparison === null) return null
  const sign = name === 'min' ? 1 : -1
  const write: WriteField = (row, out) => {
    if (row.value(found) === null) return out.null()
    let best: Value = null
    let member = -1
    let i = -1
    const isWhole = list.each(row, state => {
      i++
      const value = state.value(at.slot)
      if (value === null || (best !== null && sign * comparison.order(value, best) >= 0)) return true
      best = value
      member = i
      return true
    })
    if (!isWhole) return false
    if (member < 0) return out.null()
    list.place(member)
    return list.state.copySlot(at.slot, out)
  }
  return { type: at.type, write }
}

function counted({ list, found }: ListEntry, slot: number | null): WriteField {
  return (row, out) => {
    if (row.value(found) === null) return out.null()
    let count = slot === null ? list.size : 0
    const isWhole =
      slot === null ||
      list.each(row, state => {
        if (state.value(slot) !== null) count++
        return true
      })
    if (isWhole) out.int64(BigInt(count))
    return isWhole
  }
}
