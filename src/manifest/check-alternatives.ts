import { tableLabel } from '../base/table-label.ts'
import { shapesOf } from '../model/every-shape.ts'
import type { Entity, Shape } from '../model/mapping.ts'
import type { Place } from '../model/place.ts'
import type { Problems } from './problems.ts'

type Invalid = (at: Place, message: string, next: string) => void

/** Several shapes of one table: each can be reached, all fill the same columns, and whichever is written, the row has one identifier. */
export function checkAlternatives(shape: Shape, { entity, problems }: { readonly entity: Entity; readonly problems: Problems }): void {
  if (shape.alternatives.length === 0) return
  const table = tableLabel(shape.schema, shape.table)
  const invalid: Invalid = (at, message, next) => problems.add({ code: 'MANIFEST_INVALID', at, message, next, entity: entity.name, table })
  const shapes = shapesOf(shape)
  checkConditions(shapes, table, invalid)
  for (const one of shapes) checkWhole(one, { first: shape, table }, invalid)
  checkColumns(shapes, table, invalid)
  for (const one of shape.alternatives) checkIdentifier(one, { first: shape, table }, invalid)
}

function checkConditions(shapes: readonly Shape[], table: string, invalid: Invalid): void {
  const early = shapes.slice(0, -1).findIndex(one => one.when === null)
  if (early < 0) return
  invalid(
    shapes[early]?.at as Place,
    `expected a \`when\` in each shape of ${table} but the last, got none in shape ${early + 1} of ${shapes.length}: no later one is ever written`,
    'Say when this shape is meant, or put it last.',
  )
}

function checkWhole(one: Shape, { first, table }: { readonly first: Shape; readonly table: string }, invalid: Invalid): void {
  if (one.each !== null)
    invalid(
      one.at,
      `expected one row from each of several shapes of ${table}, got \`each\` in one of them`,
      'Keep one shape with `each` and let `case when …` in its columns tell the rows apart.',
    )
  if (one.isOptional !== first.isOptional)
    invalid(
      one.at,
      `expected \`optional\` to be the same in each shape of ${table}, got both`,
      'Write `optional: true` in all of them or in none.',
    )
}

function checkColumns(shapes: readonly Shape[], table: string, invalid: Invalid): void {
  const all = [...new Set(shapes.flatMap(one => one.columns.map(column => column.name)))]
  for (const [i, one] of shapes.entries()) {
    const own = new Set(one.columns.map(column => column.name))
    const missing = all.filter(name => !own.has(name))
    if (missing.length === 0) continue
    invalid(
      one.at,
      `expected the same columns in each shape of ${table}, got shape ${i + 1} without ${missing.join(', ')}`,
      'Take over the columns of another shape with `<<: *name`, and write `{ value: null }` for those that stay empty.',
    )
  }
}

function checkIdentifier(one: Shape, { first, table }: { readonly first: Shape; readonly table: string }, invalid: Invalid): void {
  if (identifierOf(one) === identifierOf(first)) return
  invalid(
    one.at,
    `expected the same identifier in each shape of ${table}, got another one: the row’s identifier must not depend on the shape chosen`,
    'Write the column with `id` alike in all of them, `<<: *name` takes it over.',
  )
}

function identifierOf(shape: Shape): string {
  const marked = shape.columns.find(column => column.value.kind === 'id')
  if (marked?.value.kind !== 'id') return ''
  const { strategy, from } = marked.value
  return JSON.stringify([marked.name, strategy, from?.map(expression => expression.text.trim()) ?? null])
}
