import { bug, RehouseError } from '../errors.ts'
import type { Catalogue, Relation } from '../model/catalogue.ts'
import type { CatalogueExtras } from '../model/catalogue-extras.ts'
import type { Measure, Sql } from '../model/measure.ts'
import { whyNotAsItLies } from '../source/scan-keys.ts'
import type { AggregateRequest, ReadRequest, Source, SourceFacts, SourceSnapshot } from '../source/source.ts'
import { afterPosition } from './key-texts.ts'
import { readableRelation } from './readable-relation.ts'
import { rawTable, type StagedTable, stageRelation } from './stage-relation.ts'
import { stageAttachments } from './staged-attachments.ts'
import { fittingTypes, type StagedShape, stagedRelation, stagedShape, type TextsOf } from './staged-shape.ts'
import { describeView, relationsUnder, stageForView } from './staged-views.ts'
import type { StagingDatabase } from './staging-database.ts'
import type { StagingPlace } from './staging-place.ts'
import { stagedName, translate } from './translate-request.ts'

/**
 * A `scan` source that can be read by any key: what the file cannot say (source/scan-keys.ts) is staged when it is first asked for, and read from there.
 * Everything else, its catalogue first of all, is the file's.
 */
export function stagedSource(source: Source, options: StagedOptions): Source {
  if (source.capability !== 'scan') return source
  options.place.noteFile()
  return new StagedSource(source, options)
}

export interface StagedOptions {
  readonly place: StagingPlace
  /** Tells the source apart within the migration. */
  readonly name: string
  /** What its texts may hold. */
  readonly texts: TextsOf
}

/** Relations of a snapshot's file in a place that can do all that PostgreSQL can. */
export interface StagedRelations {
  /** Of one database; whoever asked for it closes it. */
  readonly source: Source
  /** What each is there, by the relation asked for. Columns have the names they have there: at most 63 bytes. */
  readonly relations: ReadonlyMap<Relation, Relation>
}

/** Stages relations whole, for work a file cannot do (joins, ranks, SQL). Null: the snapshot is not of a staged source. */
export async function stageRelations(
  snapshot: SourceSnapshot,
  { relations, signal }: { readonly relations: readonly Relation[]; readonly signal: AbortSignal },
): Promise<StagedRelations | null> {
  return snapshot instanceof StagedSnapshot ? snapshot.stage(relations, signal) : null
}

class StagedSource implements Source {
  readonly engine: string
  readonly capability = 'scan'
  readonly attaches = 'staged'
  readonly label: string
  readonly extras?: () => Promise<CatalogueExtras>
  readonly #file: Source
  readonly #at: StagedOptions
  readonly #snapshots = new Set<StagedSnapshot>()

  constructor(file: Source, at: StagedOptions) {
    this.#file = file
    this.#at = at
    this.engine = file.engine
    this.label = file.label
    if (file.extras !== undefined) this.extras = file.extras.bind(file)
  }

  describe(): Promise<Catalogue> {
    return this.#file.describe()
  }

  async describeQuery(query: Parameters<NonNullable<Source['describeQuery']>>[0]): Promise<Relation> {
    return describeView(this.#at.place, query, await this.#file.describe())
  }

  facts(): Promise<SourceFacts> {
    return this.#file.facts()
  }

  async openSnapshot(relations: readonly Relation[] = []): Promise<SourceSnapshot> {
    const { identity } = await this.#file.facts()
    const hasViews = relations.some(relation => relation.query !== undefined)
    const catalogue = hasViews ? await this.#file.describe() : null
    const read = catalogue === null ? relations : [...new Set(relations.flatMap(relation => relationsUnder(relation, catalogue)))]
    const describe = (): Promise<Catalogue> => this.#file.describe()
    const snapshot = new StagedSnapshot(await this.#file.openSnapshot(read), { ...this.#at, engine: this.engine, identity, describe })
    this.#snapshots.add(snapshot)
    return snapshot
  }

  async close(): Promise<void> {
    const open = [...this.#snapshots]
    this.#snapshots.clear()
    for (const snapshot of open) await snapshot.close()
    await this.#file.close()
  }
}

interface At extends StagedOptions {
  readonly engine: string
  readonly identity: string
  /** The file’s catalogue. */
  readonly describe: () => Promise<Catalogue>
}

let opened = 0

class StagedSnapshot implements SourceSnapshot {
  readonly id: string
  readonly marker: string
  readonly origin: string
  readonly confirm?: NonNullable<SourceSnapshot['confirm']>
  readonly countElements?: NonNullable<SourceSnapshot['countElements']>
  readonly declaredRows?: bigint
  readonly #file: SourceSnapshot
  readonly #at: At
  readonly #closing = new AbortController()
  #database: Promise<StagingDatabase> | null = null

  constructor(file: SourceSnapshot, at: At) {
    // A file's snapshot is named after its content; the ledger tells by the name whether rows were read under one and the same.
    this.id = `${file.id}-${process.pid.toString(36)}.${Date.now().toString(36)}.${++opened}`
    this.marker = file.marker
    this.origin = file.origin
    this.#file = file
    this.#at = at
    if (file.confirm !== undefined) this.confirm = file.confirm.bind(file)
    if (file.countElements !== undefined) this.countElements = file.countElements.bind(file)
    if (file.declaredRows !== undefined) this.declaredRows = file.declaredRows
  }

  count(relation: Relation): Promise<bigint> {
    if (relation.query === undefined) return this.#file.count(relation)
    return this.#overView(relation, snapshot => snapshot.count(relation))
  }

  /** Of the staged copy: a file computes nothing. The copy is the one reads in the order of these keys would take. */
  async aggregates(request: AggregateRequest): Promise<readonly (string | null)[]> {
    const { relation, measures, without, where } = request
    if (relation.query !== undefined) return this.#overView(relation, async snapshot => (await snapshot.aggregates?.(request)) ?? [])
    const database = await this.#open()
    const shape = stagedShape(relation, { kind: 'columns', names: without.columns }, fittingTypes(database.types, this.#at.texts))
    await this.#stage(database, { relation, table: rawTable(shape), signal: this.#closing.signal })
    const named = (name: string): string => stagedName(name, { shape, relation })
    return this.#ask(database, snapshot => {
      if (snapshot.aggregates === undefined) throw bug('expected a place of staging that computes sums')
      return snapshot.aggregates({
        relation: readableRelation(shape),
        measures: measures.map(measure => ({
          ...renamed(measure, named),
          ...(measure.parts === undefined ? {} : { parts: measure.parts.map(part => renamed(part, named)) }),
        })),
        ...(where === undefined ? {} : { where: sqlOf(where, named) }),
        without: { columns: without.columns.map(named), keys: without.keys },
      })
    })
  }

  /** The staged copy’s. */
  async rowHash(): Promise<string> {
    return this.#ask(await this.#open(), snapshot => {
      if (snapshot.rowHash === undefined) throw bug('expected a place of staging that hashes rows')
      return snapshot.rowHash()
    })
  }

  async #ask<T>(database: StagingDatabase, question: (snapshot: SourceSnapshot) => Promise<T>): Promise<T> {
    const source = this.#at.place.options.openSource(database.address)
    try {
      return await question(await source.openSnapshot())
    } finally {
      await source.close()
    }
  }

  read(request: ReadRequest): AsyncIterable<Buffer> {
    if (request.relation.query !== undefined) return this.#readView(request)
    const isStreamed = whyNotAsItLies(request) === null && (request.attach ?? []).length === 0
    return isStreamed ? this.#file.read(request) : this.#readStaged(request)
  }

  async *#readStaged(request: ReadRequest): AsyncGenerator<Buffer> {
    const { relation, key, signal } = request
    signal.throwIfAborted()
    const database = await this.#open()
    const types = fittingTypes(database.types, this.#at.texts)
    const shape = stagedShape(relation, key, types)
    const translated = translate(request, shape)
    const stage = (one: Relation, as: StagedShape): Promise<string> =>
      this.#stage(database, { relation: one, table: rawTable(as), signal }).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error
      })
    await stage(relation, shape)
    const attach = await stageAttachments(database, request.attach ?? [], { types, driving: { relation, shape }, stage })
    const source = this.#at.place.options.openSource(database.address)
    try {
      const snapshot = await source.openSnapshot()
      const ends = AbortSignal.any([signal, this.#closing.signal])
      const chunks = snapshot.read({ ...translated.request, attach, signal: ends })
      yield* translated.skip === null ? chunks : afterPosition(chunks, translated.skip)
    } finally {
      await source.close()
    }
  }

  async *#readView(request: ReadRequest): AsyncGenerator<Buffer> {
    const { relation, signal } = request
    signal.throwIfAborted()
    const source = await this.#viewSource(relation, signal).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error
    })
    try {
      yield* (await source.openSnapshot()).read({ ...request, signal: AbortSignal.any([signal, this.#closing.signal]) })
    } finally {
      await source.close()
    }
  }

  async #overView<T>(relation: Relation, work: (snapshot: SourceSnapshot) => Promise<T>): Promise<T> {
    const source = await this.#viewSource(relation, this.#closing.signal)
    try {
      return await work(await source.openSnapshot())
    } finally {
      await source.close()
    }
  }

  /** With what the view reads in it, under its names. */
  async #viewSource(view: Relation, signal: AbortSignal): Promise<Source> {
    const database = await this.#open()
    const file = { catalogue: await this.#at.describe(), texts: this.#at.texts }
    await stageForView(database, view, { file, snapshot: this.#file, signal: this.#ending(signal) })
    return this.#at.place.options.openSource(database.address)
  }

  #ending(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal, this.#at.place.options.signal])
  }

  #stage(database: StagingDatabase, of: { relation: Relation; table: StagedTable; signal: AbortSignal }): Promise<string> {
    return stageRelation(database, { ...of, signal: this.#ending(of.signal), snapshot: this.#file })
  }

  #open(): Promise<StagingDatabase> {
    if (this.#closing.signal.aborted) throw closed()
    const { place, name, engine, identity } = this.#at
    this.#database ??= place.acquire({ engine, identity, marker: this.marker, source: name }).catch((error: unknown) => {
      this.#database = null
      throw error
    })
    return this.#database
  }

  async stage(relations: readonly Relation[], signal: AbortSignal): Promise<StagedRelations> {
    const database = await this.#open()
    const staged = new Map<Relation, Relation>()
    for (const relation of relations) {
      const shape = stagedShape(relation, { kind: 'content' }, database.types)
      await this.#stage(database, { relation, table: rawTable(shape), signal })
      staged.set(relation, stagedRelation(shape))
    }
    return { source: this.#at.place.options.openSource(database.address), relations: staged }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(closed())
    await this.#file.close()
    const database = await this.#database?.catch(() => null)
    if (database) await this.#at.place.release(database)
  }
}

/** As the staged copy names its columns. */
function renamed<T extends Pick<Measure, 'column' | 'value'>>(of: T, named: (name: string) => string): T {
  const value = of.value === undefined ? {} : { value: sqlOf(of.value, named) }
  return { ...of, column: of.column === '' ? '' : named(of.column), ...value }
}

function sqlOf(sql: Sql, named: (name: string) => string): Sql {
  return sql.map(piece => (typeof piece !== 'string' && 'column' in piece ? { column: named(piece.column) } : piece))
}

function closed(): RehouseError {
  return new RehouseError('SOURCE_UNREACHABLE', 'expected an open snapshot, got one that is closed', {
    next: 'Run the same command with --resume.',
  })
}
