/** Sizes, times and shares as people write them. Each expects a text its form let through. */

const BYTES: Readonly<Record<string, number>> = { '': 1, k: 1024, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }
const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `32MB` → bytes, as PostgreSQL counts: 1 KB = 1024 bytes; without a unit bytes. */
export function readBytes(text: string): number {
  const [, digits, unit] = /^(\d+) ?(?:([kKMG]?)i?B)?$/.exec(text) ?? []
  return Number(digits) * (BYTES[unit ?? ''] ?? Number.NaN)
}

/** `500ms`, `30s`, `5m`, `1h` → milliseconds. */
export function readMilliseconds(text: string): number {
  const [, digits, unit] = /^(\d+) ?(ms|s|m|h)$/.exec(text) ?? []
  return Number(digits) * (MILLISECONDS[unit ?? ''] ?? Number.NaN)
}

/** `1%` and `0.01` → 0.01. */
export function readShare(text: string): number {
  return text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text)
}
