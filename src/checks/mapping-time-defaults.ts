import { type Check, filePlace, finding } from './check.ts'
import { isTime, leftToTarget } from './left-to-target.ts'
import { writtenTables } from './written-tables.ts'

const LEFT = { code: 'MAPPING_DEFAULTS', severity: 'warning' } as const

export const mappingTimeDefaults: Check = {
  name: 'mapping-time-defaults',
  finds: 'A time the mapping does not fill gets the target’s default, such as now(): history would begin with the migration.',
  gives: [LEFT],
  run: survey =>
    writtenTables(survey).flatMap(table => {
      const columns = leftToTarget(table).filter(isTime)
      if (columns.length === 0) return []
      const { service, entity, shape, name } = table
      const names = columns.map(column => column.name)
      return finding(LEFT, {
        where: { ...filePlace(shape.at), service: service.ref.name, entity: entity.name, table: name },
        message: `expected times to come from the source, got ${names.join(', ')} left to the target’s default: if that is now(), every row is as young as the migration`,
        next: `Map ${names.length === 1 ? 'it' : 'them'}, with a declared replacement where the source has no such time: ${names[0]}: { from: COLUMN, if_null: { quarantine: no_timestamp } }.`,
      })
    }),
}
