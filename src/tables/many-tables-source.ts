import { tableLabel } from '../base/table-label.ts'
import { RehouseError } from '../errors.ts'
import type { Catalogue, ListedTable, ListRead, ManyTables, Relation, RestTypes } from '../model/catalogue.ts'
import type { Entity, ListedTables, Mapping } from '../model/mapping.ts'
import { findRelation } from '../plan/tenant-plan.ts'
import type { AggregateRequest, CountedList, ReadRequest, Source, SourceFacts, SourceSnapshot } from '../source/source.ts'
import { describeManyTables } from './describe-many-tables.ts'
import { listMarker } from './list-marker.ts'
import { readSmallRelation } from './read-small-relation.ts'
import { readDeclaredTypes, type SettleFrom, typesFromOf } from './settle-rest-types.ts'
import { TableRows } from './table-rows.ts'

type Whole = Relation & { readonly many: ManyTables }
type WithTables = Entity & { readonly tables: ListedTables }

/**
 * A source that has, besides its own relations, those the mapping puts together of many tables (`from.tables`): described, counted and read like any other,
 * table after table; and that knows the types rows declare for others (`rest.types`). A source no entity wants either of stays as it is.
 */
export function manyTablesSource(source: Source, { name, mapping }: { readonly name: string; readonly mapping: Mapping }): Source {
  const entities = mapping.entities.filter(entity => entity.from.source === name && (hasTables(entity) || typesFromOf(entity) !== null))
  return entities.length === 0 ? source : new ManyTablesSource(source, { entities, mapping })
}

class ManyTablesSource implements Source {
  readonly engine: string
  readonly capability: Source['capability']
  readonly label: string
  readonly attaches?: NonNullable<Source['attaches']>
  readonly extras?: NonNullable<Source['extras']>
  readonly describeQuery?: NonNullable<Source['describeQuery']>
  readonly #source: Source
  readonly #of: { readonly entities: readonly Entity[]; readonly mapping: Mapping }

  constructor(source: Source, of: { readonly entities: readonly Entity[]; readonly mapping: Mapping }) {
    this.#source = source
    this.#of = of
    this.engine = source.engine
    this.capability = source.capability
    this.label = source.label
    if (source.attaches !== undefined) this.attaches = source.attaches
    if (source.extras !== undefined) this.extras = source.extras.bind(source)
    if (source.describeQuery !== undefined) this.describeQuery = source.describeQuery.bind(source)
  }

  /** The tables are what the lists name at the moment. */
  async describe(): Promise<Catalogue> {
    const catalogue = await this.#source.describe()
    const snapshot = await this.#source.openSnapshot()
    try {
      const { mapping, entities } = this.#of
      const united: Relation[] = []
      const typed = new Map<Relation, Map<string, RestTypes>>()
      for (const entity of entities) {
        if (hasTables(entity)) united.push(await describeManyTables({ mapping, entity, catalogue, snapshot }))
        else await addTypes({ mapping, entity, catalogue, snapshot }, typed)
      }
      const own = catalogue.relations.map(relation =>
        typed.has(relation) ? { ...relation, restTypes: typed.get(relation) ?? new Map() } : relation,
      )
      return { ...catalogue, relations: [...own, ...united] }
    } finally {
      await snapshot.close()
    }
  }

  facts(): Promise<SourceFacts> {
    return this.#source.facts()
  }

  /** Rejects with SOURCE_CHANGED too where a list is not as it was described. */
  async openSnapshot(relations?: readonly Relation[]): Promise<SourceSnapshot> {
    const lists = new Map((relations ?? []).flatMap(listsOf).map(list => [JSON.stringify([labelOf(list.relation), list.columns]), list]))
    const tables = relations?.flatMap(relation => relation.many?.tables.map(table => table.relation) ?? [relation])
    const held = tables && [...tables, ...[...lists.values()].map(list => list.relation)]
    const snapshot = await this.#source.openSnapshot(held && [...new Map(held.map(relation => [labelOf(relation), relation])).values()])
    try {
      for (const list of lists.values()) await checkList(list, snapshot)
      return new ManyTablesSnapshot(snapshot)
    } catch (error) {
      await snapshot.close()
      throw error
    }
  }

  close(): Promise<void> {
    return this.#source.close()
  }
}

function hasTables(entity: Entity): entity is WithTables {
  return entity.tables !== null
}

/** Types declared for the rest of a plain relation’s columns. */
async function addTypes(from: SettleFrom, typed: Map<Relation, Map<string, RestTypes>>): Promise<void> {
  const relation = findRelation(from.catalogue, from.entity.from)
  const declared = relation && (await readDeclaredTypes(from))
  if (relation === undefined || declared == null) return
  const of = typed.get(relation) ?? new Map<string, RestTypes>()
  const columns = relation.columns.map(column => column.name)
  of.set(from.entity.name, { list: declared.list, findings: declared.findings, types: declared.of(columns, new Map()) })
  typed.set(relation, of)
}

function isWhole(relation: Relation): relation is Whole {
  return relation.many !== undefined
}

function labelOf({ schema, name }: Relation): string {
  return tableLabel(schema, name)
}

/** Relations that were read to find out what a relation is. */
function listsOf({ many, restTypes }: Relation): readonly ListRead[] {
  const types = [...(restTypes?.values() ?? [])].map(({ list }) => list)
  return many === undefined ? types : [many.list, ...(many.types === null ? [] : [many.types])]
}

/** Under the snapshot: what the rows are read of must be what the programs were compiled for. */
async function checkList({ relation, columns, marker }: ListRead, snapshot: SourceSnapshot): Promise<void> {
  const rows = await readSmallRelation(snapshot, { relation, columns })
  if (rows !== null && listMarker(rows) === marker) return
  throw new RehouseError('SOURCE_CHANGED', `expected ${labelOf(relation)} to say what it did when the run was planned, got other rows`, {
    where: { table: labelOf(relation) },
    next: 'Run the same command again: it plans anew with what is there now.',
  })
}

class ManyTablesSnapshot implements SourceSnapshot {
  readonly id: string
  readonly marker: string
  readonly origin: string
  readonly countElements?: NonNullable<SourceSnapshot['countElements']>
  readonly confirm?: NonNullable<SourceSnapshot['confirm']>
  readonly declaredRows?: bigint
  readonly aggregates?: NonNullable<SourceSnapshot['aggregates']>
  readonly rowHash?: NonNullable<SourceSnapshot['rowHash']>
  readonly #own: SourceSnapshot
  readonly #counts = new Map<Relation, Promise<bigint>>()

  constructor(own: SourceSnapshot) {
    this.#own = own
    this.id = own.id
    this.marker = own.marker
    this.origin = own.origin
    const { countElements, confirm, aggregates } = own
    if (own.rowHash !== undefined) this.rowHash = own.rowHash.bind(own)
    if (own.declaredRows !== undefined) this.declaredRows = own.declaredRows
    if (confirm !== undefined) this.confirm = confirm.bind(own)
    if (aggregates !== undefined) this.aggregates = (request: AggregateRequest) => aggregates.call(own, request)
    if (countElements !== undefined) this.countElements = (relation: Relation, list: CountedList) => countElements.call(own, relation, list)
  }

  async count(relation: Relation): Promise<bigint> {
    if (!isWhole(relation)) return this.#own.count(relation)
    let rows = 0n
    for (const table of relation.many.tables) rows += await this.#countOf(table.relation)
    return rows
  }

  /** The source’s own count of a table: the same as long as the snapshot lives. */
  #countOf(table: Relation): Promise<bigint> {
    const counted = this.#counts.get(table) ?? this.#own.count(table)
    this.#counts.set(table, counted)
    return counted
  }

  read(request: ReadRequest): AsyncIterable<Buffer> {
    const { relation } = request
    return isWhole(relation) ? this.#readAll(relation, request) : this.#own.read(request)
  }

  /** Table after table, then the rows of all of them that lack a part of their key. */
  async *#readAll(whole: Whole, request: ReadRequest): AsyncGenerator<Buffer> {
    if ((request.attach ?? []).length > 0) throw refused(whole, 'rows of other relations with them')
    const begin = beginning(whole, request)
    const withoutKey: ListedTable[] = []
    for (const [i, table] of whole.many.tables.entries()) {
      const columns = nullable(table.relation, begin.key)
      if (i < begin.table) {
        if (columns.length > 0) withoutKey.push(table)
        continue
      }
      const nulls = columns.length === 0 ? null : ({ columns, given: 'others' } as const)
      const rows = new TableRows(table, { whole, columns: request.columns, nulls })
      yield* this.#readTable(table, rows, { ...request, key: begin.key, after: i === begin.table ? begin.after : null })
      if (rows.withoutKey > 0) withoutKey.push(table)
    }
    for (const table of withoutKey) {
      const nulls = { columns: nullable(table.relation, begin.key), given: 'only' } as const
      const rows = new TableRows(table, { whole, columns: request.columns, nulls })
      yield* this.#readTable(table, rows, { ...request, key: begin.key, after: null })
    }
  }

  /** One that is read from its beginning is compared with the source’s own count of it (guarantee 2). */
  async *#readTable({ relation }: ListedTable, rows: TableRows, { key, after, signal }: ReadRequest): AsyncGenerator<Buffer> {
    signal.throwIfAborted()
    try {
      for await (const chunk of this.#own.read({ relation, columns: rows.columns, key, after, signal })) yield* rows.push(chunk)
      yield* rows.end()
    } catch (error) {
      throw error instanceof RangeError ? invalid(relation, error.message) : error
    }
    if (after === null) checkCount(relation, { read: rows.rows, counted: await this.#countOf(relation) })
  }

  close(): Promise<void> {
    return this.#own.close()
  }
}

interface Beginning {
  /** Index of the first table to be read. */
  readonly table: number
  /** Its key within the table, and the last one done; null = from its first row. */
  readonly key: ReadRequest['key']
  readonly after: readonly string[] | null
}

/** The parts of a position that are the same in a whole table tell which table it lies in. */
function beginning(whole: Whole, { key, after }: ReadRequest): Beginning {
  const { many } = whole
  if (key.kind === 'content') throw refused(whole, 'the content of its rows')
  const own = key.names.filter(name => !many.constants.includes(name))
  const within = { kind: 'columns', names: own } as const
  if (after === null) return { table: 0, key: within, after: null }
  const told = key.names.flatMap((name, i) =>
    own.includes(name) ? [] : [{ constant: many.constants.indexOf(name), text: after[i] ?? '' }],
  )
  const table = many.tables.findIndex(({ constants }) => told.every(({ constant, text }) => constants[constant]?.text === text))
  if (table < 0)
    throw new RehouseError('SOURCE_CHANGED', 'expected the table the last position lies in to be listed still, got none with that name', {
      where: { table: labelOf(whole) },
      next: 'Run the same command again: it plans anew with what is there now.',
    })
  return { table, key: within, after: after.filter((_, i) => own.includes(key.names[i] ?? '')) }
}

/** Columns of a key that may be NULL. */
function nullable(table: Relation, key: ReadRequest['key']): readonly string[] {
  if (key.kind === 'content') return []
  return table.columns.filter(column => column.isNullable && key.names.includes(column.name)).map(column => column.name)
}

function checkCount(table: Relation, { read, counted }: { readonly read: number; readonly counted: bigint }): void {
  if (BigInt(read) === counted) return
  throw new RehouseError(
    'SOURCE_COUNT_MISMATCH',
    `expected ${counted} rows of ${labelOf(table)}, as the source counted in the same snapshot, got ${read}`,
    {
      where: { table: labelOf(table) },
      next: 'Nothing of the last batch was kept. Run `rehouse migrate --resume`; if it stays, report it with the source’s version.',
    },
  )
}

function invalid(table: Relation, message: string): RehouseError {
  return new RehouseError('SOURCE_INVALID', message, {
    where: { table: labelOf(table) },
    next: 'Read the table again with --resume; if it stays, report it with the source’s version.',
  })
}

function refused(whole: Relation, wanted: string): RehouseError {
  return new RehouseError('SOURCE_REFUSED', `expected to read ${labelOf(whole)} by a key of columns, got a wish for ${wanted}`, {
    next: 'Give the entity a `key`.',
  })
}
