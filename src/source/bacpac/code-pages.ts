/** Which encoding the bytes of a collation are in (MS-TDS 2.2.5.1.2): by its sort id where it is one of SQL Server’s own (`SQL_…`), otherwise by its language. */

const UTF8_FLAG = 1 << 26
const LANGUAGE = 0xffff

/** First and last sort id with an encoding. 437 and 850 are in no standard library. */
const BY_SORT_ID: readonly (readonly [first: number, last: number, encoding: string | null])[] = [
  [30, 49, null],
  [50, 54, 'windows-1252'],
  [55, 61, null],
  [71, 75, 'windows-1252'],
  [80, 98, 'windows-1250'],
  [104, 108, 'windows-1251'],
  [112, 124, 'windows-1253'],
  [128, 130, 'windows-1254'],
  [136, 138, 'windows-1255'],
  [144, 146, 'windows-1256'],
  [152, 160, 'windows-1257'],
  [183, 186, 'windows-1252'],
]

const BY_LANGUAGE: readonly (readonly [encoding: string, languages: readonly number[]])[] = [
  ['windows-1250', [0x0405, 0x040e, 0x0415, 0x0418, 0x041a, 0x041b, 0x041c, 0x0424, 0x081a, 0x104e]],
  ['windows-1251', [0x0402, 0x0419, 0x0422, 0x0423, 0x042f, 0x0c1a, 0x201a, 0x043f, 0x0440, 0x0444, 0x0450, 0x046d, 0x0485]],
  ['windows-1253', [0x0408]],
  ['windows-1254', [0x041f, 0x042c, 0x0443]],
  ['windows-1255', [0x040d]],
  ['windows-1256', [0x0401, 0x0420, 0x0429, 0x0480]],
  ['windows-1257', [0x0425, 0x0426, 0x0427]],
  ['windows-1258', [0x042a]],
  ['windows-874', [0x041e]],
  ['shift_jis', [0x0411]],
  ['gbk', [0x0804]],
  ['euc-kr', [0x0412]],
  ['big5', [0x0404, 0x0c04, 0x1404]],
  [
    'windows-1252',
    [
      0x0403, 0x0406, 0x0407, 0x0409, 0x040a, 0x040b, 0x040c, 0x040f, 0x0410, 0x0413, 0x0414, 0x0416, 0x0417, 0x041d, 0x0c0a, 0x0816,
      0x0809,
    ],
  ],
]

const LANGUAGES: ReadonlyMap<number, string> = new Map(BY_LANGUAGE.flatMap(([encoding, languages]) => languages.map(id => [id, encoding])))

/** Null: not one that can be read here. */
export function codePageOf(info: number, sortId: number): string | null {
  if ((info & UTF8_FLAG) !== 0) return 'utf-8'
  if (sortId !== 0) return BY_SORT_ID.find(([first, last]) => sortId >= first && sortId <= last)?.[2] ?? null
  return LANGUAGES.get(info & LANGUAGE) ?? null
}
