import { type Check, filePlace, finding } from './check.ts'

const SETTLED = { code: 'MAPPING_CIRCLE', severity: 'info' } as const

export const mappingCircle: Check = {
  name: 'mapping-circle',
  finds: 'References to the entity itself, in a circle or to a later phase are checked only after all rows are loaded.',
  gives: [SETTLED],
  run: survey =>
    survey.order
      .filter(
        ({ entity, settles }) =>
          settles.length > 0 && survey.compiled.some(c => c.entity.name === entity.name && c.compiled.settled.length > 0),
      )
      .map(({ entity, settles }) =>
        finding(SETTLED, {
          where: { ...filePlace(entity.at), service: entity.service, entity: entity.name },
          message: `expected parents to be loaded before their children, got references from ${entity.name} to ${settles.join(', ')}, which are checked after the load`,
          next: 'Nothing: rows that refer to nothing are taken back into quarantine then, and those that refer to them.',
        }),
      ),
}
