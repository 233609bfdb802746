import { chooseExamples, type DraftExample } from '../draft/choose-examples.ts'
import type { Draft, DraftSource, DraftTable } from '../draft/draft.ts'
import { SampleReader } from '../draft/sample-reader.ts'
import { RehouseError } from '../errors.ts'
import type { Relation } from '../model/catalogue.ts'
import type { Source, SourceSnapshot } from '../source/source.ts'

/** Rows read of a table: edges are looked for among the first of them. */
const MOST_ROWS = 1000
const MOST_MS = 20_000
/** What examples may add to a manifest, which is read by people and has a limit of 2 MB. */
const MOST_CHARACTERS = 500_000

export interface ExampleSources {
  readonly sources: readonly DraftSource[]
  open(index: number): Promise<Source>
  readonly signal: AbortSignal
}

/**
 * Examples of each table, from the first source that has it: at most five rows among its first thousand. Stops after a while, so that many or slow sources do not hold a draft up; a table
 * that cannot be read has none.
 */
export async function proposeExamples(draft: Draft, of: ExampleSources): Promise<ReadonlyMap<string, readonly DraftExample[]>> {
  const found = new Map<string, readonly DraftExample[]>()
  const until = performance.now() + MOST_MS
  let room = MOST_CHARACTERS
  for (const [index, tables] of tablesBySource(draft, of.sources)) {
    if (performance.now() > until || room <= 0) break
    const source = of.sources[index] as DraftSource
    const opened = await of.open(index)
    try {
      const snapshot = await opened.openSnapshot(tables.map(({ relation }) => relation))
      for (const { table, relation } of tables) {
        if (performance.now() > until || room <= 0 || of.signal.aborted) break
        const examples = await examplesOf(table, { relation, source, snapshot })
        if (examples.length > 0) found.set(table.entity, examples)
        room -= JSON.stringify(examples).length
      }
    } finally {
      await opened.close()
    }
  }
  return found
}

interface TableOf {
  readonly table: DraftTable
  readonly relation: Relation
}

function tablesBySource(draft: Draft, sources: readonly DraftSource[]): ReadonlyMap<number, readonly TableOf[]> {
  const groups = new Map<number, TableOf[]>()
  for (const table of draft.tables) {
    const index = sources.findIndex(source => relationOf(source, table) !== undefined)
    const source = sources[index]
    const relation = source && relationOf(source, table)
    if (relation === undefined || !isKeyOf(relation, table)) continue
    groups.set(index, [...(groups.get(index) ?? []), { table, relation }])
  }
  return groups
}

function relationOf(source: DraftSource, { from }: DraftTable): Relation | undefined {
  return source.catalogue.relations.find(relation => relation.schema === from.schema && relation.name === from.name)
}

/** Files are read by keys their own catalogue proves. */
function isKeyOf(relation: Relation, { key }: DraftTable): boolean {
  if (key.kind === 'content') return false
  const names = key.names.map(name => name.toLowerCase())
  return relation.uniqueKeys.some(
    unique =>
      !unique.isPartialOrExpression &&
      unique.columns.length === names.length &&
      unique.columns.every(
        column => names.includes(column.toLowerCase()) && relation.columns.find(known => known.name === column)?.isNullable === false,
      ),
  )
}

async function examplesOf(
  table: DraftTable,
  { relation, source, snapshot }: { readonly relation: Relation; readonly source: DraftSource; readonly snapshot: SourceSnapshot },
): Promise<readonly DraftExample[]> {
  const reader = SampleReader.of(table, relation, source.catalogue.version)
  if (reader === null) return []
  const ends = new AbortController()
  const request = {
    relation,
    columns: reader.columns,
    key: { kind: 'columns', names: reader.keys.map(({ name }) => name) } as const,
    after: null,
    signal: ends.signal,
  }
  try {
    for await (const chunk of snapshot.read(request)) {
      reader.push(chunk)
      if (reader.rows.length >= MOST_ROWS) break
    }
  } catch (error) {
    // A draft needs the catalogue alone: what is wrong with the rows, migrating them says.
    if (error instanceof RehouseError && error.code !== 'BUG') return []
    throw error
  }
  return chooseExamples(reader.rows.slice(0, MOST_ROWS), reader.shown, source.code)
}
