import { everyShape } from '../model/every-shape.ts'
import type { Entity, MappingValue } from '../model/mapping.ts'
import { type Check, filePlace, finding } from './check.ts'

const OUTSIDE = { code: 'MAPPING_OTHER_SERVICE', severity: 'info' } as const

/** One finding per entity and other service, however many columns. */
export const mappingOtherService: Check = {
  name: 'mapping-other-service',
  finds: 'References lead into another service, where no foreign key can follow.',
  gives: [OUTSIDE],
  run: survey => {
    const homes = new Map(survey.mapping.entities.map(entity => [entity.name, entity.service]))
    return survey.mapping.entities.flatMap(entity =>
      [...outside(entity, homes)].map(([service, columns]) =>
        finding(OUTSIDE, {
          where: { ...filePlace(entity.at), service: entity.service, entity: entity.name },
          message: `expected a foreign key behind each reference, got ${columns.join(', ')} of ${entity.name} leading into service ${service}, where none can follow`,
          next: 'Nothing: the rows are looked up when they are loaded. Afterwards only the services themselves keep them together.',
        }),
      ),
    )
  },
}

/** Columns by the service they lead to, in the order of the manifest. */
function outside(entity: Entity, homes: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  const named = [...entity.let, ...everyShape(entity).flatMap(shape => shape.columns)]
  for (const { name, value } of named) {
    for (const parent of parentsOf(value)) {
      const home = homes.get(parent)
      if (home === undefined || home === entity.service) continue
      const columns = found.get(home) ?? []
      found.set(home, columns.includes(name) ? columns : [...columns, name])
    }
  }
  return found
}

function parentsOf(value: MappingValue): readonly string[] {
  if (value.kind === 'ref') return value.entities
  return value.kind === 'json' ? value.fields.flatMap(field => parentsOf(field.value)) : []
}
