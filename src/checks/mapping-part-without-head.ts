import { tableLabel } from '../base/table-label.ts'
import { shapesOf } from '../model/every-shape.ts'
import type { MappingValue } from '../model/mapping.ts'
import { type Check, filePlace, finding } from './check.ts'
import { refersToOwnHead } from './own-head-reference.ts'
import { type WrittenTable, writtenTables } from './written-tables.ts'

const LOST = { code: 'MAPPING_NO_WAY_BACK', severity: 'error' } as const

/** A part is found again by its reference to its head (docs/design, "What identifies rows in parts"). */
export const mappingPartWithoutHead: Check = {
  name: 'mapping-part-without-head',
  finds: 'A table after the first under `into` has no column that refers to the row’s own head: its rows could not be taken back.',
  gives: [LOST],
  run: survey =>
    writtenTables(survey)
      .filter(table => !table.isHead && table.compiled !== null && table.relation !== null && !hasHead(table))
      .map(({ service, entity, shape, name, compiled }) => {
        const key = compiled?.key?.names ?? []
        const from = key.length === 1 ? key[0] : `[${key.join(', ')}]`
        return finding(LOST, {
          where: { ...filePlace(shape.at), service: service.ref.name, entity: entity.name, table: name },
          message: `expected a column of ${name} that refers to the row’s own head in ${tableLabel(entity.into[0]?.schema ?? '', entity.into[0]?.table ?? '')}, got none`,
          next:
            entity.key === 'content'
              ? `Rows of ${entity.name} are told apart by their content, which no reference can name: make ${name} an entity of its own, or give ${entity.name} a key.`
              : `Add a uuid column to ${name} and fill it with { ref: ${entity.name}, from: ${from} }.`,
        })
      }),
}

function hasHead(table: WrittenTable): boolean {
  return shapesOf(table.shape).every(shape => {
    const value: MappingValue | undefined = shape.columns.find(column => column.name === table.plan?.headColumn)?.value
    return value !== undefined && refersToOwnHead(value, table)
  })
}
