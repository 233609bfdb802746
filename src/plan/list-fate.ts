import type { RowFate } from '../model/mapping.ts'
import type { ListLayout } from './list-layout.ts'
import { EXCLUDED, QUARANTINED } from './outcome-registry.ts'
import type { ApplyRule } from './program-parts.ts'
import type { RowKey } from './row-key.ts'
import type { RowState } from './row-state.ts'

/** Rows without an element have no key, and are decided before one is asked for. An element whose members cannot be read is refused under the number it has. */
export function compileListFate({ list, listColumn, state }: ListLayout, key: RowKey): ApplyRule {
  const seal = (row: RowState, { fate, code }: RowFate): false => {
    key.forget()
    return row.seal(fate === 'exclude' ? EXCLUDED : QUARANTINED, code, listColumn)
  }
  return row => {
    if (state.kind === 'element') return true
    if (state.kind === 'not_a_list') return seal(row, list.notAList)
    if (state.kind === 'empty') return list.empty === null || seal(row, list.empty)
    key.read(row)
    return row.seal(QUARANTINED, 'invalid_value', listColumn)
  }
}
