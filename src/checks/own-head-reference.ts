import type { MappingValue } from '../model/mapping.ts'
import type { WrittenTable } from './written-tables.ts'

/** Whether a value refers to the row's own head: to its own entity, from the entity's own key. */
export function refersToOwnHead(value: MappingValue, { entity, compiled }: WrittenTable): boolean {
  if (value.kind !== 'ref' || value.entities.length !== 1 || value.entities[0] !== entity.name) return false
  const key = compiled?.key?.names ?? (Array.isArray(entity.key) ? entity.key : null)
  const from = value.from.map(expression => expression.text.trim().toLowerCase())
  return key !== null && key.length === from.length && key.every((name, i) => name.toLowerCase() === from[i])
}
