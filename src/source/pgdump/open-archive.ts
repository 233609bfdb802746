import { createHash, type Hash } from 'node:crypto'
import { describeArchive } from './archive-dump.ts'
import { ArchiveReader } from './archive-reader.ts'
import { type Archive, type Compression, readArchive } from './archive-toc.ts'
import { walkCustomData, withoutLengths } from './custom-archive.ts'
import type { Dump, DumpOptions } from './dump.ts'
import { invalidDump } from './dump-errors.ts'
import type { DumpFile } from './dump-file.ts'
import { type Packing, unpacked } from './unpack.ts'

const NEVER = new AbortController().signal
/** The length of a part has the size of every whole number of the archive; its byte in the head. */
const INT_BYTES_AT = 8
const PACKINGS: Readonly<Record<Exclude<Compression, 'none'>, Packing>> = { gzip: 'zlib', lz4: 'lz4', zstd: 'zstd' }

/** `pg_dump -Fc`: looked through in one pass, with or without offsets in its table of contents. */
export async function openCustomArchive(file: DumpFile, options: DumpOptions): Promise<Dump> {
  const hash = createHash('sha256')
  const reader = new ArchiveReader(hashed(file.stream({ start: 0, end: file.size }, NEVER), hash), { file: options.label, size: file.size })
  try {
    const archive = await readArchive(reader, file.size)
    if (archive.format !== 'custom')
      throw invalidDump(`expected a whole archive, got the table of contents of a ${archive.format} archive alone`, { file: options.label })
    const data = await walkCustomData(reader)
    await reader.finish()
    const intBytes = (await file.read(INT_BYTES_AT, 1))[0] as number
    checkData(archive, data, options)
    return await describeArchive(archive, options, {
      marker: hash.digest('hex'),
      files: [file],
      open: (entry, signal) => {
        const range = data.get(entry.id)
        if (range === undefined) throw missing(entry.id, options)
        const parts = withoutLengths(file.stream(range, signal), { intBytes, file: options.label })
        return archive.compression === 'none' ? parts : unpacked(parts, PACKINGS[archive.compression], options.label)
      },
    })
  } finally {
    await reader.close()
  }
}

/** An archive cut off between two entries looks whole. */
function checkData(archive: Archive, data: ReadonlyMap<number, unknown>, options: DumpOptions): void {
  const lacking = archive.entries.find(entry => entry.kind === 'TABLE DATA' && entry.hasData && !data.has(entry.id))
  if (lacking !== undefined) throw missing(lacking.id, options)
}

function missing(id: number, options: DumpOptions): Error {
  return invalidDump(`expected the data of entry ${id} in the archive, got none`, { file: options.label })
}

async function* hashed(chunks: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}

/** A part of a folder or tar archive: a file, or a piece of one. */
export interface ArchivePart {
  readonly file: DumpFile
  readonly start: number
  readonly end: number
}

/** An archive in parts: `toc.dat` and one for each entry’s rows, packed one by one or not at all. */
export async function openPartsArchive(
  parts: ReadonlyMap<string, ArchivePart>,
  options: DumpOptions,
  of: { readonly marker: string; readonly files: Dump['files'] },
): Promise<Dump> {
  const toc = parts.get('toc.dat')
  if (toc === undefined) throw invalidDump('expected a file toc.dat in the archive, got none', { file: options.label })
  const size = toc.end - toc.start
  const reader = new ArchiveReader(toc.file.stream(toc, NEVER), { file: options.label, size })
  try {
    const archive = await readArchive(reader, size)
    const partOf = (name: string): { readonly part: ArchivePart; readonly packing: Packing | null } => {
      for (const [suffix, packing] of SUFFIXES) {
        const part = parts.get(`${name}${suffix}`)
        if (part !== undefined) return { part, packing }
      }
      throw invalidDump(`expected a file ${name} in the archive, got none`, { file: options.label })
    }
    for (const entry of archive.entries) if (entry.kind === 'TABLE DATA' && entry.hasData && entry.file !== null) partOf(entry.file)
    return await describeArchive(archive, options, {
      ...of,
      open: (entry, signal) => {
        const { part, packing } = partOf(entry.file ?? '')
        const bytes = part.file.stream(part, signal)
        return packing === null ? bytes : unpacked(bytes, packing, part.file.label)
      },
    })
  } finally {
    await reader.close()
  }
}

const SUFFIXES: readonly (readonly [string, Packing | null])[] = [
  ['', null],
  ['.gz', 'gzip'],
  ['.lz4', 'lz4'],
  ['.zst', 'zstd'],
]
