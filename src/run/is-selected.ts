import type { RunSelection } from '../model/ledger-records.ts'
import type { Entity } from '../model/mapping.ts'

/** Whether a run was asked to do this entity in this phase. */
export function isSelected(entity: Entity, { phase, selection }: { readonly phase: string; readonly selection: RunSelection }): boolean {
  return (
    (selection.entities === null || selection.entities.includes(entity.name)) && (selection.phase === null || selection.phase === phase)
  )
}
