import type { Related } from '../model/mapping.ts'
import { type Check, filePlace, finding } from './check.ts'

const UNUSED = { code: 'MAPPING_UNUSED', severity: 'warning' } as const

export const mappingUnused: Check = {
  name: 'mapping-unused',
  finds: 'A source no entity reads, for its rows or for related ones, a service no entity writes to, a phase without entities.',
  gives: [UNUSED],
  run: survey => {
    const { sources, services, phases, entities, tenants, file } = survey.mapping
    const read = new Set(entities.flatMap(entity => [entity.from.source, ...relatedSources(entity.with)]))
    if (tenants.kind === 'relation') read.add(tenants.relation.source)
    const written = new Set(entities.map(entity => entity.service))
    const next = 'Take it out, or add what was meant to use it.'
    return [
      ...sources
        .filter(source => !read.has(source.name))
        .map(source =>
          finding(UNUSED, { where: filePlace(source.at), message: `expected an entity that reads source ${source.name}, got none`, next }),
        ),
      ...services
        .filter(service => !written.has(service.name))
        .map(({ at, name }) =>
          finding(UNUSED, {
            where: { ...filePlace(at), service: name },
            message: `expected an entity that writes to service ${name}, got none`,
            next,
          }),
        ),
      ...phases
        .filter(phase => phase.entities.length === 0)
        .map(phase => finding(UNUSED, { where: { file }, message: `expected entities in phase ${phase.name}, got none`, next })),
    ]
  },
}

function relatedSources(related: readonly Related[]): readonly string[] {
  return related.flatMap(one => [one.from.source, ...relatedSources(one.with)])
}
