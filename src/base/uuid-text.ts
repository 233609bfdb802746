const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const UUID_BYTES = 16

/** The 16 bytes at `at` as lower-case text with hyphens. */
export function uuidText(buf: Uint8Array, at: number): string {
  let text = ''
  for (let i = 0; i < UUID_BYTES; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-'
    text += HEX[buf[at + i] ?? 0]
  }
  return text
}

/** The 16 bytes of a UUID written with hyphens, in either case; null where the text is none. */
export function uuidBytes(text: string): Buffer | null {
  return SHAPE.test(text) ? Buffer.from(text.replaceAll('-', ''), 'hex') : null
}
