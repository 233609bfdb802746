import { qualifiedName, quoteLiteral, quoteName } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { sqlFile } from '../../postgres/sql-files.ts'
import type { TableName } from '../target.ts'

const LIST_SEQUENCES = sqlFile('list-sequences')

/** Sets each sequence that feeds an integer column of these tables to the column's highest value (lowest, where it counts down) if it would otherwise give a value already there. */
export async function advanceSequences(session: Session, tables: readonly TableName[]): Promise<void> {
  const wanted = JSON.stringify(tables.map(table => [table.schema, table.name]))
  const { rows } = await session.query(LIST_SEQUENCES, [wanted])
  for (const [schema, name, column, sequenceSchema, sequenceName] of rows) {
    const sequence = { schema: sequenceSchema ?? '', name: sequenceName ?? '' }
    await session.query(advance({ schema: schema ?? '', name: name ?? '' }, column ?? '', sequence))
  }
}

function advance(table: TableName, column: string, sequence: TableName): string {
  const sequenceName = qualifiedName(sequence)
  const stored = (sense: 'max' | 'min'): string =>
    `(select pg_catalog.${sense}(${quoteName(column)})::pg_catalog.int8 from ${qualifiedName(table)})`
  // A value outside the sequence's bounds is not one it could give.
  return `select pg_catalog.setval(${quoteLiteral(sequenceName)}::pg_catalog.regclass, stored.value, true)
    from ${sequenceName} as now
    join pg_catalog.pg_sequence s on s.seqrelid = ${quoteLiteral(sequenceName)}::pg_catalog.regclass
    cross join lateral (select case when s.seqincrement > 0 then ${stored('max')} else ${stored('min')} end as value) as stored
    where stored.value between s.seqmin and s.seqmax
      and case
        when s.seqincrement > 0 then stored.value > now.last_value or (stored.value = now.last_value and not now.is_called)
        else stored.value < now.last_value or (stored.value = now.last_value and not now.is_called)
      end`
}
