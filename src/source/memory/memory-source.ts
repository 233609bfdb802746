import { createHash } from 'node:crypto'
import { bug, RehouseError } from '../../errors.ts'
import type { Catalogue, Relation } from '../../model/catalogue.ts'
import type { ReadRequest, Source, SourceFacts, SourceSnapshot } from '../source.ts'
import { attachedField } from './attached-field.ts'
import { contentRows, type Field, type KeyedRow, keyedRows, type MemoryRow } from './row-order.ts'
import { tuplesOf } from './row-tuples.ts'
import { scannedRows } from './scan-order.ts'

/** A relation and its rows: fields in PostgreSQL's binary format, in the order of the relation's columns; null = NULL. */
export interface MemoryTable {
  readonly relation: Relation
  readonly rows: readonly MemoryRow[]
}

export type { Field, MemoryRow }

export interface MemoryOptions {
  /** `scan`: rows in the order given, as a file has them. Default `keyset`. */
  readonly capability?: 'scan' | 'keyset'
  /** What `confirm` of a snapshot does; absent = there is nothing to confirm. */
  readonly confirm?: (signal: AbortSignal) => Promise<void>
}

/** A source without a database, for tests. `tables` may be changed between snapshots by `replaceRows`. */
export class MemorySource implements Source {
  readonly engine = 'memory'
  readonly capability: 'scan' | 'keyset'
  readonly attaches?: 'direct'
  readonly label: string
  readonly #confirm: MemoryOptions['confirm']
  readonly #tables: Map<string, MemoryTable>
  readonly #open = new Set<MemorySnapshot>()
  #version = 0

  constructor(name: string, tables: readonly MemoryTable[], options: MemoryOptions = {}) {
    this.label = `memory:${name}`
    this.capability = options.capability ?? 'keyset'
    if (this.capability === 'keyset') this.attaches = 'direct'
    this.#confirm = options.confirm
    this.#tables = new Map(tables.map(table => [nameOf(table.relation), table]))
  }

  describe(): Promise<Catalogue> {
    return Promise.resolve({
      engine: 'memory',
      version: 0,
      database: this.label,
      relations: [...this.#tables.values()].map(table => table.relation),
    })
  }

  facts(): Promise<SourceFacts> {
    return Promise.resolve({ identity: this.label, canWrite: false, serverVersion: 0 })
  }

  openSnapshot(): Promise<SourceSnapshot> {
    const snapshot = new MemorySnapshot(new Map(this.#tables), {
      id: this.capability === 'scan' ? contentMarker(this.#tables) : `${this.label}@${this.#version}`,
      isScan: this.capability === 'scan',
      confirm: this.#confirm,
      onClose: () => this.#open.delete(snapshot),
    })
    this.#open.add(snapshot)
    return Promise.resolve(snapshot)
  }

  /** What another session would have committed: snapshots taken before do not see it. */
  replaceRows(name: { readonly schema: string; readonly name: string }, rows: readonly MemoryRow[]): void {
    const table = this.#tables.get(nameOf(name))
    if (table === undefined) throw bug(`expected a table ${nameOf(name)}`)
    this.#tables.set(nameOf(name), { ...table, rows })
    this.#version++
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map(snapshot => snapshot.close()))
  }
}

/** Small and odd, so that chunks end within rows and fields. */
const CHUNK_BYTES = 4093

interface SnapshotOptions {
  readonly id: string
  readonly isScan: boolean
  readonly confirm: MemoryOptions['confirm']
  readonly onClose: () => void
}

class MemorySnapshot implements SourceSnapshot {
  readonly id: string
  readonly marker: string
  readonly origin = ''
  readonly #tables: ReadonlyMap<string, MemoryTable>
  readonly #options: SnapshotOptions
  readonly confirm?: (signal: AbortSignal) => Promise<void>
  #isClosed = false

  constructor(tables: ReadonlyMap<string, MemoryTable>, options: SnapshotOptions) {
    this.#tables = tables
    this.id = options.id
    this.marker = options.id
    this.#options = options
    if (options.confirm !== undefined) this.confirm = options.confirm
  }

  async count(relation: Relation): Promise<bigint> {
    return BigInt(this.#table(relation).rows.length)
  }

  async *read(request: ReadRequest): AsyncGenerator<Buffer> {
    const { relation, rows } = this.#table(request.relation)
    const chosen = chosenColumns(relation, request.columns)
    const wanted = this.#options.isScan
      ? scannedRows(relation, rows, request).map(fields => ({ lead: [], fields }))
      : orderedRows(relation, rows, request)
    const attached = (request.attach ?? []).map(one => attachedField(one, { relation, table: this.#table(one.relation) }))
    const delivered = wanted.map(row => [...row.lead, ...chosen.map(i => row.fields[i] ?? null), ...attached.map(of => of(row.fields))])
    for (const chunk of tuplesOf(delivered, CHUNK_BYTES)) {
      request.signal.throwIfAborted()
      if (this.#isClosed) throw this.#closed()
      // A turn of the event loop between chunks, as between packets of a network.
      await new Promise(resolve => setImmediate(resolve))
      request.signal.throwIfAborted()
      yield chunk
    }
  }

  #table(relation: { readonly schema: string; readonly name: string }): MemoryTable {
    if (this.#isClosed) throw this.#closed()
    const table = this.#tables.get(nameOf(relation))
    if (table !== undefined) return table
    throw new RehouseError('SOURCE_REFUSED', `expected a table ${nameOf(relation)}, got none of that name`, {
      next: 'Give the source that table.',
    })
  }

  #closed(): RehouseError {
    return new RehouseError('SOURCE_UNREACHABLE', 'expected an open snapshot, got one that is closed', { next: 'Open another.' })
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#options.onClose()
    return Promise.resolve()
  }
}

/** As a file's: the same for the same content, whoever opens it. */
function contentMarker(tables: ReadonlyMap<string, MemoryTable>): string {
  const hash = createHash('sha256')
  for (const [name, { relation, rows }] of tables) {
    hash.update(JSON.stringify([name, relation, rows.length]))
    for (const chunk of tuplesOf(rows, CHUNK_BYTES)) hash.update(chunk)
  }
  return `memory-${hash.digest('hex')}`
}

function orderedRows(relation: Relation, rows: readonly MemoryRow[], { key, after }: ReadRequest): readonly KeyedRow[] {
  const ordered = key.kind === 'content' ? contentRows(rows) : keyedRows(relation, rows, key.names)
  return after === null ? ordered : ordered.filter(row => row.isAfter(after))
}

function chosenColumns(relation: Relation, names: readonly string[]): readonly number[] {
  return names.map(name => {
    const index = relation.columns.findIndex(column => column.name === name)
    if (index < 0)
      throw new RehouseError('SOURCE_REFUSED', `expected a column ${name} in ${nameOf(relation)}, got none of that name`, {
        next: 'Give the table that column.',
      })
    return index
  })
}

function nameOf(relation: { readonly schema: string; readonly name: string }): string {
  return `${relation.schema}.${relation.name}`
}
