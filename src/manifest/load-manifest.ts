import { isUtf8 } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { Mapping } from '../model/mapping.ts'
import { type CheckedManifest, checkManifest, readManifest } from './read-manifest.ts'

type Options = { readonly set: Readonly<Record<string, string>> }

/** Reads a manifest file. Throws MANIFEST_UNREADABLE where there is no such file or it is not UTF-8, else as `readManifest`. */
export async function loadManifest(path: string, options: Options): Promise<Mapping> {
  const text = await readText(path)
  return readManifest({ file: path, text, options, functions: await readFunctions(path, text) })
}

/** All findings of a manifest file. Throws MANIFEST_UNREADABLE where there is no such file or it is not UTF-8. */
export async function loadAndCheckManifest(path: string, options: Options): Promise<CheckedManifest> {
  const text = await readText(path)
  return checkManifest({ file: path, text, options, functions: await readFunctions(path, text) })
}

/** Longer ones are no names of files. */
const MOST_NAME = 1024
const ENDING = /\.[cm]?[jt]s#/g
/** What cannot stand in such a name. */
const BEFORE_NAME = new Set(' \t\r\n"\'{[,:#')

/** What stands before each `.ts#` and its like. Looks back a bounded way only: a manifest may be one word of a megabyte. */
function functionFiles(text: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { 0: ending, index } of text.matchAll(ENDING)) {
    let start = index
    while (start > 0 && index - start < MOST_NAME && !BEFORE_NAME.has(text[start - 1] ?? '')) start--
    if (start < index && index - start < MOST_NAME) names.add(`${text.slice(start, index)}${ending.slice(0, -1)}`)
  }
  return names
}

/** Every file the text may name before a #; which of them are meant is known when it is read. One that is not there is told of then. */
async function readFunctions(manifest: string, text: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const name of functionFiles(text)) {
    const path = join(dirname(manifest), name)
    try {
      found.set(name, await readFile(path, 'utf8'))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
    }
  }
  return found
}

const NEXT: Readonly<Record<string, string>> = {
  ENOENT: 'Name the manifest with --manifest, or run the command where it lies; the README has one to begin with.',
  EACCES: 'Let this user read the file.',
}

/** Four bytes for each character a manifest may have; also keeps a device that never ends from being read. */
const MOST_BYTES = 8 * 1024 * 1024

async function readText(path: string): Promise<string> {
  const bytes = await readBytes(path)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new RehouseError('MANIFEST_UNREADABLE', 'expected a manifest in UTF-8, got other bytes', {
      where: { file: path, ...firstBadByte(bytes) },
      next: 'Save the file as UTF-8.',
      cause,
    })
  }
}

async function readBytes(path: string): Promise<Buffer> {
  const where = { file: path, line: 1, column: 1 }
  try {
    const facts = await stat(path)
    if (facts.isFile() && facts.size <= MOST_BYTES) return await readFile(path)
    const got = facts.isFile() ? `${facts.size} bytes` : facts.isDirectory() ? 'a folder' : 'something else'
    throw new RehouseError('MANIFEST_UNREADABLE', `expected a manifest file of at most ${MOST_BYTES} bytes, got ${got}`, {
      where,
      next: 'Name the manifest file with --manifest.',
    })
  } catch (cause) {
    if (cause instanceof RehouseError) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
    throw new RehouseError(
      'MANIFEST_UNREADABLE',
      `expected a readable manifest file, got ${code === 'ENOENT' ? 'no file of that name' : code}`,
      {
        where,
        next: NEXT[code] ?? 'Check the file.',
        cause,
      },
    )
  }
}

/** Line and column, in characters from 1, of the first byte that is not UTF-8. */
function firstBadByte(bytes: Buffer): { line: number; column: number } {
  const lines = bytes.toString('latin1').split('\n')
  const at = lines.findIndex(line => !isUtf8(Buffer.from(line, 'latin1')))
  const column =
    Buffer.from(lines[at] ?? '', 'latin1')
      .toString('utf8')
      .indexOf('\ufffd') + 1
  return { line: at + 1, column: Math.max(column, 1) }
}
