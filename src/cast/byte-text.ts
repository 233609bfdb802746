/** Text of values that are strings of bytes or bits, as PostgreSQL prints them. */

/** bytea with `bytea_output = hex`. */
export function bytesText(data: Buffer, start: number, length: number): string {
  return `\\x${data.toString('hex', start, start + length)}`
}

/** bit and varbit: an int32 count of bits, then the bits from the left. */
export function bitsText(data: Buffer, start: number): string {
  const count = data.readInt32BE(start)
  let text = ''
  for (let i = 0; i < count; i++) text += ((data[start + 4 + (i >> 3)] as number) >> (7 - (i & 7))) & 1
  return text
}

export function uuidText(data: Buffer, start: number): string {
  const hex = data.toString('hex', start, start + 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** "char": one byte; one outside ASCII is shown in octal (PostgreSQL 16 and later), zero as nothing. */
export function charText(data: Buffer, start: number): string {
  const byte = data[start] as number
  if (byte === 0) return ''
  return byte < 128 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
}

export function lsnText(data: Buffer, start: number): string {
  const part = (at: number): string => data.readUInt32BE(at).toString(16).toUpperCase()
  return `${part(start)}/${part(start + 4)}`
}

/** money as a whole number of its smallest unit. */
export function moneyUnits(data: Buffer, start: number): string {
  return String(data.readBigInt64BE(start))
}

/** hstore: pairs of quoted texts. */
export function hstoreText(data: Buffer, start: number): string {
  const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`
  return hstorePairs(data, start)
    .map(([key, value]) => `${quote(key)}=>${value === null ? 'NULL' : quote(value)}`)
    .join(', ')
}

/** The pairs of an hstore in the order its server sends them. */
export function hstorePairs(data: Buffer, start: number): readonly (readonly [string, string | null])[] {
  const pairs: [string, string | null][] = []
  let at = start + 4
  const next = (): string | null => {
    const length = data.readInt32BE(at)
    at += 4 + Math.max(0, length)
    return length < 0 ? null : data.toString('utf8', at - length, at)
  }
  for (let i = 0; i < data.readInt32BE(start); i++) pairs.push([next() ?? '', next()])
  return pairs
}
