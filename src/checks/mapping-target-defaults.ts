import { type Check, filePlace, finding } from './check.ts'
import { isTime, leftToTarget } from './left-to-target.ts'
import { writtenTables } from './written-tables.ts'

const LEFT = { code: 'MAPPING_DEFAULTS', severity: 'info' } as const

export const mappingTargetDefaults: Check = {
  name: 'mapping-target-defaults',
  finds: 'Columns the mapping does not fill get the target’s default.',
  gives: [LEFT],
  run: survey =>
    writtenTables(survey).flatMap(table => {
      const columns = leftToTarget(table).filter(column => !isTime(column))
      if (columns.length === 0) return []
      const { service, entity, shape, name } = table
      return finding(LEFT, {
        where: { ...filePlace(shape.at), service: service.ref.name, entity: entity.name, table: name },
        message: `expected every column to be filled by the mapping, got ${columns.map(column => column.name).join(', ')} left to the target’s default`,
        next: 'Nothing, if the default is meant; otherwise map the column.',
      })
    }),
}
