import { loadSqlParser } from '../../base/sql-parser.ts'
import type { Archive, ArchiveEntry } from './archive-toc.ts'
import type { DataBlock } from './data-block.ts'
import type { Table } from './ddl-table.ts'
import { namesOf } from './ddl-types.ts'
import { describeExtras, describeTables } from './describe-database.ts'
import type { Dump, DumpOptions } from './dump.ts'
import { invalidDump, refusedDump } from './dump-errors.ts'
import { insertHead } from './insert-head.ts'
import { ScriptError, type ScriptPiece, ScriptScanner } from './script-scanner.ts'
import { ScriptState, versionNumber } from './script-state.ts'
import { withoutLead } from './sql-text.ts'

/** Opens the text of an entry’s rows, unpacked, in the dump’s own encoding. */
export type OpenEntry = (entry: ArchiveEntry, signal: AbortSignal) => AsyncIterable<Buffer>

/** An archive as a dump: its statements applied in their order, its data found by entry. */
export async function describeArchive(
  archive: Archive,
  options: DumpOptions,
  opened: { readonly open: OpenEntry; readonly marker: string; readonly files: Dump['files'] },
): Promise<Dump> {
  if (options.database !== null && options.database !== archive.database)
    throw refusedDump(
      `expected a dump of ${JSON.stringify(options.database)}, got one of another database`,
      { file: options.label },
      'Leave ?database= out.',
    )
  const builder = new ArchiveBuilder(
    new ScriptState({ parser: await loadSqlParser(), file: options.label, encoding: options.encoding }),
    options,
    opened.open,
  )
  for (const [order, entry] of archive.entries.entries()) await builder.add(entry, order)
  const database = builder.finish()
  const tables = describeTables(database)
  return {
    marker: opened.marker,
    database: archive.database,
    serverVersion: versionNumber(archive.serverVersion),
    tables,
    extras: describeExtras(tables, database),
    files: opened.files,
  }
}

/** Kinds whose text says nothing of this database’s tables. */
const PASSED_OVER = new Set(['DATABASE', 'DATABASE PROPERTIES', 'BLOBS', 'MATERIALIZED VIEW DATA', 'STATISTICS DATA', 'SEARCHPATH'])
const NEVER = new AbortController().signal

class ArchiveBuilder {
  readonly #state: ScriptState
  readonly #options: DumpOptions
  readonly #open: OpenEntry
  #hasUnknown = false

  constructor(state: ScriptState, options: DumpOptions, open: OpenEntry) {
    this.#state = state
    this.#options = options
    this.#open = open
  }

  async add(entry: ArchiveEntry, order: number): Promise<void> {
    const { kind } = entry
    if (kind === 'TABLE DATA') return this.#addRows(entry, order)
    if (PASSED_OVER.has(kind)) return
    if (kind === 'BLOB' || kind === 'BLOB METADATA') {
      this.#state.current.database.addObject('large object', '', this.#text(entry.tag).split(' ')[0] ?? '')
      return
    }
    const schema = entry.schema === null ? '' : this.#text(entry.schema)
    if (schema !== '') this.#state.current.database.searchPath = [schema]
    if (entry.definition !== null) this.#applyAll(entry.definition)
  }

  finish(): ScriptState['current']['database'] {
    const { database } = this.#state.current
    if (database.tables.size > 0) return database
    const got = this.#hasUnknown ? 'rows only' : 'none'
    throw invalidDump(
      `expected a dump with its tables, got ${got}`,
      { file: this.#options.label },
      { next: 'Dump the database again, without --data-only.' },
    )
  }

  #text(bytes: Buffer): string {
    const { transcode } = this.#state
    return (transcode === null ? bytes : transcode(bytes)).toString('utf8')
  }

  #applyAll(definition: Buffer): void {
    const scanner = new ScriptScanner()
    scanner.hasStandardStrings = this.#state.hasStandardStrings
    scanner.push(definition)
    scanner.end()
    for (let piece = this.#next(scanner); piece !== null; piece = this.#next(scanner)) {
      if (piece.kind !== 'statement') continue
      const text = withoutLead(this.#text(scanner.bytes(piece)))
      this.#state.apply(text, /^[a-z]+/i.exec(text)?.[0].toLowerCase() ?? '', 0)
    }
  }

  #next(scanner: ScriptScanner): ScriptPiece | null {
    try {
      return scanner.next()
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error
      throw invalidDump(`${error.message} in a statement of its table of contents`, { file: this.#options.label }, { cause: error })
    }
  }

  async #addRows(entry: ArchiveEntry, order: number): Promise<void> {
    const { database } = this.#state.current
    const place = { schema: entry.schema === null ? database.homeSchema : this.#text(entry.schema), name: this.#text(entry.tag) }
    const table = database.findTable(place)
    if (table === null) {
      this.#hasUnknown = true
      database.addObject('rows of a table that is not made here', place.schema, place.name)
      return
    }
    if (!entry.hasData) return
    table.hasData = true
    const copy = entry.copyStatement === null ? '' : this.#text(entry.copyStatement).trim()
    // With --load-via-partition-root the rows of a partition are said to be those of its parent; they are the partition’s all the same.
    table.blocks.push(copy === '' ? await this.#insertBlock(table, entry, order) : this.#copyBlock(table, { entry, order, copy }))
  }

  #copyBlock(table: Table, of: { readonly entry: ArchiveEntry; readonly order: number; readonly copy: string }): DataBlock {
    const [node] = this.#state.parse(of.copy.replace(/;\s*$/, ''), 0)
    if (!node || !('CopyStmt' in node))
      throw invalidDump(`expected a COPY for the rows of ${table.schema}.${table.name}, got another statement`, {
        file: this.#options.label,
      })
    const listed = namesOf(node.CopyStmt.attlist)
    const columns =
      listed.length > 0
        ? listed
        : table.columns.filter(column => column.generated !== 'stored' && column.generated !== 'virtual').map(column => column.name)
    this.#state.checkColumns(table, columns, 0)
    return this.#block(table, { ...of, kind: 'copy', columns, isEnded: true })
  }

  /** `--inserts`: the first statement says which columns. */
  async #insertBlock(table: Table, entry: ArchiveEntry, order: number): Promise<DataBlock> {
    const all = table.columns.map(column => column.name)
    const block = this.#block(table, { entry, order, kind: 'insert', columns: all, isEnded: false })
    const scanner = new ScriptScanner()
    scanner.hasStandardStrings = this.#state.hasStandardStrings
    for await (const chunk of block.open(NEVER)) {
      scanner.push(chunk)
      for (let piece = this.#next(scanner); piece !== null; piece = this.#next(scanner)) {
        const head = piece.kind === 'statement' ? insertHead(scanner.bytes(piece)) : null
        if (head === null) continue
        const columns = head.columns ?? all
        this.#state.checkColumns(table, columns, 0)
        // With --load-via-partition-root it is the partitioned table that is named.
        return { ...block, columns, names: head.table }
      }
    }
    return block
  }

  #block(
    table: Table,
    of: {
      readonly entry: ArchiveEntry
      readonly order: number
      readonly kind: DataBlock['kind']
      readonly columns: readonly string[]
      readonly isEnded: boolean
    },
  ): DataBlock {
    const { transcode, hasStandardStrings } = this.#state
    const open = this.#open
    return {
      kind: of.kind,
      columns: of.columns,
      rows: null,
      order: of.order,
      label: `data of entry ${of.entry.id}`,
      names: [table.schema, table.name],
      isEnded: of.isEnded,
      hasStandardStrings,
      async *open(signal) {
        for await (const chunk of open(of.entry, signal)) yield transcode === null ? chunk : transcode(chunk)
      },
    }
  }
}
