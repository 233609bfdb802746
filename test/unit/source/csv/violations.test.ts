import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RehouseError } from '../../../../src/errors.ts'
import { newCsvFolder, readRelation } from '../../../support/csv-folder.ts'

interface Broken {
  readonly what: string
  readonly text: string | Buffer
  readonly options?: Readonly<Record<string, string>>
  /** What the message says: what was expected, and record, line and byte. */
  readonly says: RegExp
  /** 0-based byte where a person finds it. */
  readonly record: number
  readonly line: number
  readonly byte: number
}

const NUL = '\0'
const HEAD = 'a,b\n1,x\n'

const BROKEN: readonly Broken[] = [
  { what: 'a record with too few fields', text: `${HEAD}2\n3,y\n`, says: /expected 2 fields, got 1/, record: 3, line: 3, byte: 8 },
  { what: 'a record with too many fields', text: `${HEAD}2,y,z\n`, says: /expected 2 fields, got 3/, record: 3, line: 3, byte: 8 },
  { what: 'a quote inside a field that is not quoted', text: `${HEAD}2,5" pipe\n`, says: /no quote inside/, record: 3, line: 3, byte: 11 },
  { what: 'text after a closing quote', text: `${HEAD}2,"y"z\n`, says: /after a closing quote/, record: 3, line: 3, byte: 13 },
  { what: 'a blank before a quote', text: `${HEAD}2, "y"\n`, says: /no quote inside/, record: 3, line: 3, byte: 11 },
  { what: 'a blank after a quote', text: `${HEAD}2,"y" ,\n`, says: /after a closing quote/, record: 3, line: 3, byte: 13 },
  {
    what: 'a quote that is never closed',
    text: `${HEAD}2,"y\n3,z\n`,
    says: /expected a closing quote before the end/,
    record: 3,
    line: 3,
    byte: 10,
  },
  { what: 'a NUL byte', text: `${HEAD}2,y${NUL}z\n`, says: /got a NUL byte/, record: 3, line: 3, byte: 11 },
  {
    what: 'a NUL byte in quotes, lines into the record',
    text: `${HEAD}2,"y\n\n${NUL}z"\n`,
    says: /got a NUL byte/,
    record: 3,
    line: 5,
    byte: 14,
  },
  { what: 'a blank line before a record', text: `${HEAD}\n2,y\n`, says: /blank lines at the end/, record: 3, line: 3, byte: 8 },
  { what: 'a header in the middle', text: `${HEAD}a,b\n2,y\n`, says: /the header once/, record: 3, line: 3, byte: 8 },
  { what: 'a byte order mark in the middle', text: `${HEAD}\ufeffa,b\n2,y\n`, says: /byte order mark/, record: 3, line: 3, byte: 8 },
  {
    what: 'a carriage return in a field that is not quoted',
    text: `${HEAD}2,y\rz\n`,
    says: /carriage return/,
    record: 3,
    line: 3,
    byte: 11,
  },
  {
    what: 'a delimiter at the end of some records',
    text: 'a,b\n1,x,\n2,y\n',
    says: /expected 2 fields, got 3/,
    record: 2,
    line: 2,
    byte: 4,
  },
  {
    what: 'a delimiter missing at the end of a record',
    text: `a,b,\n${'1,x,\n'.repeat(2000)}2,y\n`,
    says: /expected 2 fields and a delimiter at the end, got 2/,
    record: 2002,
    line: 2002,
    byte: 10_005,
  },
  {
    what: 'a field after the delimiter at the end',
    text: `a,b,\n${'1,x,\n'.repeat(2000)}2,y,z\n`,
    says: /nothing after the last delimiter/,
    record: 2002,
    line: 2002,
    byte: 10_005,
  },
  {
    what: 'a place after letters of several bytes',
    text: `\ufeffa,b\r\n1,äöü\r\n2\r\n`,
    says: /expected 2 fields, got 1/,
    record: 3,
    line: 3,
    byte: 18,
  },
  {
    what: 'a place in windows-1252',
    text: Buffer.from('a,b\n1,\xe4\xf6\xfc\n2,"x\ny"z\n', 'latin1'),
    options: { encoding: 'windows-1252' },
    says: /after a closing quote/,
    record: 3,
    line: 4,
    byte: 17,
  },
  {
    what: 'a place in UTF-16',
    text: Buffer.from('\ufeffa,b\n1,ä😀\n2\n', 'utf16le'),
    says: /expected 2 fields, got 1/,
    record: 3,
    line: 3,
    byte: 22,
  },
]

for (const { what, text, options, says, record, line, byte } of BROKEN)
  test(`refuses ${what}, naming file, record, line and byte`, async t => {
    const folder = newCsvFolder({ after: work => t.after(work) })
    folder.write('people.csv', text)
    await assert.rejects(readRelation(folder.open(options)), error => {
      assert.ok(error instanceof RehouseError, String(error))
      assert.equal(error.code, 'SOURCE_INVALID', error.message)
      assert.match(error.message, says)
      assert.ok(error.message.endsWith(`(record ${record}, line ${line}, byte ${byte})`), error.message)
      assert.equal(error.where.file, 'csv:export/people.csv')
      assert.equal(error.where.line, line)
      return true
    })
  })

interface Passed {
  readonly what: string
  readonly text: string
  readonly options?: Readonly<Record<string, string>>
  readonly rows: readonly (readonly (string | null)[])[]
}

const XY = [
  ['1', 'x'],
  ['2', 'y'],
]

const PASSED: readonly Passed[] = [
  { what: 'blank lines at the end', text: 'a,b\n1,x\n2,y\n\n\r\n\n', rows: XY },
  { what: 'no line end at the end', text: 'a,b\n1,x\n2,y', rows: XY },
  {
    what: 'an empty last field without a line end',
    text: 'a,b\n1,x\n2,',
    rows: [
      ['1', 'x'],
      ['2', null],
    ],
  },
  { what: 'line ends of both kinds', text: 'a,b\r\n1,x\n2,y\r\n', rows: XY },
  { what: 'line ends of CR alone', text: 'a,b\r1,x\r2,y\r', rows: XY },
  { what: 'a delimiter at the end of every record, the header’s too', text: 'a,b,\n1,x,\n2,y,\n', rows: XY },
  { what: 'a delimiter at the end of every record but the header', text: 'a,b\n1,x,\n2,y,\n', rows: XY },
  { what: 'quoted delimiters, quotes and line ends', text: 'a,b\n1,"x,""y""\r\nz"\n', rows: [['1', 'x,"y"\r\nz']] },
  { what: 'blanks around fields and quotes where that was said', text: 'a, b\n1 , "x" \n 2,y \n', options: { trim: 'yes' }, rows: XY },
  {
    what: 'quotes as letters where that was said',
    text: 'a,b\n1,"x\n2,5" pipe\n',
    options: { quote: 'none' },
    rows: [
      ['1', '"x'],
      ['2', '5" pipe'],
    ],
  },
  { what: 'blank lines where that was said', text: 'a,b\n\n1,x\n\n2,y\n', options: { tolerate: 'blank_lines' }, rows: XY },
  { what: 'repeated headers where that was said', text: 'a,b\n1,x\na,b\n2,y\n', options: { tolerate: 'repeated_header' }, rows: XY },
  {
    what: 'files that were joined, byte order marks and all, where that was said',
    text: '\ufeffa,b\n1,x\n\ufeffa,b\n2,y\n',
    options: { tolerate: 'repeated_header' },
    rows: XY,
  },
  {
    what: 'short records where that was said',
    text: 'a,b,c\n1,x\n2\n',
    options: { tolerate: 'short_rows' },
    rows: [
      ['1', 'x', null],
      ['2', null, null],
    ],
  },
  { what: 'a blank line of a file with one column, which is a NULL', text: 'a\n1\n\n2\n', rows: [['1'], [null], ['2']] },
  { what: 'Excel’s line that names the delimiter', text: 'sep=;\r\na;b\r\n1;x\r\n2;y\r\n', rows: XY },
  { what: 'a byte order mark inside of a value', text: 'a,b\n1,\ufeffx\n', rows: [['1', '\ufeffx']] },
]

for (const { what, text, options, rows } of PASSED)
  test(`reads ${what}`, async t => {
    const folder = newCsvFolder({ after: work => t.after(work) })
    folder.write('people.csv', text)
    assert.deepEqual((await readRelation(folder.open(options))).rows, rows)
  })
