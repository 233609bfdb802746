import { type Check, filePlace, finding } from './check.ts'
import { writtenTables } from './written-tables.ts'

const LOST = { code: 'MAPPING_NO_WAY_BACK', severity: 'warning' } as const

export const mappingHeadWithoutId: Check = {
  name: 'mapping-head-without-id',
  finds:
    'The first table of an entity has no column with the row’s identifier: its rows cannot be taken back, and nothing can refer to them.',
  gives: [LOST],
  run: survey =>
    writtenTables(survey)
      .filter(table => table.isHead && table.relation !== null && table.plan !== null && table.plan.idColumn === null)
      .map(({ service, entity, shape, name }) =>
        finding(LOST, {
          where: { ...filePlace(shape.at), service: service.ref.name, entity: entity.name, table: name },
          message: `expected a column of ${name} that holds the row’s identifier, got none: rows of ${entity.name} cannot be taken back`,
          next: 'Mark a uuid column with `{ id: hashed }` or another strategy, or give the table a uuid primary key and leave it to Rehouse.',
        }),
      ),
}
