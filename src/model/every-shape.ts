import type { Entity, Shape } from './mapping.ts'

/** A table's shape and the further ones of the same table, in the order they are tried. */
export function shapesOf(shape: Shape): readonly Shape[] {
  return [shape, ...shape.alternatives]
}

/** Every shape of every table an entity writes to. */
export function everyShape(entity: Entity): readonly Shape[] {
  return entity.into.flatMap(shapesOf)
}
