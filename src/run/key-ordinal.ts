import type { KeyIndex } from '../base/key-index.ts'

/** The ordinal of a canonical key text in an index of such keys, added as unseen if need be. */
export function keyOrdinal(index: KeyIndex, key: string, isInteger: boolean): number {
  if (!isInteger) return index.addText(key)
  const value = BigInt(key)
  return index.add(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)))
}
