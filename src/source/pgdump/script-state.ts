import type { Node } from 'libpg-query'
import type { SqlParser } from '../../base/sql-parser.ts'
import { changedTables } from './changed-tables.ts'
import { Database } from './ddl-database.ts'
import type { Table } from './ddl-table.ts'
import { invalidDump, refusedDump } from './dump-errors.ts'
import { listObject } from './listed-objects.ts'
import { nameAtStart } from './sql-text.ts'
import { type Transcode, transcoderOf } from './text-encoding.ts'

export interface ScriptDatabase {
  /** As `\connect` said; null: the one the script is run in. */
  readonly name: string | null
  readonly database: Database
  /** `server_version_num` of the server it was dumped from; 0 = not said. */
  serverVersion: number
}

/** What the statements of a script have made and set so far; for those without rows of their own. */
export class ScriptState {
  readonly databases: ScriptDatabase[] = []
  current: ScriptDatabase
  transcode: Transcode | null = null
  hasStandardStrings = true
  /** Another after each setting: names and strings may mean something else from there on. */
  epoch = 0
  readonly #parser: SqlParser
  readonly #file: string

  constructor(options: { readonly parser: SqlParser; readonly file: string; readonly encoding: string | null }) {
    this.#parser = options.parser
    this.#file = options.file
    if (options.encoding !== null) this.setEncoding(options.encoding)
    this.current = this.databaseOf(null)
  }

  /** A statement that begins with `word`, anything but INSERT and COPY; `at`: its byte. */
  apply(text: string, word: string, at: number): void {
    if (word === 'rollback' || word === 'abort')
      throw refusedDump(
        `expected a script whose rows stay, got ROLLBACK at byte ${at}`,
        { file: this.#file },
        'Run the script in a PostgreSQL and dump that with pg_dump.',
      )
    if (word === 'set') this.#set(text)
    else if (CHANGING.has(word)) this.spoil(text, at)
    else if (word !== 'select' || !this.#configure(text)) {
      listObject(text, this.current.database)
      if (/^(?:create|alter|drop|comment)\b/i.test(text) && APPLIED.test(text)) this.#apply(text, at)
    }
  }

  connect(rest: string): void {
    const quoted = /dbname='((?:[^'\\]|\\.)*)'/.exec(rest)?.[1]?.replaceAll(/\\(.)/g, '$1')
    const [word = ''] = nameAtStart(rest.replace(/^-reuse-previous=\S+\s+/, '').trim())
    const plain = /^[\w$.-]+/.exec(rest)?.[0]
    const name = quoted ?? (rest.startsWith('"') ? word : (plain ?? word))
    if (name === '-' || name === '') return
    this.current = this.databaseOf(name)
    this.current.database.searchPath = ['public']
    this.hasStandardStrings = true
    this.epoch++
  }

  setEncoding(name: string): void {
    const transcode = transcoderOf(name)
    if (transcode === undefined)
      throw refusedDump(
        `expected a client_encoding that is known here, got ${JSON.stringify(name)}`,
        { file: this.#file },
        'Dump again with --encoding=UTF8.',
      )
    this.transcode = transcode
    this.epoch++
  }

  parse(text: string, at: number): readonly Node[] {
    return this.#reading(at, () => this.current.database.parse(text))
  }

  #apply(text: string, at: number): void {
    this.#reading(at, () => this.current.database.apply(text))
  }

  #reading<T>(at: number, work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!this.#parser.hasSqlDetails(error)) throw error
      throw invalidDump(
        `expected a statement of PostgreSQL at byte ${at}, got one it cannot read`,
        { file: this.#file },
        {
          next: 'Look at the statement there: the file may be damaged, or made for another program.',
          cause: error,
        },
      )
    }
  }

  #set(text: string): void {
    const match = /^set\s+(?:session\s+|local\s+)?([a-z_]+)\s*(?:=|\bto\b)\s*([\s\S]*)$/i.exec(text)
    if (match === null) return
    this.#setting((match[1] ?? '').toLowerCase(), (match[2] ?? '').trim())
  }

  #setting(name: string, value: string): void {
    this.epoch++
    const plain = value.replace(/^'([\s\S]*)'$/, '$1')
    if (name === 'client_encoding') this.setEncoding(plain)
    if (name === 'standard_conforming_strings') {
      this.hasStandardStrings = /^(on|true|yes|1)$/i.test(plain)
    }
    if (name === 'search_path') {
      const path = [...value.matchAll(/"((?:[^"]|"")*)"|'([^']*)'|([\w$]+)/g)].map(
        ([, quoted, text, bare]) => quoted?.replaceAll('""', '"') ?? text ?? (bare ?? '').toLowerCase(),
      )
      this.current.database.searchPath = path.filter(schema => schema !== '' && schema !== '$user')
    }
  }

  /** `SELECT pg_catalog.set_config('search_path', '', false)`. */
  #configure(text: string): boolean {
    const match = /^select\s+(?:pg_catalog\s*\.\s*)?set_config\s*\(\s*'(\w+)'\s*,\s*'((?:[^']|'')*)'/i.exec(text)
    if (match === null) return false
    this.#setting(match[1] ?? '', (match[2] ?? '').replaceAll("''", "'"))
    return true
  }

  /** Statements that change rows by computing: what the tables hold afterwards only a server knows. */
  spoil(text: string, at: number): void {
    const { database } = this.current
    const word = /^\w+/.exec(text)?.[0].toUpperCase() ?? ''
    for (const name of changedTables(this.parse(text, at))) {
      const table = database.findTable(database.placeOf(name))
      if (table !== null && (word !== 'TRUNCATE' || table.blocks.length > 0)) table.obstacle ??= `${word} at byte ${at} changes it`
    }
  }

  /** Throws SOURCE_INVALID for a column the table has not. */
  checkColumns(table: Table | null, columns: readonly string[], at: number): void {
    const missing = table === null ? undefined : columns.find(name => !table.columns.some(column => column.name === name))
    if (missing !== undefined && table !== null)
      throw invalidDump(`expected columns of the table at byte ${at}, got ${JSON.stringify(missing)}`, {
        file: this.#file,
        table: `${table.schema}.${table.name}`,
      })
  }

  databaseOf(name: string | null): ScriptDatabase {
    const known = this.databases.find(other => other.name === name)
    if (known !== undefined) return known
    // pg_dump names the server before it connects to the database it made.
    const made = { name, database: new Database(this.#parser), serverVersion: this.databases.at(-1)?.serverVersion ?? 0 }
    this.databases.push(made)
    return made
  }
}

const CHANGING = new Set(['update', 'delete', 'truncate', 'merge', 'with'])
const APPLIED =
  /^(?:create\s+(?:or\s+replace\s+)?(?:(?:global|local|temp|temporary|unlogged|foreign|unique)\s+)*(?:table|type|domain|index|collation|extension)\b|alter\s+(?:foreign\s+)?(?:table|type|domain)\b|drop\s+(?:foreign\s+)?(?:table|type|domain|schema)\b|comment\s+on\s+(?:table|column)\b)/i

/** `15.18 (Debian …)` → 150018. */
export function versionNumber(text: string): number {
  const [, major = '0', minor = '0'] = /^(\d+)(?:\.(\d+))?/.exec(text.trim()) ?? []
  return Number(major) * 10_000 + Number(minor)
}
