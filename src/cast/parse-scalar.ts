import type { TupleWriter } from '../base/tuple-writer.ts'

/** Text of small scalar types, read as PostgreSQL’s input functions read it. Each returns false, with nothing written, for text that is not of the type. */
export type ScalarParser = (text: string, out: TupleWriter) => boolean

const UUID = /^\{?([0-9a-f]{4}-?){7}[0-9a-f]{4}\}?$/i
const LSN = /^\s*([0-9a-f]{1,8})\/([0-9a-f]{1,8})\s*$/i
const TRUE = Uint8Array.of(1)
const FALSE = Uint8Array.of(0)

export const writeBool: ScalarParser = (text, out) => {
  const value = boolOf(text.trim().toLowerCase())
  if (value === null) return false
  out.field(value ? TRUE : FALSE, 0, 1)
  return true
}

function boolOf(word: string): boolean | null {
  if (word === '') return null
  if (word === '1' || word === 'on' || 'true'.startsWith(word) || 'yes'.startsWith(word)) return true
  if (word === '0' || (word.length > 1 && 'off'.startsWith(word)) || 'false'.startsWith(word) || 'no'.startsWith(word)) return false
  return null
}

export const writeUuid: ScalarParser = (text, out) => {
  if (!UUID.test(text) || text.startsWith('{') !== text.endsWith('}')) return false
  const bytes = Buffer.from(text.replaceAll(/[{}-]/g, ''), 'hex')
  out.field(bytes, 0, 16)
  return true
}

export const writeLsn: ScalarParser = (text, out) => {
  const match = LSN.exec(text)
  if (!match) return false
  const bytes = Buffer.from(
    match
      .slice(1)
      .map(part => part.padStart(8, '0'))
      .join(''),
    'hex',
  )
  out.field(bytes, 0, 8)
  return true
}

/** bytea: `\x` and hex, or the escape format (`\\`, `\ooo`). */
export const writeBytea: ScalarParser = (text, out) => {
  const bytes = text.startsWith('\\x') ? hexBytes(text.slice(2)) : escapedBytes(text)
  if (!bytes) return false
  out.field(bytes, 0, bytes.length)
  return true
}

/** Blanks may stand between the bytes. */
function hexBytes(text: string): Buffer | null {
  const parts = text.split(/\s+/)
  if (parts.some(part => part.length % 2 !== 0)) return null
  const digits = parts.join('')
  const bytes = Buffer.from(digits, 'hex')
  return bytes.length === digits.length / 2 ? bytes : null
}

function escapedBytes(text: string): Buffer | null {
  const given = Buffer.from(text)
  const bytes: number[] = []
  for (let i = 0; i < given.length; i++) {
    if (given[i] !== 0x5c) bytes.push(given[i] as number)
    else if (given[i + 1] === 0x5c) bytes.push(given[++i] as number)
    else {
      const octal = given.toString('latin1', i + 1, i + 4)
      if (!/^[0-3][0-7]{2}$/.test(octal)) return null
      bytes.push(Number.parseInt(octal, 8))
      i += 3
    }
  }
  return Buffer.from(bytes)
}

/** bit and varbit: zeros and ones. */
export const writeBits: ScalarParser = (text, out) => {
  const digits = /^b/i.test(text) ? text.slice(1) : text
  if (!/^[01]*$/.test(digits)) return false
  const bytes = Buffer.alloc(4 + Math.ceil(digits.length / 8))
  bytes.writeInt32BE(digits.length)
  for (let i = 0; i < digits.length; i++) if (digits[i] === '1') bytes[4 + (i >> 3)] = (bytes[4 + (i >> 3)] as number) | (0x80 >> (i & 7))
  out.field(bytes, 0, bytes.length)
  return true
}
