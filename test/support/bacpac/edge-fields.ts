import type { FieldValue } from './database-description.ts'

/** A type and values at the edges of what it holds, each as the decoder prints it (canonical). */
export interface EdgeFields {
  readonly type: string
  readonly values: readonly Exclude<FieldValue, null>[]
}

const days = [
  '0001-01-01',
  '1582-10-15',
  '1899-12-31',
  '1900-02-28',
  '1900-03-01',
  '1970-01-01',
  '2000-01-01',
  '2000-02-29',
  '2024-02-29',
  '9999-12-31',
]
const texts = [
  '',
  ' ',
  'a',
  'it’s "quoted"; \\N \\.',
  'Ærøskøbing',
  'Łódź 王 Ελλάς',
  '🎻🔥',
  'tab\tline\r\nend',
  '\u0001\u007f\u0085',
  ' padded ',
  '\uffff\ufffd\ufeff',
]
const binaries = [Buffer.of(), Buffer.of(0), Buffer.of(255), Buffer.from('fffe0001', 'hex'), Buffer.from('00'.repeat(300), 'hex')]
const fraction = (digits: string, scale: number): string => (scale === 0 ? '' : `.${digits.repeat(7).slice(0, scale)}`)
const SCALES = [0, 1, 2, 3, 4, 5, 6, 7]

const times = (scale: number): readonly string[] => [
  `00:00:00${fraction('0', scale)}`,
  `00:00:00${fraction('0', scale).replace(/0$/, '1')}`,
  `12:34:56${fraction('5', scale)}`,
  `23:59:59${fraction('9', scale)}`,
]
const moments = (scale: number): readonly string[] => days.flatMap(day => [times(scale)[0], times(scale)[3]].map(time => `${day} ${time}`))
const offsets = (scale: number): readonly string[] => [
  `0001-01-02 00:00:00${fraction('0', scale)} +00:00`,
  `0001-01-01 14:00:00${fraction('0', scale)} +14:00`,
  `9999-12-31 09:59:59${fraction('9', scale)} -14:00`,
  `2024-03-10 02:30:00${fraction('1', scale)} -05:00`,
  `2024-02-29 23:59:59${fraction('9', scale)} +05:45`,
  `1999-12-31 23:59:59${fraction('9', scale)} -00:01`,
]
const decimals = (precision: number, scale: number): readonly string[] => {
  const point = (digits: string): string => (scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`)
  const all = point('9'.repeat(precision)).replace(/^\./, '0.')
  const one = point('1'.padStart(scale + 1, '0'))
  return [point('0'.repeat(scale + 1)), one, `-${one}`, all, `-${all}`]
}

/** Every type the writer knows. */
export const EDGE_FIELDS: readonly EdgeFields[] = [
  { type: 'bit', values: [0n, 1n] },
  { type: 'tinyint', values: [0n, 1n, 127n, 128n, 255n] },
  { type: 'smallint', values: [0n, -1n, 32_767n, -32_768n, 255n, 256n] },
  { type: 'int', values: [0n, -1n, 2_147_483_647n, -2_147_483_648n, 65_536n] },
  { type: 'bigint', values: [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -(2n ** 53n) - 1n, 4_294_967_296n] },
  ...[
    [1, 0],
    [4, 2],
    [9, 4],
    [18, 18],
    [19, 0],
    [28, 7],
    [38, 0],
    [38, 38],
    [38, 10],
  ].map(([precision = 0, scale = 0]) => ({ type: `decimal(${precision},${scale})`, values: decimals(precision, scale) })),
  { type: 'numeric(12,4)', values: decimals(12, 4) },
  {
    type: 'money',
    values: [
      '0.0000',
      '0.0001',
      '-0.0001',
      '922337203685477.5807',
      '-922337203685477.5808',
      '429496.7295',
      '429496.7296',
      '-429496.7296',
      '1059.3100',
    ],
  },
  { type: 'smallmoney', values: ['0.0000', '0.0001', '-0.0001', '214748.3647', '-214748.3648'] },
  {
    type: 'real',
    values: ['0', '1', '-1', '0.5', '3.4028234663852886e+38', '-3.4028234663852886e+38', '1.401298464324817e-45', '1.1754943508222875e-38'],
  },
  {
    type: 'float',
    values: [
      '0',
      '0.1',
      '-1.5',
      '1.7976931348623157e+308',
      '-1.7976931348623157e+308',
      '5e-324',
      '2.2250738585072014e-308',
      '9007199254740993'.replace('3', '2'),
    ],
  },
  { type: 'float(24)', values: ['0.25'] },
  { type: 'date', values: days },
  ...SCALES.map(scale => ({ type: `time(${scale})`, values: times(scale) })),
  ...SCALES.map(scale => ({ type: `datetime2(${scale})`, values: moments(scale) })),
  ...SCALES.map(scale => ({ type: `datetimeoffset(${scale})`, values: offsets(scale) })),
  { type: 'smalldatetime', values: ['1900-01-01 00:00:00', '2079-06-06 23:59:00', '2024-02-29 12:34:00'] },
  {
    type: 'datetime',
    values: [
      '1753-01-01 00:00:00.000',
      '1899-12-31 23:59:59.997',
      '1900-01-01 00:00:00.003',
      '1900-01-01 00:00:00.007',
      '2024-02-29 12:34:56.787',
      '9999-12-31 23:59:59.997',
    ],
  },
  { type: 'char(7)', values: ['       ', 'abc    ', '1234567', 'Łódź   '] },
  { type: 'char(1)', values: [' ', 'Y'] },
  { type: 'nchar(3)', values: ['   ', '王  ', '🎻 '] },
  { type: 'varchar(60)', values: texts },
  { type: 'varchar(8000)', values: ['x'.repeat(8000)] },
  { type: 'nvarchar(60)', values: texts },
  { type: 'nvarchar(4000)', values: ['王'.repeat(4000)] },
  { type: 'varchar(max)', values: [...texts, 'long '.repeat(20_000)] },
  { type: 'nvarchar(max)', values: [...texts, '🎻'.repeat(40_000)] },
  { type: 'text', values: [...texts, 'long '.repeat(1000)] },
  { type: 'ntext', values: texts },
  { type: 'sysname', values: ['dbo', 'x'.repeat(128)] },
  { type: 'binary(4)', values: [Buffer.from('00000000', 'hex'), Buffer.from('ffffffff', 'hex')] },
  { type: 'varbinary(300)', values: binaries },
  { type: 'varbinary(max)', values: [...binaries, Buffer.alloc(100_000, 0xff)] },
  { type: 'image', values: binaries },
  { type: 'rowversion', values: [Buffer.from('00000000000007d1', 'hex'), Buffer.alloc(8, 255)] },
  {
    type: 'uniqueidentifier',
    values: ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '00112233-4455-6677-8899-aabbccddeeff'],
  },
  { type: 'xml', values: ['', '<a b="c">1 &lt; 2</a>', '<?xml-stylesheet href="x"?><r xmlns="urn:x"><c>王🎻</c></r>'] },
  { type: 'hierarchyid', values: [Buffer.of(), Buffer.from('5b5f08', 'hex')] },
  { type: 'geography', values: [Buffer.from('e6100000010c8716d9cef7d34740d7a3703d0a975ec0', 'hex')] },
  { type: 'geometry', values: [Buffer.from('00000000010c000000000000f03f0000000000000040', 'hex')] },
]

/** Apart from the rest: what a reader makes of a sql_variant is its own business. */
export const EDGE_VARIANTS: EdgeFields = {
  type: 'sql_variant',
  values: [
    { type: 'int', value: -1n },
    { type: 'bigint', value: 2n ** 63n - 1n },
    { type: 'bit', value: 1n },
    { type: 'varchar', value: 'ABC' },
    { type: 'nvarchar', value: '王' },
    { type: 'decimal(9,4)', value: '-12.3400' },
    { type: 'money', value: '12.5000' },
    { type: 'float', value: '0.1' },
    { type: 'uniqueidentifier', value: '00112233-4455-6677-8899-aabbccddeeff' },
    { type: 'datetime', value: '2024-02-29 12:34:56.787' },
    { type: 'time(3)', value: '23:59:59.999' },
    { type: 'datetime2(0)', value: '9999-12-31 23:59:59' },
    { type: 'datetimeoffset(7)', value: '2024-02-29 23:59:59.1234567 +05:45' },
    { type: 'varbinary', value: Buffer.from('ff00', 'hex') },
  ],
}

/** The decoder's text of a value given in canonical form. */
export function textOfField(value: FieldValue): string | null {
  if (value === null) return null
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`
  if (typeof value === 'object') return `${value.type.replace(/\(.*/, '')}:${textOfField(value.value)}`
  return String(value)
}
