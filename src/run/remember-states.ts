import { EXCLUDED, type KeyIndex, type KeyState, LOADED, NOT_FOUND, QUARANTINED } from '../base/key-index.ts'
import { canonicalKey } from '../base/key-text.ts'
import { TupleCursor } from '../base/tuple-cursor.ts'
import { uuidBytes } from '../base/uuid-text.ts'
import { bug } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { KnownKey } from '../model/ledger-records.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import { partsOf } from '../plan/row-program.ts'
import type { Classified } from './classify-batch.ts'
import type { RefusedRow } from './refusal-code.ts'

const STATES: Readonly<Record<KnownKey['state'], KeyState>> = {
  loaded: LOADED,
  merged: LOADED,
  quarantined: QUARANTINED,
  excluded: EXCLUDED,
}

/** The program took its own view of each key; what the ledger or the server said otherwise is put right, before a child asks. */
export function rememberStates(
  index: KeyIndex,
  result: {
    readonly buffers: BatchBuffers
    readonly isInteger: boolean
    readonly classified: Classified
    readonly refused: readonly RefusedRow[]
  },
): void {
  const { buffers, isInteger, classified, refused } = result
  const ordinalAt = (row: number): number => {
    if (!isInteger) return index.findText(buffers.texts[row] as string)
    const { hi, lo } = buffers.halvesAt(row)
    return index.find(hi, lo)
  }
  for (const { row } of [...refused, ...classified.held]) {
    const ordinal = ordinalAt(row)
    if (ordinal !== NOT_FOUND) index.setState(ordinal, QUARANTINED)
  }
  for (const { key } of classified.merged.held) index.setState(addKey(index, key, isInteger), QUARANTINED)
  for (const { key, id } of classified.keptMerged) setAlias(index, addKey(index, key, isInteger), id)
  for (const text of classified.keptKeys) index.setState(addKey(index, JSON.parse(text) as string[], isInteger), LOADED)
}

/**
 * Whom to believe which rows are other rows, where the source may have changed since: `ledger` = all stay what they are; `loaded` = rows of their own stay, the rest is as the source
 * says now; `source` = all are as the source says now.
 */
export type MergedAsIn = 'ledger' | 'loaded' | 'source'

export interface FillFrom {
  readonly ledger: Ledger
  readonly entity: number
  readonly tenant: number
  readonly isInteger: boolean
  /** Null: no row of the entity can be another, nor are identifiers looked up. */
  readonly mergedAsIn: MergedAsIn | null
  /** Identifiers are looked up; absent = they are made of the keys. */
  readonly isLookedUp?: boolean
}

/** Fills an index with what the ledger knows. */
export async function fillFromLedger(index: KeyIndex, of: FillFrom): Promise<void> {
  for await (const chunk of of.ledger.knownKeys(of.entity, of.tenant)) {
    for (const { key, state } of chunk) {
      // Copies of a doubled key have one part more; nobody can refer to them.
      if (of.isInteger && key.length > 1) continue
      const ordinal = addKey(index, key, of.isInteger)
      if (index.state(ordinal) !== LOADED) index.setState(ordinal, STATES[state])
      if (state === 'loaded' && of.mergedAsIn !== null && of.mergedAsIn !== 'source') index.aliases.delete(ordinal)
    }
  }
  if (of.mergedAsIn !== 'ledger') return
  if (of.isLookedUp === true) await fillIds(index, of)
  for await (const chunk of of.ledger.merged(of.entity, of.tenant))
    for (const { key, id } of chunk) setAlias(index, addKey(index, key, of.isInteger), id)
}

/** Identifiers of loaded rows as the id map has them. */
async function fillIds(index: KeyIndex, { ledger, entity, tenant, isInteger }: FillFrom): Promise<void> {
  const cursor = new TupleCursor(ID_MAP_FIELDS)
  const textAt = (field: number): string => {
    const start = cursor.start[field] as number
    return cursor.data.toString('utf8', start, start + (cursor.length[field] as number))
  }
  for await (const chunk of ledger.idMap({ entity, tenant, format: 'text' })) {
    cursor.push(chunk)
    while (cursor.next()) {
      const key = isInteger ? [textAt(KEY)] : partsOf(textAt(KEY))
      const id = uuidBytes(textAt(ID))
      if (id !== null) index.ids.set(addKey(index, key, isInteger), id)
    }
  }
}

const ID_MAP_FIELDS = 6
const KEY = 2
const ID = 3

function setAlias(index: KeyIndex, ordinal: number, id: string): void {
  const bytes = uuidBytes(id)
  if (bytes === null) throw bug('expected the identifier of a merged row to be a uuid')
  index.aliases.set(ordinal, bytes)
}

function addKey(index: KeyIndex, key: readonly string[], isInteger: boolean): number {
  if (!isInteger) return index.addText(canonicalKey(key))
  const value = BigInt(key[0] as string)
  return index.add(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)))
}
