import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { RehouseError } from '../../errors.ts'
import type { Declaration, FileDeclaration } from './file-declaration.ts'
import { parseDeclaration } from './parse-declaration.ts'
import { DECLARATION_NAMES, type RelationFile, type RelationFiles } from './relation-files.ts'

const MOST_BYTES = 4 * 1024 * 1024

/** The declaration the address names, else the one in the folder, else null. Throws MANIFEST_UNREADABLE and MANIFEST_INVALID. */
export async function readDeclaration(files: RelationFiles, named: string | null): Promise<Declaration | null> {
  const paths = named === null ? DECLARATION_NAMES.map(name => join(files.folder, name)) : [resolve(files.folder, named)]
  for (const path of paths) {
    const text = await readText(path, named)
    if (text === null) continue
    const declared = parseDeclaration(path, text)
    refuseUnknown(path, { declared, files, isShared: named !== null })
    return { place: path, text, files: declared }
  }
  return null
}

async function readText(path: string, named: string | null): Promise<string | null> {
  try {
    const bytes = await readFile(path)
    if (bytes.length > MOST_BYTES) throw unreadable(path, `expected a declaration of at most ${MOST_BYTES} bytes, got ${bytes.length}`)
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof RehouseError) throw error
    if (error instanceof TypeError) throw unreadable(path, 'expected a declaration in UTF-8, got bytes that are not', error)
    // Whether it is there is only known by opening it.
    if (named === null && error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw unreadable(path, 'expected a declaration of columns that can be read, got none', error)
  }
}

function unreadable(path: string, message: string, cause?: unknown): RehouseError {
  return new RehouseError('MANIFEST_UNREADABLE', message, {
    where: { file: path },
    next: 'Check the path after ?schema=, which is relative to the folder of the files.',
    cause,
  })
}

/** In a folder of its own each entry must be a file there; one declaration for many folders may know more than each has. */
function refuseUnknown(
  path: string,
  {
    declared,
    files,
    isShared,
  }: { readonly declared: ReadonlyMap<string, FileDeclaration>; readonly files: RelationFiles; readonly isShared: boolean },
): void {
  if (isShared) return
  for (const name of declared.keys()) {
    if (files.files.some(file => namesOf(file).includes(name))) continue
    throw new RehouseError('MANIFEST_INVALID', `expected a file of the folder, got ${JSON.stringify(name)}`, {
      where: { file: path },
      next: `The folder has: ${files.files
        .slice(0, 20)
        .map(file => file.label)
        .join(', ')}.`,
    })
  }
}

/** How a file may be named in a declaration. */
function namesOf(file: RelationFile): readonly string[] {
  const inSchema = `${file.schema}/${file.name}`
  return [file.label, inSchema, file.schema === 'csv' ? file.name : inSchema]
}

export function declarationOf(declaration: Declaration | null, file: RelationFile): FileDeclaration | null {
  for (const name of namesOf(file)) {
    const found = declaration?.files.get(name)
    if (found !== undefined) return found
  }
  return null
}
