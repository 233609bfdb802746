import type { Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { tableLabel } from '../../base/table-label.ts'
import { RehouseError } from '../../errors.ts'
import type { SourceFile } from '../source-file.ts'

export type Compression = 'none' | 'gzip' | 'zstd'

/** One file, one relation. */
export interface RelationFile {
  readonly path: string
  /** Relative to the folder, with `/`: a part of the marker. */
  readonly label: string
  /** The file for people: address and label. */
  readonly place: string
  readonly schema: string
  readonly name: string
  readonly table: string
  readonly compression: Compression
  /** `.tsv`: the delimiter is a tab. */
  readonly isTabbed: boolean
}

export interface RelationFiles {
  /** Where the files are, and the declaration is looked for. */
  readonly folder: string
  readonly identity: string
  readonly files: readonly RelationFile[]
  /** Files that are not read, relative to the folder. */
  readonly others: readonly string[]
}

export const DECLARATION_NAMES = ['rehouse.columns.yaml', 'rehouse.columns.yml', 'rehouse.columns.json']
const TOP_SCHEMA = 'csv'
const ENDING = /\.(csv|tsv|txt)(\.gz|\.zst)?$/i
const MOST_FILES = 100_000

/** The files of a folder and its sub folders in the order of their names; or the one file. Throws SOURCE_UNREACHABLE, and SOURCE_INVALID where two files would be one relation. */
export async function relationFiles({ path, label }: SourceFile): Promise<RelationFiles> {
  const state = await statOf(path, label)
  const identity = `csv:${state.dev}:${state.ino}`
  if (state.isFile()) {
    const file = fileOf(dirname(path), path) ?? { ...plainFile(path), name: basename(path) }
    return { folder: dirname(path), identity, files: [withTable(file, plainLabel(label))], others: [] }
  }
  if (!state.isDirectory()) throw unreachable(label, 'expected a folder or a file, got something else')
  const paths = await everyFile(path, label)
  const found = paths.map(each => ({ each, file: fileOf(path, each) }))
  const files = found.flatMap(({ file }) => (file === null ? [] : [withTable(file, `${plainLabel(label)}/${file.label}`)]))
  refuseTwice(files)
  if (files.length === 0) {
    throw new RehouseError('SOURCE_INVALID', `expected at least one file *.csv, *.tsv or *.txt, got ${paths.length} other files`, {
      where: { file: label },
      next: 'Name the folder the files are in.',
    })
  }
  return { folder: path, identity, files, others: found.filter(({ file }) => file === null).map(({ each }) => labelOf(path, each)) }
}

async function statOf(path: string, label: string): Promise<Stats> {
  try {
    return await stat(path)
  } catch (error) {
    throw unreachable(label, 'expected a folder or a file that can be opened, got none', error)
  }
}

function unreachable(label: string, message: string, cause?: unknown): RehouseError {
  return new RehouseError('SOURCE_UNREACHABLE', message, {
    where: { file: label },
    next: 'Check the path (it is relative to the manifest) and who may read it.',
    cause,
  })
}

/** Regular files, links to them followed; hidden files and the declaration left out. */
async function everyFile(folder: string, label: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw unreachable(label, 'expected a folder that can be read, got none', error)
  })
  if (entries.length > MOST_FILES) throw unreachable(label, `expected at most ${MOST_FILES} files, got ${entries.length}`)
  const paths: string[] = []
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    const isHidden = labelOf(folder, path)
      .split('/')
      .some(part => part.startsWith('.'))
    if (isHidden || DECLARATION_NAMES.includes(entry.name)) continue
    if (entry.isFile() || (entry.isSymbolicLink() && (await stat(path).catch(() => null))?.isFile() === true)) paths.push(path)
  }
  return paths.sort()
}

function labelOf(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/')
}

/** The address without options. */
function plainLabel(label: string): string {
  return label.split('?')[0]?.replace(/\/+$/, '') ?? label
}

type Found = Omit<RelationFile, 'table' | 'place'>

function plainFile(path: string): Found {
  return { path, label: basename(path), schema: TOP_SCHEMA, name: '', compression: 'none', isTabbed: false }
}

/** Null: its name does not end as that of a file that is read. */
function fileOf(folder: string, path: string): Found | null {
  const ending = ENDING.exec(path)
  if (ending === null) return null
  const label = labelOf(folder, path)
  const inside = label.includes('/') ? label.slice(0, label.lastIndexOf('/')) : TOP_SCHEMA
  const packed = ending[2]?.toLowerCase()
  return {
    path,
    label,
    schema: inside,
    name: basename(path).slice(0, -ending[0].length),
    compression: packed === '.gz' ? 'gzip' : packed === '.zst' ? 'zstd' : 'none',
    isTabbed: ending[1]?.toLowerCase() === 'tsv',
  }
}

function withTable(file: Found, place: string): RelationFile {
  return { ...file, place, table: tableLabel(file.schema, file.name) }
}

function refuseTwice(files: readonly RelationFile[]): void {
  const first = new Map<string, RelationFile>()
  for (const file of files) {
    const other = first.get(file.table)
    if (other !== undefined) {
      throw new RehouseError('SOURCE_INVALID', `expected one file for the relation ${file.table}, got ${other.label} and ${file.label}`, {
        where: { file: file.place, table: file.table },
        next: 'Take one of them out of the folder, or rename it.',
      })
    }
    first.set(file.table, file)
  }
}
