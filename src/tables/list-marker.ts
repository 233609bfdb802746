import { createHash } from 'node:crypto'
import { compareCodePoints } from '../base/code-point-order.ts'
import type { Constant } from '../model/catalogue.ts'

/** Tells whether a list says the same (SHA-256, hex). Rows in any order have the same marker. */
export function listMarker(rows: readonly (readonly Constant[])[]): string {
  const texts = rows.map(row => JSON.stringify(row.map(({ text }) => text))).toSorted(compareCodePoints)
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text}\n`)
  return hash.digest('hex')
}
