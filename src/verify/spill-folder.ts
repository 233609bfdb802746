import { chmod, type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RehouseError } from '../errors.ts'

/** A private folder (0700) for rows that must be sorted on disk. They are personal data: its files are 0600 and go with it. */
export class SpillFolder {
  readonly #parent: string
  #folder: Promise<string> | null = null
  #files = 0

  /** Made below `parent`, the system's folder for temporary files where absent, when the first file is asked for. */
  constructor(parent: string = tmpdir()) {
    this.#parent = parent
  }

  /** A new file, open for writing and reading. */
  async newFile(): Promise<FileHandle> {
    this.#folder ??= this.#make()
    try {
      return await open(join(await this.#folder, `run-${++this.#files}`), 'wx+', 0o600)
    } catch (cause) {
      throw noSpace(cause)
    }
  }

  async #make(): Promise<string> {
    try {
      const folder = await mkdtemp(join(this.#parent, 'rehouse-verify-'))
      await chmod(folder, 0o700)
      return folder
    } catch (cause) {
      throw noSpace(cause)
    }
  }

  /** Takes the folder away with all that is in it. Idempotent. */
  async remove(): Promise<void> {
    const folder = this.#folder
    this.#folder = null
    if (folder !== null) await rm(await folder, { recursive: true, force: true })
  }
}

export function noSpace(cause: unknown): RehouseError {
  if (cause instanceof RehouseError) return cause
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
  return new RehouseError('CONFIG_INVALID', `expected room for rows that must be sorted, got ${code}`, {
    next: 'Set TMPDIR to a folder with room for the largest table, then verify again.',
    cause,
  })
}
