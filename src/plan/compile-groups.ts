import { compileExpression } from '../expression/compile-expression.ts'
import { parseExpression } from '../expression/parse-expression.ts'
import { typeExpression } from '../expression/type-expression.ts'
import type { Shape } from '../model/mapping.ts'
import type { CompileContext } from './compile-context.ts'
import { compileCondition, compileExpressionSource } from './compile-expression-source.ts'
import type { RowState } from './row-state.ts'

/** One literal group of a shape; a shape without `each` has one that adds nothing. */
export interface GroupPlan {
  /** The group's members are names while its columns are compiled. */
  enter(): void
  leave(): void
  readonly when: ((row: RowState) => boolean) | null
  /** The part of the row's id that tells the groups apart. */
  label(row: RowState): string
}

export const NO_GROUP: GroupPlan = { enter: () => undefined, leave: () => undefined, when: null, label: () => '' }

export function compileGroups(shape: Shape, context: CompileContext): readonly GroupPlan[] {
  const { each } = shape
  if (each === null) return [NO_GROUP]
  return each.groups.map(group => {
    const members = group.map(member => {
      const source = compileExpressionSource(member.value, context)
      return { name: `${each.as}.${member.name}`, source }
    })
    const enter = (): void => {
      for (const { name, source } of members) {
        if (source === null) continue
        if (source.slot === null) context.slots.addComputed(name, source.type, source.write)
        else context.slots.alias(name, source.slot, source.type)
      }
    }
    const leave = (): void => context.slots.forget(members.map(member => member.name))
    enter()
    const when = shape.when === null ? null : compileCondition(shape.when, context)
    const label = compileLabel(each.key, context)
    leave()
    return { enter, leave, when, label }
  })
}

function compileLabel(key: NonNullable<Shape['each']>['key'], context: CompileContext): (row: RowState) => string {
  return context.problems.attempt<(row: RowState) => string>(
    key.at,
    () => '',
    () => {
      const evaluate = compileExpression(typeExpression(parseExpression(key), context.slots))
      return row => String(evaluate(row) ?? '')
    },
  )
}
