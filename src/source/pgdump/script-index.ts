import type { SqlParser } from '../../base/sql-parser.ts'
import type { Database } from './ddl-database.ts'
import type { Table } from './ddl-table.ts'
import { namesOf } from './ddl-types.ts'
import { invalidDump, refusedDump } from './dump-errors.ts'
import { InsertIndex, settleSequences } from './insert-index.ts'
import { type OpenRange, RangeBlock } from './range-block.ts'
import { ScriptError, type ScriptPiece, ScriptScanner } from './script-scanner.ts'
import { type ScriptDatabase, ScriptState, versionNumber } from './script-state.ts'
import { withoutLead } from './sql-text.ts'

export interface ScriptOptions {
  readonly parser: SqlParser
  /** For messages. */
  readonly file: string
  /** Of texts before the script says anything; null = UTF-8. */
  readonly encoding: string | null
  readonly open: OpenRange
}

/** Reads a script once, from the beginning to the end: applies its DDL, finds where the rows are and counts them. */
export class ScriptIndex {
  readonly #options: ScriptOptions
  readonly #scanner = new ScriptScanner()
  readonly #state: ScriptState
  readonly #inserts: InsertIndex
  #copying: { readonly table: Table | null; readonly columns: readonly string[] } | null = null
  #begun = 0
  #completed = 0
  /** Tables whose rows are in the file although the file does not make them. */
  readonly #unknown = new Set<string>()
  readonly #announced = new Set<string>()
  #isFirst = true

  constructor(options: ScriptOptions) {
    this.#options = options
    this.#state = new ScriptState(options)
    this.#inserts = new InsertIndex(this.#state, options.open)
  }

  get databases(): readonly ScriptDatabase[] {
    return this.#state.databases
  }

  push(chunk: Buffer): void {
    this.#scanner.push(this.#isFirst ? this.#withoutMark(chunk) : chunk)
    this.#isFirst = false
    this.#pieces()
  }

  /** Nothing more comes. Throws SOURCE_INVALID where something is missing. */
  finish(): void {
    this.#scanner.end()
    this.#pieces()
    if (this.#begun > this.#completed)
      throw invalidDump('expected the closing comment “PostgreSQL database dump complete”, got the end of the file', this.#where(), {
        next: 'Dump the database again: the end of this one is missing. If nothing is, end the file with that comment.',
      })
    for (const { database } of this.databases) this.#settle(database)
    if (this.#unknown.size > 0 && this.databases.every(({ database }) => database.tables.size === 0))
      throw invalidDump('expected a dump with its tables, got rows only', this.#where(), {
        next: 'Dump the database again, without --data-only.',
      })
  }

  /** A byte order mark is no part of the text. Blanks take its place: offsets stay those of the file. */
  #withoutMark(chunk: Buffer): Buffer {
    if (chunk[0] === 0xfe || chunk[0] === 0xff)
      throw invalidDump('expected a script in an encoding that extends ASCII, got UTF-16', this.#where(), {
        next: 'Save the script as UTF-8.',
      })
    if (chunk[0] !== 0xef || chunk[1] !== 0xbb || chunk[2] !== 0xbf) return chunk
    return Buffer.concat([Buffer.from('   '), chunk.subarray(3)])
  }

  /** A dump says where rows are, be they none; a script by hand says nothing of a table without rows. */
  #settle(database: Database): void {
    for (const table of database.tables.values())
      table.hasData = table.blocks.length > 0 || this.#begun === 0 || this.#announced.has(announcement(table.schema, table.name))
  }

  #where(table?: string): { file: string; table?: string } {
    return { file: this.#options.file, ...(table === undefined ? {} : { table }) }
  }

  #pieces(): void {
    try {
      for (let piece = this.#scanner.next(); piece !== null; piece = this.#scanner.next()) this.#take(piece)
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error
      const table = this.#copying?.table
      const row = error.rows === null ? '' : ` in row ${error.rows + 1}`
      throw invalidDump(`${error.message}${row} at byte ${error.at}`, this.#where(table ? tableName(table) : undefined), { cause: error })
    }
  }

  #take(piece: ScriptPiece): void {
    switch (piece.kind) {
      case 'comment':
        this.#comment(this.#textOf(piece))
        return
      case 'meta':
        this.#meta(this.#textOf(piece), piece.start)
        return
      case 'rows':
        this.#copied(piece)
        return
      default:
        this.#statement(piece)
        return
    }
  }

  #bytesOf(piece: ScriptPiece): Buffer {
    const bytes = this.#scanner.bytes(piece)
    const { transcode } = this.#state
    return transcode === null ? bytes : transcode(bytes)
  }

  #textOf(piece: ScriptPiece): string {
    return this.#bytesOf(piece).toString('utf8')
  }

  #comment(text: string): void {
    if (text === '-- PostgreSQL database dump') this.#begun++
    else if (text === '-- PostgreSQL database dump complete') this.#completed++
    else if (text.startsWith('-- Dumped from database version ')) this.#state.current.serverVersion = versionNumber(text.slice(32))
    else {
      const data = /^-- Data for Name: (.*); Type: TABLE DATA; Schema: (.*); Owner: /.exec(text)
      if (data !== null) this.#announced.add(JSON.stringify([data[2], data[1]]))
    }
  }

  #meta(text: string, at: number): void {
    const [, command = '', rest = ''] = /^\\(\S*)\s*(.*)$/.exec(text) ?? []
    if (command === 'connect' || command === 'c') this.#state.connect(rest)
    else if (command === 'encoding') this.#state.setEncoding(rest.trim())
    else if (REFUSED_COMMANDS.has(command))
      throw refusedDump(
        `expected a script that holds everything, got \\${command} at byte ${at}`,
        this.#where(),
        'Run the script in a PostgreSQL and dump that with pg_dump.',
      )
  }

  #statement(piece: ScriptPiece): void {
    const bytes = this.#bytesOf(piece)
    // Most statements of a dump of INSERTs: nothing is made of them that is not needed.
    const isInsert = bytes.toString('latin1', 0, 6).toLowerCase() === 'insert'
    const start = isInsert ? 'insert' : withoutLead(bytes.toString('utf8', 0, Math.min(bytes.length, 2000)))
    const word = /^[a-z]+/i.exec(start)?.[0].toLowerCase() ?? ''
    if (word === 'insert') {
      const unknown = this.#inserts.add(bytes, piece)
      if (unknown !== null) this.#addUnknown(unknown)
      return
    }
    if (word === 'copy') {
      this.#copy(withoutLead(bytes.toString('utf8')), piece)
      return
    }
    this.#state.apply(bytes.length <= 2000 ? start : withoutLead(bytes.toString('utf8')), word, piece.start)
    this.#scanner.hasStandardStrings = this.#state.hasStandardStrings
  }

  #copy(text: string, piece: ScriptPiece): void {
    const { database } = this.#state.current
    const [node] = this.#state.parse(text, piece.start)
    if (!node || !('CopyStmt' in node) || node.CopyStmt.is_from !== true) return
    const { relation, attlist, filename, is_program, options } = node.CopyStmt
    const table = database.findTable(database.placeOf(relation))
    if (filename !== undefined || is_program === true) {
      if (table !== null) table.obstacle ??= `COPY at byte ${piece.start} reads another file`
      return
    }
    const columns = attlist === undefined || attlist.length === 0 ? ownColumns(table) : namesOf(attlist)
    const isPlain = (options ?? []).every(
      option => 'DefElem' in option && option.DefElem.defname === 'format' && JSON.stringify(option.DefElem.arg).includes('"text"'),
    )
    if (table !== null && !isPlain) table.obstacle ??= `COPY at byte ${piece.start} has options other than the text format’s own`
    if (table === null) this.#addUnknown([relation?.schemaname ?? '', relation?.relname ?? ''])
    this.#state.checkColumns(table, columns, piece.start)
    this.#copying = { table, columns }
    // No INSERTs are read in one go over rows that are no statements.
    this.#state.epoch++
    this.#scanner.beginCopy()
  }

  #addUnknown(name: readonly string[]): void {
    const [schema, table] = [name.length > 1 ? (name.at(-2) ?? '') : '', name.at(-1) ?? '']
    if (this.#unknown.has(JSON.stringify([schema, table]))) return
    this.#unknown.add(JSON.stringify([schema, table]))
    this.#state.current.database.addObject('rows of a table that is not made here', schema, table)
  }

  #copied(piece: ScriptPiece & { readonly kind: 'rows' }): void {
    const { table, columns } = this.#copying ?? { table: null, columns: [] }
    this.#copying = null
    if (table === null) return
    settleSequences(table)
    const range = { start: piece.start, end: piece.end, transcode: this.#state.transcode, epoch: this.#state.epoch }
    const made = {
      kind: 'copy',
      columns,
      rows: piece.rows,
      names: [],
      hasStandardStrings: true,
    } as const
    table.blocks.push(new RangeBlock(made, range, this.#options.open))
  }
}

function announcement(schema: string, name: string): string {
  return JSON.stringify([schema, name].map(part => part.replaceAll(/[\r\n]/g, ' ')))
}

function tableName(table: Table): string {
  return `${table.schema}.${table.name}`
}

/** COPY without a list leaves out what the server computes. */
function ownColumns(table: Table | null): readonly string[] {
  return (table?.columns ?? []).filter(column => column.generated !== 'stored' && column.generated !== 'virtual').map(column => column.name)
}

const REFUSED_COMMANDS = new Set(['i', 'ir', 'include', 'include_relative', 'copy', 'if', 'gexec', 'gset'])
