import { shapesOf } from '../model/every-shape.ts'
import type { Shape } from '../model/mapping.ts'
import type { PlanColumn } from '../model/results.ts'
import type { CompileContext } from './compile-context.ts'
import { compileCondition } from './compile-expression-source.ts'
import type { RowState } from './row-state.ts'

/** Whether a condition of the row holds. */
export type Holds = (row: RowState) => boolean

/** One of several shapes of a table. */
export interface Alternative {
  readonly shape: Shape
  /** Its own condition; null = always. */
  readonly when: Holds | null
  /** Its own condition, and that of no shape before it: for who looks at this shape alone. */
  readonly isChosen: Holds | null
}

/** The shapes of one table, in the order they are tried. One without others is an alternative without rivals. */
export function compileAlternatives(shape: Shape, context: CompileContext): readonly Alternative[] {
  const before: (Holds | null)[] = []
  return shapesOf(shape).map(one => {
    const when = one.when === null ? null : compileCondition(one.when, context)
    const earlier = [...before]
    before.push(when)
    if (earlier.length === 0) return { shape: one, when, isChosen: when }
    const isChosen = (row: RowState): boolean => !earlier.some(holds => holds === null || holds(row)) && (when === null || when(row))
    return { shape: one, when, isChosen }
  })
}

/** What the plan says of a column that several shapes fill: in each shape's words; it can be written back only where all shapes agree. */
export function describeTogether(described: readonly (readonly PlanColumn[])[]): readonly PlanColumn[] {
  const [first = [], ...others] = described
  return first.map(column => {
    const all = [column, ...others.flatMap(list => list.filter(other => other.column === column.column))]
    const texts = [...new Set(all.map(one => one.from))]
    if (texts.length === 1) return column
    const lossy = all.find(one => one.loss !== 'never')
    return { ...column, from: texts.join(', or '), how: 'expression', loss: lossy?.loss ?? 'never', inverse: 'read_only' }
  })
}
