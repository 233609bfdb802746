import type { Shape } from '../model/mapping.ts'
import type { CompileContext } from './compile-context.ts'
import type { RowState } from './row-state.ts'

/** A reference of a part holds only where the part is written. One that is refused after the load could not take its part alone along. */
export function bindSettled(
  shape: Shape,
  { from, when }: { from: number; when: ((row: RowState) => boolean) | null },
  { settled, problems }: CompileContext,
): void {
  for (const [i, reference] of settled.slice(from).entries()) {
    const own = reference.when
    if (when !== null) settled[from + i] = { ...reference, when: row => when(row) && (own === null || own(row)) }
    const place = shape.each?.list ? 'among the elements of a list' : shape.isOptional ? 'in an optional part' : null
    if (place === null) continue
    const next = shape.isOptional
      ? 'Take `optional` out, or write `missing: { allow: true }`.'
      : 'Make the elements rows of an entity of their own (`from.each`), put the entity referred to into an earlier phase, or write `missing: { allow: true }`.'
    problems.error('MANIFEST_NOT_SUPPORTED', `expected no reference that is checked after the load ${place}, got ${reference.column}`, {
      at: shape.at,
      next,
    })
  }
}
