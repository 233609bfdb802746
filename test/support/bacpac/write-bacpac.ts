import { createHash } from 'node:crypto'
import type { DatabaseDescription, TableDescription } from './database-description.ts'
import { modelXml } from './model-xml.ts'
import { contentTypesXml, type DataFile, dacMetadataXml, originXml, relationshipsXml } from './package-files.ts'
import { randomNumbers, shuffled } from './random-order.ts'
import { encodeRows, type Rows } from './row-chunks.ts'
import { type ZipOptions, ZipWriter } from './zip-writer.ts'

export interface WriteOptions {
  /** Rows to a data file; default: all in one. */
  readonly fileRows?: number
  /** A data file of more than 4 GiB is to be expected. */
  readonly hasBigFiles?: true
  /** Files of the tables in turn, numbers and the order in the zip's directory at random by this seed. Default: one table after the other, numbered from 0. */
  readonly shuffle?: number
  readonly zip?: Omit<ZipOptions, 'order'>
  /** How names of tables stand in paths: `escaped` (default) as packages want it, `Order%20Details`; `plain` as they are. */
  readonly paths?: 'escaped' | 'plain'
  /** Origin.xml's total instead of the true one. */
  readonly statedRows?: bigint
  /** Another content for an entry: broken on purpose. Null leaves it out. Each entry is then held in memory. Checksums and totals stay those of the true content. */
  readonly alter?: (name: string, bytes: Buffer) => Buffer | null
  /** Entries besides, at the end. */
  readonly extras?: Readonly<Record<string, Buffer>>
}

export interface Written {
  readonly rows: bigint
  /** Names of the data files in the order they were written. */
  readonly dataFiles: readonly string[]
}

/**
 * Writes what SQL Server's export would write for a database, a BACPAC; the same bytes for the same rows. Holds one chunk of rows in memory.
 * `rows`: the rows of each table, in order; an empty table gets no data file, as in real exports.
 */
export async function writeBacpac(
  path: string,
  database: DatabaseDescription,
  rows: (table: TableDescription) => Rows,
  options: WriteOptions = {},
): Promise<Written> {
  const random = options.shuffle === undefined ? null : randomNumbers(options.shuffle)
  const order = random ? { order: (names: readonly string[]) => shuffled(names, random) } : {}
  const zip = await ZipWriter.create(path, { ...options.zip, ...order })
  const add = adder(zip, options)
  try {
    const hash = createHash('sha256')
    for (const piece of modelXml(database)) hash.update(piece)
    await add('model.xml', modelXml(database))
    await add('DacMetadata.xml', [dacMetadataXml(database)])
    await add('[Content_Types].xml', [contentTypesXml()])
    const { files, count } = await addData({ database, rows, options, random }, add)
    await add('_rels/.rels', relationshipsXml(files), { stored: true })
    const modelChecksum = hash.digest('hex').toUpperCase()
    await add('Origin.xml', [originXml(database, { rows: options.statedRows ?? count, modelChecksum })], { stored: true })
    for (const [name, bytes] of Object.entries(options.extras ?? {})) await add(name, [bytes])
    await zip.finish()
    return { rows: count, dataFiles: files.map(file => file.path) }
  } finally {
    await zip.close()
  }
}

type Add = (name: string, chunks: Iterable<Buffer> | AsyncIterable<Buffer>, how?: { stored?: true; isBig?: true }) => Promise<void>

function adder(zip: ZipWriter, { alter }: WriteOptions): Add {
  return async (name, chunks, how) => {
    if (!alter) return zip.add(name, chunks, how)
    const parts: Buffer[] = []
    for await (const chunk of chunks) parts.push(chunk)
    const altered = alter(name, Buffer.concat(parts))
    if (altered) await zip.add(name, [altered], how)
  }
}

interface DataJob {
  readonly database: DatabaseDescription
  readonly rows: (table: TableDescription) => Rows
  readonly options: WriteOptions
  readonly random: (() => number) | null
}

/** A table whose rows are being written, file by file. */
interface OpenTable {
  readonly table: TableDescription
  readonly next: (most: number) => AsyncGenerator<Buffer>
  readonly peek: () => Promise<boolean>
  readonly count: () => bigint
  files: number
}

async function addData({ database, rows, options, random }: DataJob, add: Add): Promise<{ files: readonly DataFile[]; count: bigint }> {
  const open: OpenTable[] = database.tables.map(table => ({ table, ...encodeRows(table, database, rows(table)), files: 0 }))
  const files: DataFile[] = []
  let waiting = [...open]
  while (waiting.length > 0) {
    const turn = waiting[random ? Math.floor(random() * waiting.length) : 0]
    if (!turn) break
    if (await turn.peek()) {
      const file = nameFile(turn, options)
      files.push(file)
      await add(file.path, turn.next(options.fileRows ?? Infinity), options.hasBigFiles ? { isBig: true } : {})
      turn.files++
    } else waiting = waiting.filter(other => other !== turn)
  }
  return { files, count: open.reduce((sum, table) => sum + table.count(), 0n) }
}

/** `TableData-<part>-<n>`. Shuffled: not every number is there, but sorted by both the files are in the order of the rows. */
function nameFile({ table, files }: OpenTable, { shuffle, paths }: WriteOptions): DataFile {
  const schema = table.schema ?? 'dbo'
  const [part, number] = shuffle === undefined ? [0, files] : [1 + Math.floor(files / 3), (files % 3) * 2]
  const folder = paths === 'plain' ? `${schema}.${table.name}` : encodeURIComponent(`${schema}.${table.name}`)
  const path = `Data/${folder}/TableData-${String(part).padStart(3, '0')}-${String(number).padStart(5, '0')}.BCP`
  return { path, schema, table: table.name }
}
