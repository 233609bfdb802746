import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { SourceTable } from '../contract/source.ts'
import { ddlOf } from '../contract/table-spec.ts'
import { copyLines, copyStatement } from './dump-writer.ts'
import { lz4Frame } from './lz4-writer.ts'

/** Archives as pg_dump writes them: `-Fc`, and the parts of `-Fd` and `-Ft`. */

export type ArchiveCompression = 'none' | 'gzip' | 'lz4' | 'zstd'

export interface ArchiveShape {
  /** 12 to 16. */
  readonly version: number
  readonly compression: ArchiveCompression
  /** Whether the table of contents says where the data is. */
  readonly hasOffsets: boolean
}

interface Entry {
  readonly id: number
  readonly kind: string
  readonly tag: string
  readonly schema: string | null
  readonly definition: string
  readonly copy: string | null
  readonly rows: string | null
}

const FORMATS = { custom: 1, tar: 3, directory: 5 } as const
const ALGORITHMS: readonly ArchiveCompression[] = ['none', 'gzip', 'lz4', 'zstd']
/** Small and odd, so that lines and packed data are cut anywhere. */
const PART_BYTES = 61

export function entriesOf(tables: readonly SourceTable[]): readonly Entry[] {
  const setting = { tag: 'x', schema: null, copy: null, rows: null }
  return [
    { ...setting, id: 1, kind: 'ENCODING', definition: "SET client_encoding = 'UTF8';\n" },
    { ...setting, id: 2, kind: 'STDSTRINGS', definition: "SET standard_conforming_strings = 'on';\n" },
    ...tables.flatMap((table, i) => [
      { id: 10 + i, kind: 'TABLE', tag: table.spec.name, schema: 'public', definition: `${ddlOf(table.spec)};\n`, copy: null, rows: null },
      {
        id: 1000 + i,
        kind: 'TABLE DATA',
        tag: table.spec.name,
        schema: 'public',
        definition: '',
        copy: copyStatement(table),
        rows: `${copyLines(table)}\\.\n\n\n`,
      },
    ]),
  ]
}

export function customArchive(entries: readonly Entry[], shape: ArchiveShape): Buffer {
  const data = entries.filter(entry => entry.rows !== null).map(entry => ({ id: entry.id, bytes: dataBlock(entry, shape.compression) }))
  const length = archiveHead(entries, { ...shape, format: 'custom', place: () => offset(0) }).length
  const offsets = new Map<number, number>()
  data.reduce((at, { id, bytes }) => {
    offsets.set(id, at)
    return at + bytes.length
  }, length)
  const head = archiveHead(entries, {
    ...shape,
    format: 'custom',
    place: entry => offset(shape.hasOffsets ? (offsets.get(entry.id) ?? null) : null, entry.rows !== null),
  })
  return Buffer.concat([head, ...data.map(({ bytes }) => bytes)])
}

/** The files of a folder archive. */
export function folderArchive(entries: readonly Entry[], shape: ArchiveShape): ReadonlyMap<string, Buffer> {
  const suffix = { none: '', gzip: '.gz', lz4: '.lz4', zstd: '.zst' }[shape.compression]
  const name = (entry: Entry): string => `${entry.id}.dat`
  const toc = archiveHead(entries, { ...shape, format: 'directory', place: entry => text(entry.rows === null ? '' : name(entry)) })
  const files = entries.flatMap(entry =>
    entry.rows === null ? [] : [[`${name(entry)}${suffix}`, packFile(Buffer.from(entry.rows), shape.compression)] as const],
  )
  return new Map([['toc.dat', toc], ...files])
}

export function tarArchive(entries: readonly Entry[], version: number): Buffer {
  const name = (entry: Entry): string => `${entry.id}.dat`
  const toc = archiveHead(entries, {
    version,
    compression: 'none',
    format: 'tar',
    place: entry => text(entry.rows === null ? '' : name(entry)),
  })
  const members = [
    ['toc.dat', toc] as const,
    ...entries.flatMap(entry => (entry.rows === null ? [] : [[name(entry), Buffer.from(entry.rows)] as const])),
  ]
  return Buffer.concat([...members.flatMap(([path, bytes]) => tarMember(path, bytes)), Buffer.alloc(1024)])
}

function tarMember(path: string, bytes: Buffer): readonly Buffer[] {
  const head = Buffer.alloc(512)
  head.write(path, 0)
  head.write('0000600\0', 100)
  head.write('0000000\0', 108)
  head.write('0000000\0', 116)
  head.write(`${bytes.length.toString(8).padStart(11, '0')} `, 124)
  head.write('00000000000 ', 136)
  head.write('        ', 148)
  head.write('0', 156)
  head.write('ustar\x0000', 257, 'latin1')
  const sum = head.reduce((all, byte) => all + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return [head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
}

function archiveHead(
  entries: readonly Entry[],
  of: {
    readonly version: number
    readonly compression: ArchiveCompression
    readonly format: keyof typeof FORMATS
    readonly place: (entry: Entry) => Buffer
  },
): Buffer {
  const { version } = of
  const compression = version >= 15 ? Buffer.of(ALGORITHMS.indexOf(of.compression)) : int(of.compression === 'none' ? 0 : -1)
  const made = [5, 4, 3, 2, 1, 124, 0].map(int)
  const head = [
    Buffer.from('PGDMP'),
    Buffer.of(1, version, 0, 4, 8, FORMATS[of.format]),
    compression,
    ...made,
    text('shop'),
    text('15.18 (Test)'),
    text('15.18'),
    int(entries.length),
  ]
  return Buffer.concat([...head, ...entries.flatMap(entry => [...entryFields(entry, version), of.place(entry)])])
}

function entryFields(entry: Entry, version: number): readonly Buffer[] {
  return [
    int(entry.id),
    int(entry.rows === null ? 0 : 1),
    text('0'),
    text('0'),
    text(entry.tag),
    text(entry.kind),
    int(2),
    text(entry.definition),
    text(''),
    entry.copy === null ? int(-1) : text(entry.copy),
    entry.schema === null ? int(-1) : text(entry.schema),
    int(-1),
    ...(version >= 14 ? [text('heap')] : []),
    ...(version >= 16 ? [int(114)] : []),
    text('owner'),
    text('false'),
    text('1'),
    int(-1),
  ]
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes[0] = value < 0 ? 1 : 0
  bytes.writeUInt32LE(Math.abs(value), 1)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([int(bytes.length), bytes])
}

/** A state, then eight bytes. */
function offset(at: number | null, hasData = true): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = hasData ? (at === null ? 1 : 2) : 3
  bytes.writeBigUInt64LE(BigInt(at ?? 0), 1)
  return bytes
}

function dataBlock(entry: Entry, compression: ArchiveCompression): Buffer {
  const rows = Buffer.from(entry.rows ?? '')
  const packed = compression === 'gzip' ? deflateSync(rows) : packFile(rows, compression)
  const parts = Array.from({ length: Math.ceil(packed.length / PART_BYTES) }, (_, i) =>
    packed.subarray(i * PART_BYTES, (i + 1) * PART_BYTES),
  )
  return Buffer.concat([Buffer.of(1), int(entry.id), ...parts.flatMap(part => [int(part.length), part]), int(0)])
}

function packFile(bytes: Buffer, compression: ArchiveCompression): Buffer {
  switch (compression) {
    case 'gzip':
      return gzipSync(bytes)
    case 'lz4':
      return lz4Frame(bytes)
    case 'zstd':
      return zstdCompressSync(bytes)
    default:
      return bytes
  }
}
