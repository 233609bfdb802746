import { createHash } from 'node:crypto'
import type { Relation } from '../model/catalogue.ts'
import { qualifiedName } from '../postgres/quote.ts'
import type { Attachment } from '../source/source.ts'
import { indexWhereItFits } from './staged-index.ts'
import { cut, NAME_BYTES, STAGING_SCHEMA, type StagedShape, stagedRelation, stagedShape } from './staged-shape.ts'
import { inTurn, type StagingDatabase } from './staging-database.ts'
import { stagedName } from './translate-request.ts'

interface Attaching {
  readonly types: ReadonlySet<string>
  /** The relation they are attached to, as it is asked for and as it lies there. */
  readonly driving: { readonly relation: Relation; readonly shape: StagedShape }
  stage(relation: Relation, shape: StagedShape): Promise<unknown>
}

/** Stages the relations whose rows are attached, with an index over what they are found by, and says the attachments in the words of the staged tables. */
export async function stageAttachments(
  database: StagingDatabase,
  attach: readonly Attachment[],
  { types, driving, stage }: Attaching,
): Promise<readonly Attachment[]> {
  const staged: Attachment[] = []
  for (const { relation, columns, on } of attach) {
    const shape = stagedShape(relation, { kind: 'content' }, types)
    await stage(relation, shape)
    const pairs = on.map(({ theirs, ours }) => ({ theirs: stagedName(theirs, { shape, relation }), ours: stagedName(ours, driving) }))
    await indexFor(
      database,
      shape.table,
      pairs.map(({ theirs }) => theirs),
    )
    staged.push({ relation: stagedRelation(shape), columns: columns.map(name => stagedName(name, { shape, relation })), on: pairs })
  }
  return staged
}

async function indexFor(database: StagingDatabase, table: string, columns: readonly string[]): Promise<void> {
  const digest = createHash('sha256').update(JSON.stringify(columns)).digest('hex').slice(0, 12)
  const name = `${cut(table, NAME_BYTES - 13 - 17)}${table.slice(-17)}-${digest}`
  const place = { schema: STAGING_SCHEMA, name: table }
  await inTurn(database, name, async session => {
    await indexWhereItFits(session, { table: place, columns, name })
    await session.script(`analyze ${qualifiedName(place)}`)
  })
}
