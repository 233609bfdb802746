import type { RelationKind } from '../model/catalogue.ts'
import { type Check, finding } from './check.ts'
import { writtenRelations } from './written-tables.ts'

const NO_TABLE = { code: 'TARGET_UNSUITED', severity: 'error' } as const
const WORDS: Readonly<Record<RelationKind, string | null>> = {
  table: null,
  partitioned: null,
  view: 'a view',
  materialized_view: 'a materialized view',
  foreign_table: 'a foreign table, which does not commit with the batch',
}

export const targetTableKind: Check = {
  name: 'target-table-kind',
  finds: 'What the mapping writes to is no table.',
  gives: [NO_TABLE],
  run: survey =>
    writtenRelations(survey).flatMap(({ service, name, relation }) => {
      const word = WORDS[relation.kind]
      if (word === null) return []
      return finding(NO_TABLE, {
        where: { service: service.ref.name, table: name },
        message: `expected a table, got ${word}`,
        next: 'Name the table under `into`, not what shows it.',
      })
    }),
}
