import { everyShape } from './every-shape.ts'
import type { Entity, MappingValue } from './mapping.ts'

/** A value and the values it is put together from. */
export function valuesIn(value: MappingValue): readonly MappingValue[] {
  if (value.kind === 'collect') return [value, ...valuesIn(value.value)]
  return value.kind === 'json' ? [value, ...value.fields.flatMap(field => valuesIn(field.value))] : [value]
}

/** Every value of an entity, however deep: named values first, then the rows it may be instead of its own, then columns, in the order written. */
export function everyValue(entity: Entity): readonly MappingValue[] {
  const inColumns = everyShape(entity).flatMap(shape => shape.columns)
  const merged = entity.rules.flatMap(rule => (rule.fate === 'same_as' ? [rule.row] : []))
  return [...entity.let.flatMap(({ value }) => valuesIn(value)), ...merged, ...inColumns.flatMap(({ value }) => valuesIn(value))]
}
