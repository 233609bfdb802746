import { type Check, filePlace, finding } from './check.ts'
import { keyLeftToTarget } from './left-to-target.ts'
import { writtenTables } from './written-tables.ts'

const LEFT = { code: 'MAPPING_DEFAULTS', severity: 'info' } as const

export const mappingKeyLeftToTarget: Check = {
  name: 'mapping-key-left-to-target',
  finds: 'A primary key column that the mapping leaves open is no uuid, so the target numbers it and Rehouse gives no identifier.',
  gives: [LEFT],
  run: survey =>
    writtenTables(survey).flatMap(table => {
      const column = keyLeftToTarget(table)
      if (column === null) return []
      const { service, entity, shape, name } = table
      return finding(LEFT, {
        where: { ...filePlace(shape.at), service: service.ref.name, entity: entity.name, table: name },
        message: `expected a uuid in primary key column ${column.name}, which the mapping leaves open, got ${column.type.text}: the target numbers it`,
        next: 'Nothing, if numbers given in the order of the load are meant. Otherwise map the column, or make it a uuid.',
      })
    }),
}
