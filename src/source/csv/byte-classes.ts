/** What a byte means to the scanner. */
export const DATA = 0
export const DELIMITER = 1
export const LINE_FEED = 2
export const RETURN = 3
export const QUOTE = 4
export const NUL = 5
export const LF = 0x0a
export const CR = 0x0d
export const BLANK = 0x20
export const TAB = 0x09

/** A table from bytes to what they mean; negative bytes are none. */
export function byteClasses(of: readonly (readonly [number, number])[]): Uint8Array {
  const table = new Uint8Array(256)
  for (const [byte, kind] of of) if (byte >= 0) table[byte] = kind
  return table
}
