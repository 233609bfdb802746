import { tableLabel } from '../base/table-label.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { compileExpression } from '../expression/compile-expression.ts'
import { parseExpression } from '../expression/parse-expression.ts'
import { ordinalName } from '../expression/scope.ts'
import { typeExpression } from '../expression/type-expression.ts'
import type { Expression, Shape } from '../model/mapping.ts'
import type { CompileContext } from './compile-context.ts'
import { compileCondition, compileExpressionSource } from './compile-expression-source.ts'
import { elementType } from './element-type.ts'
import { ListElements } from './list-elements.ts'
import type { RowState } from './row-state.ts'

/** One literal group of a shape; a shape without `each` has one that adds nothing. */
export interface GroupPlan {
  /** The group's members are names while its columns are compiled. */
  enter(): void
  leave(): void
  readonly when: ((row: RowState) => boolean) | null
  /** The part of the row's id that tells the rows apart. */
  label(row: RowState): string
  /** Elements of a list, each with a row of its own; null = one row. */
  readonly elements: ListElements | null
}

export const NO_GROUP: GroupPlan = { enter: () => undefined, leave: () => undefined, when: null, label: () => '', elements: null }

export function compileGroups(shape: Shape, context: CompileContext): readonly GroupPlan[] {
  const { each } = shape
  if (each === null) return [NO_GROUP]
  if (each.list !== null) return compileElements(shape, { list: each.list, as: each.as, key: each.key }, context)
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
    return { enter, leave, when, label, elements: null }
  })
}

/** One group whose rows are as many as the list has elements. */
function compileElements(
  shape: Shape,
  { list, as, key }: { readonly list: Expression; readonly as: string; readonly key: Expression },
  context: CompileContext,
): readonly GroupPlan[] {
  const { slots, problems } = context
  const source = compileExpressionSource(list, context)
  const type = source && elementType(source.type)
  if (source === null) return []
  if (type === null) {
    problems.error('MAPPING_TYPE', `expected a list (json, jsonb or an array) under \`each\`, got ${source.type.text}`, {
      at: list.at,
      next: 'Name a column with a list, or a part of a document: "body -> \'items\'".',
    })
    return []
  }
  if (slots.known().includes(as)) {
    problems.error('MANIFEST_INVALID', `expected a name for the element that nothing else has, got ${as}`, {
      at: list.at,
      next: 'Choose another name under `as`.',
    })
    return []
  }
  let text: (row: RowState) => string | null = () => null
  const elements = new ListElements(source, { table: tableLabel(shape.schema, shape.table), labelOf: row => text(row) })
  const enter = (): void => {
    slots.addComputed(as, type, elements.writeElement)
    slots.addComputed(ordinalName(as), builtinType('int4'), elements.writeOrdinal)
    slots.addElement(as)
  }
  const leave = (): void => void elements.slots.push(...slots.forgetElement(as))
  enter()
  const when = shape.when === null ? null : compileCondition(shape.when, context)
  text = compileLabelText(key, context)
  leave()
  return [{ enter, leave, when, label: row => text(row) ?? '', elements }]
}

function compileLabel(key: Expression, context: CompileContext): (row: RowState) => string {
  const text = compileLabelText(key, context)
  return row => text(row) ?? ''
}

/** Null = NULL. */
function compileLabelText(key: Expression, context: CompileContext): (row: RowState) => string | null {
  return context.problems.attempt<(row: RowState) => string | null>(
    key.at,
    () => null,
    () => {
      const evaluate = compileExpression(typeExpression(parseExpression(key), context.slots))
      return row => {
        const value = evaluate(row)
        return value === null ? null : String(value)
      }
    },
  )
}
