/** Negative, zero or positive as a is below, equal to or above b by code point: the order of their UTF-8 bytes, PostgreSQL's `COLLATE "C"`. */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    // Surrogates stand for code points above all others, but their units lie below U+E000.
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? swapSurrogates(x) - swapSurrogates(y) : x - y
  }
  return a.length - b.length
}

/** Surrogates after the rest of the units from U+D800 on. */
function swapSurrogates(unit: number): number {
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
