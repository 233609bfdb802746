import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { Difference, VerifyReason } from '../model/results.ts'

/** How many differences a result tells; all of them are in the file. */
export const FIRST = 1000
const WRITE_BYTES = 1 << 16

export interface RowCounts {
  compared: number
  equal: number
  different: number
  missing: number
  extra: number
  not_verified: number
}

export type CountedAs = keyof Omit<RowCounts, 'compared'>

/** Everything one verification found. Memory does not grow with the number of differences. */
export class Differences {
  readonly #path: string
  #file: FileHandle | null = null
  #waiting = ''
  #isContinued: boolean
  total = 0
  readonly first: Difference[] = []
  readonly reasons: VerifyReason[] = []
  readonly #counts = new Map<string, RowCounts>()

  /** All go to the file at `path` (0600), made with the first one; `continued`: those of an earlier part are in it. */
  constructor(path: string, earlier: { readonly total: number; readonly first: readonly Difference[] } | null = null) {
    this.#path = path
    this.#isContinued = earlier !== null && earlier.total > 0
    this.total = earlier?.total ?? 0
    this.first.push(...(earlier?.first ?? []))
  }

  /** Null: there was nothing to write. */
  get path(): string | null {
    return this.total === 0 ? null : this.#path
  }

  add(difference: Difference): void {
    this.total++
    if (this.first.length < FIRST) this.first.push(difference)
    this.#waiting += `${JSON.stringify(difference)}\n`
  }

  /** Said once for each code, entity, tenant and table. */
  reason(reason: VerifyReason): void {
    const isKnown = this.reasons.some(
      r => r.code === reason.code && r.entity === reason.entity && r.tenant === reason.tenant && r.table === reason.table,
    )
    if (!isKnown) this.reasons.push(reason)
  }

  counts(entity: string, tenant: string | null): RowCounts {
    const name = JSON.stringify([entity, tenant])
    const known = this.#counts.get(name) ?? { compared: 0, equal: 0, different: 0, missing: 0, extra: 0, not_verified: 0 }
    this.#counts.set(name, known)
    return known
  }

  count(place: { readonly entity: string; readonly tenant: string | null }, as: CountedAs, rows = 1): void {
    const counts = this.counts(place.entity, place.tenant)
    counts[as] += rows
    counts.compared += rows
  }

  /** Writes what waits, if it is worth a write. */
  async flush(): Promise<void> {
    if (this.#waiting.length >= WRITE_BYTES) await this.#write()
  }

  async #write(): Promise<void> {
    if (this.#waiting === '') return
    const lines = this.#waiting
    this.#waiting = ''
    try {
      if (this.#file === null) {
        await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
        this.#file = await open(this.#path, this.#isContinued ? 'a' : 'w', 0o600)
      }
      await this.#file.appendFile(lines)
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
      throw new RehouseError('CONFIG_INVALID', `expected to be able to write the differences, got ${code}`, {
        where: { file: this.#path },
        next: 'Make room and give this user the folder, or name another with --report.',
        cause,
      })
    }
  }

  /** Everything told so far is in the file afterwards. */
  async save(): Promise<void> {
    await this.#write()
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#write()
    const file = this.#file
    this.#file = null
    this.#isContinued = true
    await file?.close()
  }
}
