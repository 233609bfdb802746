import type { TupleWriter } from '../base/tuple-writer.ts'

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
const MAC = /^([0-9a-f]{2})([:-])([0-9a-f]{2})(?:\2([0-9a-f]{2}))+$/i
const MAC_PLAIN = /^(?:[0-9a-f]{6}[:-][0-9a-f]{6}|[0-9a-f]{4}(?:[.-][0-9a-f]{4}){2,3}|[0-9a-f]{12}|[0-9a-f]{16})$/i
const FAMILY = { 4: 2, 16: 3 } as const

/** Writes an inet or cidr field. False: not an address, or a cidr with bits right of its mask. */
export function writeInet(text: string, type: 'inet' | 'cidr', out: TupleWriter): boolean {
  const [address = '', mask, ...rest] = text.trim().split('/')
  const bytes = ipv4Bytes(address) ?? ipv6Bytes(address)
  if (!bytes || rest.length > 0 || (mask !== undefined && !/^\d{1,3}$/.test(mask))) return false
  const most = bytes.length * 8
  const bits = mask === undefined ? most : Number(mask)
  if (bits > most || (type === 'cidr' && hasBitsAfter(bytes, bits))) return false
  const family = FAMILY[bytes.length as 4 | 16]
  const field = Uint8Array.of(family, bits, type === 'cidr' ? 1 : 0, bytes.length, ...bytes)
  out.field(field, 0, field.length)
  return true
}

/** Whether any bit right of the mask is set. */
export function hasBitsAfter(bytes: Uint8Array | readonly number[], bits: number): boolean {
  return bytes.some((byte, i) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * i))
    return (byte & (0xff >> kept)) !== 0
  })
}

function ipv4Bytes(text: string): readonly number[] | null {
  const match = IPV4.exec(text)
  if (!match) return null
  const bytes = match.slice(1).map(Number)
  // A leading zero could mean octal.
  return bytes.every((byte, i) => byte < 256 && String(byte) === match[i + 1]) ? bytes : null
}

function ipv6Bytes(text: string): readonly number[] | null {
  const halves = text.split('::')
  if (halves.length > 2 || !text.includes(':')) return null
  const [head, tail] = halves.map(wordsOf)
  if (head === null || tail === null || head === undefined) return null
  if (tail === undefined) return head.length === 16 ? head : null
  const zeros = 16 - head.length - tail.length
  return zeros >= 2 ? [...head, ...new Array<number>(zeros).fill(0), ...tail] : null
}

/** Bytes of colon-separated words, the last of which may be an IPv4 address. */
function wordsOf(text: string): readonly number[] | null {
  if (text === '') return []
  const bytes: number[] = []
  const words = text.split(':')
  for (const [i, word] of words.entries()) {
    const four = i === words.length - 1 ? ipv4Bytes(word) : null
    if (four) bytes.push(...four)
    else if (/^[0-9a-f]{1,4}$/i.test(word)) bytes.push(Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 0xff)
    else return null
  }
  return bytes
}

/** Writes a macaddr (6 bytes) or macaddr8 (8 bytes; of 6 given ones the middle is filled with ff fe). False: not one. */
export function writeMac(text: string, length: 6 | 8, out: TupleWriter): boolean {
  const trimmed = text.trim()
  if (!MAC.test(trimmed) && !MAC_PLAIN.test(trimmed)) return false
  const bytes = Buffer.from(trimmed.replaceAll(/[:.-]/g, ''), 'hex')
  const field = length === 8 && bytes.length === 6 ? Buffer.concat([bytes.subarray(0, 3), Buffer.of(0xff, 0xfe), bytes.subarray(3)]) : bytes
  if (field.length !== length) return false
  out.field(field, 0, length)
  return true
}
