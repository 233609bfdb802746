/** Texts of another encoding than UTF-8. Only encodings of one byte for a character, whose tables everybody agrees on: of the others a few characters differ from maker to maker. */

/** Bytes in, UTF-8 out. */
export type Transcode = (bytes: Buffer) => Buffer

/** PostgreSQL’s names, without their punctuation, and the table that has them. ISO 8859 has control characters where Windows has letters. */
const TABLES: Readonly<Record<string, { readonly label: string; readonly hasControls: boolean }>> = {
  LATIN1: { label: 'latin1', hasControls: true },
  LATIN2: { label: 'iso-8859-2', hasControls: true },
  LATIN3: { label: 'iso-8859-3', hasControls: true },
  LATIN4: { label: 'iso-8859-4', hasControls: true },
  LATIN5: { label: 'windows-1254', hasControls: true },
  LATIN6: { label: 'iso-8859-10', hasControls: true },
  LATIN7: { label: 'iso-8859-13', hasControls: true },
  LATIN8: { label: 'iso-8859-14', hasControls: true },
  LATIN9: { label: 'iso-8859-15', hasControls: true },
  LATIN10: { label: 'iso-8859-16', hasControls: true },
  ISO88595: { label: 'iso-8859-5', hasControls: true },
  ISO88596: { label: 'iso-8859-6', hasControls: true },
  ISO88597: { label: 'iso-8859-7', hasControls: true },
  ISO88598: { label: 'iso-8859-8', hasControls: true },
  WIN1250: { label: 'windows-1250', hasControls: false },
  WIN1251: { label: 'windows-1251', hasControls: false },
  WIN1252: { label: 'windows-1252', hasControls: false },
  WIN1253: { label: 'windows-1253', hasControls: false },
  WIN1254: { label: 'windows-1254', hasControls: false },
  WIN1255: { label: 'windows-1255', hasControls: false },
  WIN1256: { label: 'windows-1256', hasControls: false },
  WIN1257: { label: 'windows-1257', hasControls: false },
  WIN1258: { label: 'windows-1258', hasControls: false },
  WIN866: { label: 'ibm866', hasControls: false },
  WIN874: { label: 'windows-874', hasControls: false },
  KOI8R: { label: 'koi8-r', hasControls: false },
}
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ISO88591: 'LATIN1',
  ISO88592: 'LATIN2',
  ISO88599: 'LATIN5',
  ISO885915: 'LATIN9',
  WINDOWS1250: 'WIN1250',
  WINDOWS1251: 'WIN1251',
  WINDOWS1252: 'WIN1252',
  WIN: 'WIN1251',
  ALT: 'WIN866',
  KOI8: 'KOI8R',
}
/** Texts in no encoding are taken for UTF-8, and refused where they are not. */
const UTF8 = new Set(['UTF8', 'UNICODE', 'SQLASCII'])

/** Null: the text is UTF-8 already; undefined: no such encoding is known here. */
export function transcoderOf(name: string): Transcode | null | undefined {
  const plain = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
  if (UTF8.has(plain)) return null
  const table = TABLES[OTHER_NAMES[plain] ?? plain]
  return table === undefined ? undefined : transcoder(charactersOf(table))
}

/** What each byte stands for in UTF-8; a byte that stands for nothing becomes one that is no UTF-8, which whoever reads the text refuses. */
function charactersOf({ label, hasControls }: { readonly label: string; readonly hasControls: boolean }): readonly Buffer[] {
  const decoder = new TextDecoder(label)
  return Array.from({ length: 256 }, (_, byte) => {
    if (byte < 0x80 || (hasControls && byte < 0xa0)) return Buffer.from(String.fromCharCode(byte))
    const character = decoder.decode(Uint8Array.of(byte))
    const code = character.charCodeAt(0)
    return character === '\ufffd' || (code >= 0x80 && code < 0xa0) ? Buffer.of(0xff) : Buffer.from(character)
  })
}

function transcoder(table: readonly Buffer[]): Transcode {
  return bytes => {
    const out = Buffer.allocUnsafeSlow(bytes.length * 3)
    let at = 0
    for (const byte of bytes) {
      if (byte < 0x80) out[at++] = byte
      else for (const part of table[byte] as Buffer) out[at++] = part
    }
    return out.subarray(0, at)
  }
}
