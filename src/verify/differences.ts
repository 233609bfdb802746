import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { Difference } from '../model/results.ts'
import type { VerifyReason } from '../model/verify-reason.ts'

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

/** What an earlier part of the same verification found. */
export interface Earlier {
  readonly total: number
  readonly first: readonly Difference[]
  readonly reasons: readonly VerifyReason[]
  /** The file holds so many bytes of it; what is behind them belongs to nothing that was finished. */
  readonly bytes: number
}

/** Everything one verification found. Memory does not grow with the number of differences. */
export class Differences {
  readonly #path: string | null
  #file: FileHandle | null = null
  #waiting = ''
  /** Bytes of the file that are ours. */
  #bytes: number
  total: number
  readonly first: Difference[]
  readonly reasons: VerifyReason[]
  readonly #counts = new Map<string, RowCounts>()

  /** All go to the file at `path` (0600), made with the first one; null: few are expected, and none is written (see `take`). */
  constructor(path: string | null, earlier: Earlier = { total: 0, first: [], reasons: [], bytes: 0 }) {
    this.#path = path
    this.total = earlier.total
    this.first = [...earlier.first]
    this.reasons = [...earlier.reasons]
    this.#bytes = earlier.bytes
  }

  /** Null: there was nothing to write. */
  get path(): string | null {
    return this.total === 0 ? null : this.#path
  }

  /** As an `Earlier` for whoever goes on; call `save` before. */
  get soFar(): Earlier {
    return { total: this.total, first: this.first, reasons: this.reasons, bytes: this.#bytes }
  }

  /** Adds what another one kept: at most its first 1000. */
  take(other: Differences): void {
    for (const difference of other.first) this.add(difference)
    for (const reason of other.reasons) this.reason(reason)
  }

  add(difference: Difference): void {
    this.total++
    if (this.first.length < FIRST) this.first.push(difference)
    if (this.#path !== null) this.#waiting += `${JSON.stringify(difference)}\n`
  }

  /** Said once for each code, entity, tenant and table. */
  reason(reason: VerifyReason): void {
    const isKnown = this.reasons.some(
      r => r.code === reason.code && r.entity === reason.entity && r.tenant === reason.tenant && r.table === reason.table,
    )
    if (!isKnown) this.reasons.push(reason)
  }

  setCounts(place: { readonly entity: string; readonly tenant: string | null }, counts: RowCounts): void {
    this.#counts.set(JSON.stringify([place.entity, place.tenant]), { ...counts })
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
    if (this.#waiting === '' || this.#path === null) return
    const lines = Buffer.from(this.#waiting)
    this.#waiting = ''
    try {
      this.#file ??= await this.#open(this.#path)
      await this.#file.write(lines, 0, lines.length, this.#bytes)
      this.#bytes += lines.length
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
      throw new RehouseError('CONFIG_INVALID', `expected to be able to write the differences, got ${code}`, {
        where: { file: this.#path },
        next: 'Make room and give this user the folder, or name another with --report.',
        cause,
      })
    }
  }

  async #open(path: string): Promise<FileHandle> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(path, this.#bytes === 0 ? 'w' : 'r+', 0o600)
    await file.truncate(this.#bytes)
    return file
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
    await file?.close()
  }
}
