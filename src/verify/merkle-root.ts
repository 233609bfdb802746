import { createHash } from 'node:crypto'
import type { BatchDigest } from '../ledger/ledger.ts'

export interface RunDigests {
  /** `service/run`. */
  readonly run: string
  readonly batches: readonly BatchDigest[]
}

/**
 * One SHA-256 (hex) over everything: batches make their tenant’s hash, tenants their run’s, runs and files the root. Each level hashes `name hash` lines in the order of the names
 * (batches by number), so anybody can compute it again with `sha256sum`.
 */
export function merkleRoot(runs: readonly RunDigests[], files: readonly (readonly [name: string, hash: string])[]): string {
  const leaves = [
    ...runs.map(({ run, batches }) => [`run ${run}`, runHash(batches)] as const),
    ...files.map(([name, hash]) => [`file ${name}`, hash] as const),
  ]
  return hashLines(leaves)
}

function runHash(batches: readonly BatchDigest[]): string {
  const tenants = Map.groupBy(batches, batch => batch.tenant)
  return hashLines(
    [...tenants]
      .toSorted(([a], [b]) => a - b)
      .map(([tenant, own]) => [
        `tenant ${tenant}`,
        hashLines(own.toSorted((a, b) => Number(BigInt(a.batch) - BigInt(b.batch))).map(one => [`batch ${one.batch}`, one.digest])),
      ]),
  )
}

function hashLines(lines: readonly (readonly [name: string, hash: string])[]): string {
  const hash = createHash('sha256')
  for (const [name, digest] of lines) hash.update(`${name} ${digest}\n`)
  return hash.digest('hex')
}
