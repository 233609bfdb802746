import { didYouMean } from '../../base/did-you-mean.ts'

export const ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1253',
  'windows-1254',
  'windows-1257',
  'iso-8859-1',
  'iso-8859-2',
  'iso-8859-5',
  'iso-8859-7',
  'iso-8859-15',
  'koi8-r',
  'ibm866',
] as const
export type EncodingName = (typeof ENCODINGS)[number]

const OTHER_NAMES: Readonly<Record<string, EncodingName>> = {
  utf8: 'utf-8',
  utf16le: 'utf-16le',
  utf16be: 'utf-16be',
  cp1250: 'windows-1250',
  cp1251: 'windows-1251',
  cp1252: 'windows-1252',
  cp1253: 'windows-1253',
  cp1254: 'windows-1254',
  cp1257: 'windows-1257',
  ansi: 'windows-1252',
  latin1: 'iso-8859-1',
  latin2: 'iso-8859-2',
  latin9: 'iso-8859-15',
  cp866: 'ibm866',
}

/** The encoding a person named. Throws RangeError saying what was expected. */
export function encodingNamed(text: string): EncodingName {
  const name = text.trim().toLowerCase()
  const found = ENCODINGS.find(known => known === name) ?? OTHER_NAMES[name.replaceAll(/[-_]/g, '')]
  if (found !== undefined) return found
  throw new RangeError(`expected one of ${ENCODINGS.join(', ')} as encoding, got ${JSON.stringify(text)}${didYouMean(name, ENCODINGS)}`)
}

/** How long characters of decoded UTF-8 text were in the file. */
export interface SourceUnit {
  /** Bytes of the file that `data[from … to]`, whole characters, was. */
  bytesOf(data: Uint8Array, from: number, to: number): number
}

const SAME: SourceUnit = { bytesOf: (_data, from, to) => to - from }
const SINGLE: SourceUnit = { bytesOf: countCharacters }
const PAIRS: SourceUnit = { bytesOf: (data, from, to) => 2 * (countCharacters(data, from, to) + countAstral(data, from, to)) }

export function sourceUnit(encoding: EncodingName): SourceUnit {
  if (encoding === 'utf-8') return SAME
  return encoding === 'utf-16le' || encoding === 'utf-16be' ? PAIRS : SINGLE
}

function countCharacters(data: Uint8Array, from: number, to: number): number {
  let count = 0
  for (let i = from; i < to; i++) if (((data[i] as number) & 0xc0) !== 0x80) count++
  return count
}

function countAstral(data: Uint8Array, from: number, to: number): number {
  let count = 0
  for (let i = from; i < to; i++) if ((data[i] as number) >= 0xf0) count++
  return count
}

/** The encoding a byte order mark says, and its length; null = none stands there. */
export function byteOrderMark(head: Uint8Array): { readonly encoding: EncodingName; readonly length: number } | null {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', length: 3 }
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', length: 2 }
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', length: 2 }
  return null
}
