/** Writes a quoted field, `bytes[start … end]`, without the second of each two quotes into `out`; the length written. `out` must have room for all. */
export function unescapeInto(
  bytes: Uint8Array,
  field: { readonly start: number; readonly end: number; readonly quote: number },
  out: Uint8Array,
): number {
  const { start, end, quote } = field
  let to = 0
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number
    out[to++] = byte
    // The scanner lets quotes through in pairs only.
    if (byte === quote) i++
  }
  return to
}

/** The same in a buffer of its own. */
export function unescaped(bytes: Uint8Array, quote: number): Buffer {
  const out = Buffer.allocUnsafe(bytes.length)
  return out.subarray(0, unescapeInto(bytes, { start: 0, end: bytes.length, quote }, out))
}
