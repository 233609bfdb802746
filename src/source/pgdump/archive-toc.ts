import type { ArchiveReader } from './archive-reader.ts'

/** The table of contents of an archive, versions 1.12 to 1.16 (pg_dump 9.0 to 18). */
export interface Archive {
  readonly format: 'custom' | 'tar' | 'directory'
  readonly compression: Compression
  readonly database: string
  /** As the server called it. */
  readonly serverVersion: string
  readonly entries: readonly ArchiveEntry[]
}

export type Compression = 'none' | 'gzip' | 'lz4' | 'zstd'

export interface ArchiveEntry {
  readonly id: number
  /** `TABLE`, `TABLE DATA`, `CONSTRAINT`, … */
  readonly kind: string
  /** Texts are in the encoding that the entry `ENCODING` names. */
  readonly tag: Buffer
  readonly schema: Buffer | null
  readonly definition: Buffer | null
  readonly copyStatement: Buffer | null
  /** `directory` and `tar`: the file with its rows; null = it has none. */
  readonly file: string | null
  readonly hasData: boolean
}

const MAGIC = 'PGDMP'
const FORMATS: Readonly<Record<number, Archive['format']>> = { 1: 'custom', 3: 'tar', 5: 'directory' }
const ALGORITHMS: readonly Compression[] = ['none', 'gzip', 'lz4', 'zstd']
const OLDEST = 12
const NEWEST = 16
const TABLE_ACCESS_METHODS = 14
const COMPRESSION_ALGORITHMS = 15
const RELATION_KINDS = 16
/** No entry is shorter. */
const LEAST_ENTRY_BYTES = 40
const NO_DATA = 3

/** Reads head and table of contents. Rejects with SOURCE_INVALID. */
export async function readArchive(reader: ArchiveReader, size: number): Promise<Archive> {
  for (const letter of MAGIC)
    if ((await reader.byte()) !== letter.charCodeAt(0)) throw reader.invalid('an archive of pg_dump', 'something else')
  const [major, minor] = [await reader.byte(), await reader.byte()]
  await reader.byte()
  if (major !== 1 || minor < OLDEST || minor > NEWEST)
    throw reader.invalid(`an archive of version 1.${OLDEST} to 1.${NEWEST}`, `${major}.${minor}`)
  reader.setSizes({ int: await reader.byte(), offset: await reader.byte() })
  const format = FORMATS[await reader.byte()]
  if (format === undefined) throw reader.invalid('a custom, tar or directory archive', 'another format')
  const compression = minor >= COMPRESSION_ALGORITHMS ? ALGORITHMS[await reader.byte()] : (await reader.int()) === 0 ? 'none' : 'gzip'
  if (compression === undefined) throw reader.invalid('a compression that is known here', 'another')
  // When it was made: seconds, minutes, … and whether summer time was in force.
  for (let i = 0; i < 7; i++) await reader.int()
  const [database, serverVersion] = [await reader.text(), await reader.text()]
  await reader.text()
  const count = await reader.int()
  if (count < 0 || count > size / LEAST_ENTRY_BYTES)
    throw reader.invalid('a table of contents that fits in the file', `one of ${count} entries`)
  const entries: ArchiveEntry[] = []
  for (let i = 0; i < count; i++) entries.push(await readEntry(reader, { minor, format }))
  return { format, compression, database: database?.toString() ?? '', serverVersion: serverVersion?.toString() ?? '', entries }
}

async function readEntry(
  reader: ArchiveReader,
  archive: { readonly minor: number; readonly format: Archive['format'] },
): Promise<ArchiveEntry> {
  const id = await reader.int()
  const hasDumper = (await reader.int()) !== 0
  await reader.text()
  await reader.text()
  const tag = await reader.text()
  const kind = await reader.text()
  await reader.int()
  const definition = await reader.text()
  await reader.text()
  const copyStatement = await reader.text()
  const schema = await reader.text()
  await reader.text()
  if (archive.minor >= TABLE_ACCESS_METHODS) await reader.text()
  if (archive.minor >= RELATION_KINDS) await reader.int()
  await reader.text()
  await reader.text()
  while ((await reader.text()) !== null);
  const place = await readPlace(reader, archive.format)
  return {
    id,
    kind: kind?.toString() ?? '',
    tag: tag ?? Buffer.alloc(0),
    schema,
    definition,
    copyStatement,
    file: place.file,
    hasData: hasDumper && place.hasData,
  }
}

/** Where the rows are. A custom archive says it with an offset, or not at all; they are found without. */
async function readPlace(
  reader: ArchiveReader,
  format: Archive['format'],
): Promise<{ readonly file: string | null; readonly hasData: boolean }> {
  if (format !== 'custom') {
    const file = (await reader.text())?.toString() ?? ''
    return { file: file === '' ? null : file, hasData: file !== '' }
  }
  const state = await reader.byte()
  await reader.dataOffset()
  return { file: null, hasData: state !== NO_DATA }
}
