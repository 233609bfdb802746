import { TooManyAliases } from '../base/key-aliases.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import { RehouseError } from '../errors.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import type { EntityFacts } from '../plan/tenant-plan.ts'
import type { SourceSnapshot } from '../source/source.ts'
import { type EntityRows, openRows } from './entity-rows.ts'
import { sourceInvalid } from './next-row.ts'
import { readRows } from './read-rows.ts'

/** Reads the related rows of an entity into memory, then computes its positions, then finds rows that are other rows: before its first row is run, under the same snapshots. */
export async function fillRelated(compiled: CompiledEntity, { facts, snapshotOf }: FillFrom): Promise<void> {
  const { related, numbers } = compiled
  for (const loader of related) {
    if (loader.way !== 'memory' || loader.store.isFilled) continue
    const { store, source, relation, columns, take } = loader
    const request = { relation, columns, key: { kind: 'columns', names: [] }, after: null, signal: new AbortController().signal } as const
    const rows = openRows({ fields: columns.length, list: null, rowKey: null }, facts)
    await readInto(rows, { chunks: (await snapshotOf(source)).read(request), take, facts })
    store.isFilled = true
  }
  if (numbers !== null && !numbers.store.isFilled) await fillNumbers(numbers, { facts, snapshotOf })
  await findMerged(compiled, { facts, snapshotOf })
}

interface FillFrom {
  readonly facts: EntityFacts
  readonly snapshotOf: (source: string) => Promise<SourceSnapshot>
}

async function fillNumbers(numbers: NonNullable<CompiledEntity['numbers']>, { facts, snapshotOf }: FillFrom): Promise<void> {
  const request = {
    relation: facts.relation,
    columns: numbers.columns,
    key: facts.key.source,
    after: null,
    signal: new AbortController().signal,
  }
  const snapshot = await snapshotOf(facts.entity.from.source)
  await readInto(openRows(numbers, facts), { chunks: snapshot.read(request), take: numbers.take, facts })
  numbers.finish()
}

/** The columns are those of the load: the rules may ask for any of them. */
async function findMerged(compiled: CompiledEntity, { facts, snapshotOf }: FillFrom): Promise<void> {
  const { merged, rowKey } = compiled
  if (merged === null || rowKey === null || merged.store.isFilled) return
  const snapshot = await snapshotOf(facts.entity.from.source)
  rowKey.restart()
  try {
    for await (const rows of readRows({ facts, compiled, snapshot, snapshotOf })) while (rows.next()) merged.take(rows.cursor)
    rowKey.restart()
    merged.finish()
  } catch (error) {
    throw error instanceof TooManyAliases ? tooMany(error, facts) : error
  }
}

function tooMany({ message }: TooManyAliases, { entity }: EntityFacts): RehouseError {
  return new RehouseError('RELATED_TOO_LARGE', message, {
    where: { entity: entity.name },
    next: 'Such rows are held in memory, of one tenant at a time: split the entity by a rule into several, or let the source merge the rows before.',
  })
}

interface Reading {
  readonly chunks: AsyncIterable<Buffer>
  readonly take: (cursor: TupleCursor) => void
  readonly facts: EntityFacts
}

async function readInto(rows: EntityRows, { chunks, take, facts }: Reading): Promise<void> {
  for await (const chunk of chunks) {
    rows.push(chunk)
    while (rows.next()) take(rows.cursor)
  }
  if (rows.pending > 0) throw sourceInvalid(facts, `expected whole rows, got ${rows.pending} bytes of one that does not end`)
}
