import { canonicalKey, keyParts } from '../../base/key-text.ts'
import type { KnownKey } from '../../model/ledger-records.ts'
import type { Ledger } from '../ledger.ts'
import { type KeyRoom, type MemoryStore, quarantineName } from './memory-store.ts'

const CHUNK = 1000

/** What the ledger knows of a key: the row that was loaded before the row it stands for, before the quarantine, before the exclusions. */
export function knownKey(store: MemoryStore, room: KeyRoom, key: string): KnownKey | null {
  const mapped = room.mapped.get(key)
  if (mapped) {
    const { id, hash, batch } = mapped
    return { state: 'loaded', id, hash, run: store.batches.get(batch)?.run ?? '', batch }
  }
  const merged = room.merged.get(key)
  if (merged) return { state: 'merged', ...merged, run: store.batches.get(merged.batch)?.run ?? '' }
  const refused = room.quarantine.get(quarantineName(key, { part: null, ordinal: 0 }))
  if (refused && refused.resolvedBatch === null) {
    const { code, column, valueMasked, detail } = refused
    return { state: 'quarantined', code, column, valueMasked, detail }
  }
  const code = room.excluded.get(key)
  return code === undefined ? null : { state: 'excluded', code }
}

export async function* knownKeys(store: MemoryStore, room: KeyRoom): ReturnType<Ledger['knownKeys']> {
  const whole = [...room.quarantine.values()].filter(row => row.part === null).map(row => canonicalKey(row.key))
  const texts = [...new Set([...room.mapped.keys(), ...room.merged.keys(), ...whole, ...room.excluded.keys()])]
  for (let at = 0; at < texts.length; at += CHUNK) {
    yield texts.slice(at, at + CHUNK).flatMap(text => {
      const state = knownKey(store, room, text)?.state
      return state === undefined ? [] : [{ key: keyParts(text) ?? [text], state }]
    })
  }
}
