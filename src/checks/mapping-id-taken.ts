import { type Check, filePlace, finding } from './check.ts'
import { strategiesOf } from './id-strategies.ts'
import { writtenRelations } from './written-tables.ts'

const TAKEN = { code: 'MAPPING_ID_TAKEN', severity: 'warning' } as const

export const mappingIdTaken: Check = {
  name: 'mapping-id-taken',
  finds: 'Two entities keep the UUIDs of their sources and write them into the same table as its own identifier.',
  gives: [TAKEN],
  run: survey => {
    const strategies = strategiesOf(survey)
    return writtenRelations(survey).flatMap(({ service, name, writers }) => {
      const keepers = writers.filter(writer => writer.isHead && strategies.get(writer.entity.name)?.strategy === 'keep')
      return keepers.slice(1).map(({ entity, shape }) =>
        finding(TAKEN, {
          where: { ...filePlace(shape.at), service: service.ref.name, entity: entity.name, table: name },
          message: `expected identifiers of ${entity.name} that ${keepers[0]?.entity.name} cannot have too, got both kept from the source`,
          next: 'Nothing, if the two never have the same UUID; a row whose identifier is taken goes into quarantine (id_taken). Otherwise write `id: hashed` for one of them.',
        }),
      )
    })
  },
}
