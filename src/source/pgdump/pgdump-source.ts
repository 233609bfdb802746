import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { RehouseError } from '../../errors.ts'
import type { Catalogue, Relation } from '../../model/catalogue.ts'
import type { CatalogueExtras } from '../../model/catalogue-extras.ts'
import type { ReadRequest, Source, SourceFacts, SourceSnapshot } from '../source.ts'
import type { SourceFile } from '../source-file.ts'
import type { DescribedTable } from './describe-database.ts'
import type { Dump } from './dump.ts'
import { refusedDump } from './dump-errors.ts'
import { openDump } from './open-dump.ts'
import { countRows, orderedBlocks, readTable } from './read-table.ts'

const OPTIONS = new Set(['database', 'encoding'])

/**
 * A dump made by pg_dump or pg_dumpall, in any of their formats, or a script by hand. Options: `database` of several, `encoding` of texts that do not say theirs.
 * Looked through when first asked something, once for the process as long as the file stays the same.
 */
export function openPgdumpSource(file: SourceFile): Source {
  return new PgdumpSource(file)
}

class PgdumpSource implements Source {
  readonly engine = 'pgdump'
  readonly capability = 'scan'
  readonly label: string
  readonly #file: SourceFile
  readonly #snapshots = new Set<PgdumpSnapshot>()

  constructor(file: SourceFile) {
    this.#file = file
    this.label = file.label
  }

  async describe(): Promise<Catalogue> {
    const dump = await this.#open()
    return {
      engine: this.engine,
      version: dump.serverVersion,
      database: dump.database === '' ? basename(this.#file.path).replace(/\..*$/, '') : dump.database,
      relations: dump.tables.map(({ relation }) => relation),
    }
  }

  async extras(): Promise<CatalogueExtras> {
    return (await this.#open()).extras
  }

  async facts(): Promise<SourceFacts> {
    const dump = await this.#open()
    return { identity: `pgdump:${dump.marker}/${dump.database}`, canWrite: false, serverVersion: dump.serverVersion }
  }

  async openSnapshot(relations: readonly Relation[] = []): Promise<SourceSnapshot> {
    const dump = await this.#open()
    for (const relation of relations) tableOf(dump, relation, this.label)
    const snapshot = new PgdumpSnapshot(dump, { label: this.label, marker: markerOf(dump, this.#file) })
    this.#snapshots.add(snapshot)
    return snapshot
  }

  async close(): Promise<void> {
    for (const snapshot of this.#snapshots) await snapshot.close()
    this.#snapshots.clear()
  }

  #open(): Promise<Dump> {
    const { path, label, options, privateFolder } = this.#file
    const unknown = [...options.keys()].find(name => !OPTIONS.has(name))
    if (unknown !== undefined)
      throw new RehouseError('CONFIG_INVALID', `expected the options database and encoding of a dump, got ${JSON.stringify(unknown)}`, {
        where: { file: label },
        next: 'Write the address as pgdump:PATH, with ?database=… or ?encoding=… where needed.',
      })
    return openDump(path, { label, privateFolder, database: options.get('database') ?? null, encoding: options.get('encoding') ?? null })
  }
}

/** Of the bytes, and of what the address says besides: another database of the same dump holds other rows. */
function markerOf({ marker }: Dump, { options }: SourceFile): string {
  if (options.size === 0) return marker
  const said = [...options].sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([marker, said]))
    .digest('hex')
}

function tableOf(dump: Dump, { schema, name }: Relation, file: string): DescribedTable {
  const found = dump.tables.find(({ relation }) => relation.schema === schema && relation.name === name)
  if (found !== undefined) return found
  const table = `${schema}.${name}`
  throw refusedDump(`expected a table ${table} in the dump, got none of that name`, { file, table }, 'Name a table the dump has.')
}

class PgdumpSnapshot implements SourceSnapshot {
  readonly id: string
  readonly marker: string
  readonly origin = ''
  readonly #dump: Dump
  readonly #label: string
  readonly #closing = new AbortController()
  readonly #counts = new Map<DescribedTable, bigint>()

  constructor(dump: Dump, { label, marker }: { readonly label: string; readonly marker: string }) {
    this.#dump = dump
    this.#label = label
    this.marker = marker
    this.id = `pgdump:${marker.slice(0, 16)}`
  }

  async count(relation: Relation): Promise<bigint> {
    this.#refuseClosed()
    const described = tableOf(this.#dump, relation, this.#label)
    const known = this.#counts.get(described)
    if (known !== undefined) return known
    const where = { file: this.#label, table: `${relation.schema}.${relation.name}` }
    let count = 0n
    for (const { block } of orderedBlocks(described.parts))
      count += BigInt(block.rows ?? (await countRows(block, { signal: this.#closing.signal, where })))
    this.#counts.set(described, count)
    return count
  }

  async *read(request: ReadRequest): AsyncGenerator<Buffer> {
    request.signal.throwIfAborted()
    this.#refuseClosed()
    const described = tableOf(this.#dump, request.relation, this.#label)
    const signal = AbortSignal.any([request.signal, this.#closing.signal])
    yield* readTable(described, { ...request, signal }, this.#label)
  }

  #refuseClosed(): void {
    if (this.#closing.signal.aborted) throw closedSnapshot()
  }

  close(): Promise<void> {
    this.#closing.abort(closedSnapshot())
    return Promise.resolve()
  }
}

function closedSnapshot(): RehouseError {
  return new RehouseError('SOURCE_UNREACHABLE', 'expected an open snapshot, got one that is closed', { next: 'Open another.' })
}
