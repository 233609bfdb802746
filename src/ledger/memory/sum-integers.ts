import type { IntegerSum, Ledger } from '../ledger.ts'
import type { MemoryStore } from './memory-store.ts'

/** Sums over a range of the id map. */
export function sumIntegers(
  store: MemoryStore,
  { entity, tenant, task }: Parameters<Ledger['sumIntegers']>[0],
  { least, most }: Parameters<Ledger['sumIntegers']>[1],
): IntegerSum {
  const mapped = [...store.room({ entity, tenant }).mapped].filter(([key, { format }]) => {
    const value = format === 'integer' ? BigInt(key) : null
    return value !== null && value >= least && value <= most
  })
  const hashes = mapped.map(([, { hash }]) => BigInt(hash))
  return {
    rows: mapped.length,
    sum: hashes.reduce((sum, hash) => sum + hash, 0n),
    xor: hashes.reduce((xor, hash) => BigInt.asIntN(64, xor ^ hash), 0n),
    ofTask: mapped.filter(([, { batch }]) => store.batches.get(batch)?.task.id === task).length,
  }
}
