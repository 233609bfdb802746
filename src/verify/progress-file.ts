import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Difference, VerifyLevel } from '../model/results.ts'
import type { VerifyReason } from '../model/verify-reason.ts'
import type { RowCounts } from './differences.ts'

/** How far a verification has come: whole entities of tenants, and what was found in them. */
export interface Progress {
  readonly isEnded: boolean
  readonly mappingHash: string
  readonly level: VerifyLevel
  readonly tenants: readonly string[] | null
  readonly entities: readonly string[] | null
  readonly done: readonly { readonly entity: string; readonly tenant: string | null; readonly counts: RowCounts }[]
  readonly total: number
  readonly first: readonly Difference[]
  readonly reasons: readonly VerifyReason[]
  /** Bytes of the file of differences that belong to what is done. */
  readonly bytes: number
}

const NAME = 'progress.json'

/** All or nothing: a reader sees the state before or after. */
export async function writeProgress(folder: string, progress: Progress): Promise<void> {
  const file = join(folder, NAME)
  await writeFile(`${file}.new`, JSON.stringify(progress), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** The newest verification below `parent` that was cut off; null = none. Its folder’s name begins with the time it began. */
export async function findProgress(parent: string): Promise<{ readonly folder: string; readonly progress: Progress } | null> {
  const names = await readdir(parent).catch(() => [])
  for (const name of names.toSorted().toReversed()) {
    const folder = join(parent, name)
    const text = await readFile(join(folder, NAME), 'utf8').catch(() => null)
    if (text === null) continue
    // Written by writeProgress alone.
    const progress = JSON.parse(text) as Progress
    if (!progress.isEnded) return { folder, progress }
  }
  return null
}
