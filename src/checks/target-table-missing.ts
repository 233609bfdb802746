import { type Check, filePlace, finding } from './check.ts'
import { writtenTables } from './written-tables.ts'

const MISSING = { code: 'MAPPING_UNKNOWN_COLUMN', severity: 'error' } as const

/** Where an entity was compiled, that says it already. */
export const targetTableMissing: Check = {
  name: 'target-table-missing',
  finds: 'A table the mapping writes to is not there, and no tenant’s source could be compiled far enough to say so.',
  gives: [MISSING],
  run: survey =>
    writtenTables(survey)
      .filter(table => table.relation === null && table.compiled === null)
      .map(({ service, entity, shape, name }) =>
        finding(MISSING, {
          where: { ...filePlace(shape.at), service: service.ref.name, entity: entity.name, table: name },
          message: `expected table ${name} in service ${service.ref.name}, got none`,
          next: 'Create the table, or let `--create-target` apply target.sql.',
        }),
      ),
}
