import { quoteName, quoteTable } from '../base/quote-name.ts'
import type { Finding } from '../model/finding.ts'
import { type Check, finding } from './check.ts'
import { type WrittenRelation, writtenRelations } from './written-tables.ts'

const UNPROVEN = { code: 'TARGET_CONSTRAINT', severity: 'warning' } as const

export const targetConstraints: Check = {
  name: 'target-constraints',
  finds: 'A foreign key of a table to be loaded is not validated, or an index is invalid: rows that are there may break it.',
  gives: [UNPROVEN],
  run: survey => writtenRelations(survey).flatMap(written => [...foreignKeys(written), ...indexes(written)]),
}

function foreignKeys({ service, name, relation }: WrittenRelation): readonly Finding[] {
  return relation.foreignKeys
    .filter(key => !key.isValidated)
    .map(key =>
      finding(UNPROVEN, {
        where: { service: service.ref.name, table: name },
        message: `expected foreign key ${key.name} to hold for every row, got one that was never validated`,
        next: `Run: ALTER TABLE ${quoteTable(relation)} VALIDATE CONSTRAINT ${quoteName(key.name)}; If the key is NOT ENFORCED, the target checks nothing, also during the migration.`,
      }),
    )
}

function indexes({ service, name, relation }: WrittenRelation): readonly Finding[] {
  return relation.indexes
    .filter(index => !index.isValid)
    .map(index =>
      finding(UNPROVEN, {
        where: { service: service.ref.name, table: name },
        message: `expected index ${index.name} to be usable, got an invalid one${index.isUnique ? ', which does not keep rows unique' : ''}`,
        next: `Run: REINDEX INDEX ${quoteTable({ schema: relation.schema, name: index.name })}; or drop it.`,
      }),
    )
}
