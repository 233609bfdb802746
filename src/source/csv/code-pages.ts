import type { EncodingName } from './encodings.ts'

/** windows-1252 from 0x80 to 0x9f; 0 = no character. The runtime's own decoder gives control characters for those. */
const WINDOWS_1252 = [
  0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019,
  0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
]

const tables = new Map<EncodingName, readonly (Uint8Array | null)[]>()

/** UTF-8 of each byte of an encoding with one byte per character; null = the encoding has no character there. */
export function singleByteTable(encoding: EncodingName): readonly (Uint8Array | null)[] {
  const known = tables.get(encoding)
  if (known !== undefined) return known
  const characterOf = encoding === 'windows-1252' ? windows1252 : encoding === 'iso-8859-1' ? latin1 : decoded(encoding)
  const table = Array.from({ length: 256 }, (_, byte) => {
    const character = characterOf(byte)
    return character === null ? null : new TextEncoder().encode(character)
  })
  tables.set(encoding, table)
  return table
}

type CharacterOf = (byte: number) => string | null

const latin1: CharacterOf = byte => String.fromCharCode(byte)

const windows1252: CharacterOf = byte => {
  const code = byte >= 0x80 && byte < 0xa0 ? (WINDOWS_1252[byte - 0x80] ?? 0) : byte
  return code === 0 && byte !== 0 ? null : String.fromCharCode(code)
}

/** A byte decoded to a C1 control character in a Windows code page is one that has no meaning there. */
function decoded(encoding: EncodingName): CharacterOf {
  const decoder = new TextDecoder(encoding)
  const hasControls = encoding.startsWith('iso-')
  return byte => {
    const character = decoder.decode(Uint8Array.of(byte))
    const code = character.codePointAt(0) ?? 0xfffd
    const isAbsent = code === 0xfffd || (!hasControls && code >= 0x80 && code < 0xa0)
    return isAbsent ? null : character
  }
}
