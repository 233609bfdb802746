import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RehouseError } from '../errors.ts'

export interface NewFile {
  readonly name: string
  readonly text: string
}

/** Throws USAGE where one of the files is there already. */
export async function refuseExisting(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (await isThere(join(folder, name)))
      throw new RehouseError('USAGE', `expected a folder without ${name}, got one with it: ${folder}`, {
        where: { file: join(folder, name) },
        next: 'Name another folder with --out, or give --force to replace what is there.',
      })
  }
}

/**
 * Writes files into a folder, which it makes: each appears whole or not at all, and none before all are written beside their places.
 * `keep`: a file that has come meanwhile is left and USAGE thrown.
 */
export async function writeNewFiles(folder: string, files: readonly NewFile[], over: 'keep' | 'replace'): Promise<readonly string[]> {
  const placed: string[] = []
  const written: { readonly from: string; readonly to: string }[] = []
  try {
    await mkdir(folder, { recursive: true })
    for (const { name, text } of files) {
      const place = { from: join(folder, `.${name}.${process.pid}.new`), to: join(folder, name) }
      written.push(place)
      await writeDurably(place.from, text)
    }
    for (const { from, to } of written) {
      await (over === 'replace' ? rename(from, to) : link(from, to))
      placed.push(to)
    }
  } catch (cause) {
    if (over === 'keep') for (const path of placed) await rm(path, { force: true })
    throw asError(cause, folder)
  } finally {
    for (const { from } of written) await rm(from, { force: true })
  }
  return written.map(place => place.to)
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false
    throw asError(error, path)
  }
}

function asError(cause: unknown, path: string): RehouseError {
  const isTaken = codeOf(cause) === 'EEXIST'
  return new RehouseError(
    isTaken ? 'USAGE' : 'CONFIG_INVALID',
    isTaken
      ? `expected a folder without these files, got one with them: ${path}`
      : `expected a folder that can be written to at ${path}, got ${codeOf(cause)}`,
    {
      where: { file: path },
      next: isTaken ? 'Name another folder with --out, or give --force.' : 'Give this user the right, or name another folder.',
      cause,
    },
  )
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an error'
}
