import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { Host } from './host.ts'

/** A file about people: nobody but the owner may read it. Rejects with USAGE where it cannot be written. */
export async function writePrivateFile(
  host: Host,
  { file, content, flag }: { readonly file: string; readonly content: string; readonly flag: string },
): Promise<void> {
  const path = resolve(host.cwd, file)
  try {
    await writeFile(path, content, { mode: 0o600 })
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
    throw new RehouseError('USAGE', `expected to write the file given with ${flag}, got ${reason}`, {
      where: { file: path },
      next: 'Name a file in a folder that exists and may be written to.',
      cause,
    })
  }
}
