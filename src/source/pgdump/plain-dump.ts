import { createHash } from 'node:crypto'
import { loadSqlParser } from '../../base/sql-parser.ts'
import { describeExtras, describeTables } from './describe-database.ts'
import type { Dump, DumpOptions } from './dump.ts'
import { invalidDump, refusedDump } from './dump-errors.ts'
import type { DumpFile } from './dump-file.ts'
import type { TextRange } from './range-block.ts'
import { ScriptIndex } from './script-index.ts'
import type { ScriptDatabase } from './script-state.ts'

const NEVER = new AbortController().signal

/** Looks through a script, in one pass: statements, where rows are, their number, and the SHA-256 of the bytes. */
export async function openPlainDump(file: DumpFile, options: DumpOptions): Promise<Dump> {
  const hash = createHash('sha256')
  const index = new ScriptIndex({
    parser: await loadSqlParser(),
    file: options.label,
    encoding: options.encoding,
    open: (range, signal) => textOf(file, range, signal),
  })
  for await (const chunk of file.stream({ start: 0, end: file.size }, NEVER)) {
    hash.update(chunk)
    index.push(chunk)
  }
  index.finish()
  const chosen = chooseDatabase(index.databases, options)
  const tables = describeTables(chosen.database)
  return {
    marker: hash.digest('hex'),
    database: chosen.name ?? '',
    serverVersion: chosen.serverVersion,
    tables,
    extras: describeExtras(tables, chosen.database),
    files: [file],
  }
}

async function* textOf(file: DumpFile, { start, end, transcode }: TextRange, signal: AbortSignal): AsyncGenerator<Buffer> {
  for await (const chunk of file.stream({ start, end: Math.min(end, file.size) }, signal))
    yield transcode === null ? chunk : transcode(chunk)
}

/** The database asked for, or the only one there are tables in. */
function chooseDatabase(databases: readonly ScriptDatabase[], options: DumpOptions): ScriptDatabase {
  const filled = databases.filter(({ database }) => database.tables.size > 0)
  const names = filled.map(({ name }) => name ?? '(none)').join(', ')
  const where = { file: options.label }
  if (options.database !== null) {
    const chosen = databases.find(({ name }) => name === options.database)
    if (chosen === undefined)
      throw refusedDump(
        `expected a database ${JSON.stringify(options.database)} in the dump, got ${names}`,
        where,
        'Choose another with ?database=.',
      )
    return chosen
  }
  if (filled.length > 1) throw refusedDump(`expected a dump of one database, got ${names}`, where, 'Choose one with ?database=.')
  const [only] = filled
  if (only === undefined)
    throw invalidDump('expected a dump with tables, got none', where, {
      next: 'Check that this is a dump made by pg_dump, with its tables.',
    })
  return only
}
