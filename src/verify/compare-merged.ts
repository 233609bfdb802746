import { canonicalKey, keyParts } from '../base/key-text.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { mayMerge } from '../model/mapping.ts'
import type { Difference } from '../model/results.ts'
import type { MergedRow } from '../plan/batch-buffers.ts'
import type { Differences } from './differences.ts'
import { placeOf } from './explain-rows.ts'
import type { VerifiedEntity } from './table-scopes.ts'

const TABLE = 'rehouse.merged'

interface MergedSetting {
  readonly of: VerifiedEntity
  readonly ledger: Pick<Ledger, 'merged'>
  readonly differences: Differences
  readonly isMoved: boolean
}

type Told = Pick<Difference, 'id' | 'column' | 'expected' | 'actual'>

/** Compares the rows that are other rows, as the program tells them now, with those the ledger remembers. They are held in memory. */
export class CompareMerged {
  readonly #setting: MergedSetting
  /** Of the ledger, by canonical key; what is left in the end nobody told. */
  readonly #known: Map<string, string>

  private constructor(setting: MergedSetting, known: Map<string, string>) {
    this.#setting = setting
    this.#known = known
  }

  static async begin(setting: MergedSetting): Promise<CompareMerged> {
    const known = new Map<string, string>()
    const { of, ledger } = setting
    if (mayMerge(of.facts.entity))
      for await (const chunk of ledger.merged(of.number, of.tenant?.number ?? 0))
        for (const { key, id } of chunk) known.set(canonicalKey(key), id.toLowerCase())
    return new CompareMerged(setting, known)
  }

  push(rows: readonly MergedRow[]): void {
    for (const { key, id } of rows) {
      const text = canonicalKey(key)
      const before = this.#known.get(text)
      this.#known.delete(text)
      if (before === undefined) this.#tell(key, { id: null, column: null, expected: `to be the row ${id}`, actual: null })
      else if (before !== id) this.#tell(key, { id: before, column: 'id', expected: id, actual: before })
    }
  }

  finish(): void {
    for (const [key, id] of this.#known)
      this.#tell(keyParts(key) ?? [key], { id, column: null, expected: null, actual: `to be the row ${id}` })
  }

  #tell(key: readonly string[], told: Told): void {
    const { of, differences, isMoved } = this.#setting
    const place = placeOf(of)
    if (isMoved) {
      differences.count(place, 'not_verified')
      const message = 'expected rows as they were when the run read them, got rows that are other rows since, or are so no more'
      differences.reason({ code: 'source_moved_on', ...place, table: TABLE, message })
      return
    }
    differences.add({ ...place, key, table: TABLE, ...told, kind: 'id_map' })
  }
}

/** Every row that is another row must lead to one: to a row of its own in some id map. `ledgers`: of every service. */
export async function verifyMerged(
  of: VerifiedEntity,
  { own, ledgers, differences }: { readonly own: Ledger; readonly ledgers: readonly Ledger[]; readonly differences: Differences },
): Promise<void> {
  if (!mayMerge(of.facts.entity)) return
  for await (const chunk of own.merged(of.number, of.tenant?.number ?? 0)) {
    const found = new Set<string>()
    for (const ledger of ledgers)
      for (const { id, isMerged } of await ledger.keysOf(chunk.map(row => row.id))) if (isMerged !== true) found.add(id.toLowerCase())
    for (const { key, id } of chunk) {
      if (found.has(id.toLowerCase())) continue
      const told = { id, column: 'id', expected: 'the identifier of a loaded row', actual: id, kind: 'id_map' } as const
      differences.add({ ...placeOf(of), key, table: TABLE, ...told })
    }
  }
}
