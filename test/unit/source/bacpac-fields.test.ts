import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RehouseError } from '../../../src/errors.ts'
import { formOf, rawFields, readFields } from '../../support/bacpac/read-fields.ts'

/** One value of a type, from bytes in hex. */
function read(type: string, hex: string): string | null {
  const [row, ...more] = readFields([formOf(type)], bytesOf(hex))
  assert.equal(more.length, 0, `${type} ${hex}: more than one row`)
  return row?.[0] ?? null
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}

/** Both forms of a type of one width: without a length where it cannot be NULL, with one where it can. */
function fixed(type: string, values: Readonly<Record<string, string>>): void {
  for (const [hex, text] of Object.entries(values)) {
    const bytes = bytesOf(hex)
    assert.equal(read(`${type}!`, hex), text, `${type} NOT NULL ${hex}`)
    assert.equal(read(type, Buffer.concat([Buffer.from([bytes.length]), bytes]).toString('hex')), text, `${type} ${hex}`)
  }
  assert.equal(read(type, 'ff'), null, `${type} NULL`)
}

function refusal(types: readonly string[], hex: string): RehouseError {
  try {
    readFields(
      types.map(type => formOf(type)),
      bytesOf(hex),
    )
  } catch (error) {
    assert.ok(error instanceof RehouseError, String(error))
    return error
  }
  throw new Error(`expected ${types.join()} ${hex} to be refused`)
}

const refused = (type: string, hex: string): string => {
  const { code, message } = refusal([type], hex)
  assert.equal(code, 'SOURCE_INVALID')
  return message
}

test('whole numbers are little-endian, tinyint has no sign', () => {
  fixed('tinyint', { '00': '0', '7f': '127', ff: '255' })
  fixed('smallint', { '0000': '0', ff7f: '32767', '0080': '-32768', ffff: '-1' })
  fixed('int', { '00000000': '0', ffffff7f: '2147483647', '00000080': '-2147483648' })
  fixed('bigint', { '0000000000000000': '0', ffffffffffffff7f: '9223372036854775807', '0000000000000080': '-9223372036854775808' })
})

test('a bit has a length even where it cannot be NULL', () => {
  assert.deepEqual([read('bit!', '0100'), read('bit!', '0101'), read('bit', '0101'), read('bit', 'ff')], ['f', 't', 't', null])
  assert.match(refused('bit!', '0102'), /^expected a bit of 0 or 1 in row 1, byte 1 of .*, got another byte$/)
  assert.match(refused('bit!', 'ff'), /got NULL in a column that has none$/)
})

test('floats keep their bits', () => {
  fixed('real', { '00000000': '0', '00000080': '-0', '0000803f': '1', ffff7f7f: '3.4028235e+38', '01000000': '1e-45' })
  fixed('float', {
    '0000000000000080': '-0',
    '000000000000f03f': '1',
    ffffffffffffef7f: '1.7976931348623157e+308',
    '0100000000000000': '5e-324',
  })
  assert.deepEqual(formOf('float(24)').kind, 'float4')
  assert.deepEqual(formOf('float(53)').kind, 'float8')
})

test('decimals of any precision and scale are exact', () => {
  const decimal = (type: string, [precision, scale, sign]: readonly number[], magnitude: bigint): string | null => {
    const bytes = Buffer.alloc(20)
    bytes.set([19, precision as number, scale as number, sign as number])
    bytes.writeBigUInt64LE(magnitude & 0xffff_ffff_ffff_ffffn, 4)
    bytes.writeBigUInt64LE(magnitude >> 64n, 12)
    const one = read(`${type}!`, bytes.toString('hex'))
    assert.equal(read(type, bytes.toString('hex')), one)
    return one
  }
  const nines = 10n ** 38n - 1n
  assert.equal(decimal('decimal(1,0)', [1, 0, 1], 0n), '0')
  assert.equal(decimal('decimal(5,2)', [5, 2, 0], 0n), '0.00')
  assert.equal(decimal('decimal(5,2)', [5, 2, 0], 12_345n), '-123.45')
  assert.equal(decimal('decimal(38,0)', [38, 0, 1], nines), '9'.repeat(38))
  assert.equal(decimal('decimal(38,38)', [38, 38, 0], nines), `-0.${'9'.repeat(38)}`)
  assert.equal(decimal('decimal(38,38)', [38, 38, 1], 1n), `0.${'0'.repeat(37)}1`)
  assert.equal(decimal('numeric(38,37)', [38, 37, 1], nines), `9.${'9'.repeat(37)}`)
  assert.equal(decimal('decimal(19,3)', [19, 3, 1], 9_007_199_254_740n), '9007199254.740')
  assert.equal(decimal('decimal(19,3)', [19, 3, 1], 9_007_199_254_741n), '9007199254.741')
  assert.equal(decimal('decimal(20,1)', [20, 1, 1], 10n ** 19n), '1000000000000000000.0')
  assert.equal(read('decimal(9,2)', 'ff'), null)
  assert.match(refused('decimal(9,2)', `13 09 03 01 ${'00'.repeat(16)}`), /expected a decimal of 2 digits behind the point/)
  assert.match(refused('decimal(9,2)', `13 09 02 02 ${'00'.repeat(16)}`), /expected a decimal of 2 digits/)
  assert.match(refused('decimal(38,0)', `13 26 00 01 ${'ff'.repeat(16)}`), /expected a decimal of up to 38 digits/)
})

test('every magnitude is written as the digits it has', () => {
  for (let scale = 0; scale <= 38; scale++)
    for (let digits = 1; digits <= 38; digits++) {
      const magnitude = BigInt('1234567890'.repeat(4).slice(0, digits))
      const bytes = Buffer.alloc(20)
      bytes.set([19, 38, scale, 1])
      bytes.writeBigUInt64LE(magnitude & 0xffff_ffff_ffff_ffffn, 4)
      bytes.writeBigUInt64LE(magnitude >> 64n, 12)
      const padded = String(magnitude).padStart(scale + 1, '0')
      const text = scale === 0 ? padded : `${padded.slice(0, -scale)}.${padded.slice(-scale)}`
      assert.equal(read(`decimal(38,${scale})!`, bytes.toString('hex')), text)
    }
})

test('money has its high word first and four digits', () => {
  fixed('money', {
    '00000000 00000000': '0.0000',
    '00000000 01000000': '0.0001',
    'ffffffff ffffffff': '-0.0001',
    'ffffff7f ffffffff': '922337203685477.5807',
    '00000080 00000000': '-922337203685477.5808',
    'feffffff 00000000': '-858993.4592',
  })
  fixed('smallmoney', { '00000000': '0.0000', ffffff7f: '214748.3647', '00000080': '-214748.3648' })
})

test('dates reach from the year 1 to 9999, and nothing further', () => {
  fixed('date', { '000000': '0001-01-01', dab937: '9999-12-31', '07240b': '2000-01-01', '6e280b': '2003-02-01' })
  assert.match(refused('date!', 'dbb937'), /^expected a date up to 9999-12-31 in row 1, byte 0 of/)
})

test('a datetime counts 1/300 s, each with its own milliseconds', () => {
  fixed('datetime', {
    '00000000 00000000': '1900-01-01 00:00:00',
    '00000000 01000000': '1900-01-01 00:00:00.003',
    '00000000 02000000': '1900-01-01 00:00:00.007',
    '00000000 03000000': '1900-01-01 00:00:00.01',
    '462effff 00000000': '1753-01-01 00:00:00',
    '7f242d00 ff818b01': '9999-12-31 23:59:59.997',
    '13930000 f177bb00': '2003-02-01 11:22:33.123',
  })
  const texts = new Set(
    Array.from({ length: 300 }, (_, i) =>
      read(
        'datetime!',
        `00000000${i
          .toString(16)
          .padStart(4, '0')
          .replace(/(..)(..)/, '$2$1')}0000`,
      ),
    ),
  )
  assert.equal(texts.size, 300)
  assert.match(refused('datetime!', '00000000 00828b01'), /expected a time of day/)
  assert.match(refused('datetime!', '452effff 00000000'), /expected a datetime of the years 1753 to 9999/)
})

test('a smalldatetime counts minutes', () => {
  fixed('smalldatetime', { '00000000': '1900-01-01 00:00:00', 'ffff 9f05': '2079-06-06 23:59:00', '1393ab02': '2003-02-01 11:23:00' })
  assert.match(refused('smalldatetime!', '0000a005'), /expected a time of day/)
})

test('times come in 100 ns whatever their digits; seven digits have a type of their own', () => {
  fixed('time(0)', { '0000000000': '00:00:00', '80e2e3595f': '11:22:33' })
  fixed('time(6)', { f6bf692ac9: '23:59:59.999999', '0a00000000': '00:00:00.000001' })
  fixed('time(7)', { ffbf692ac9: '23:59:59.9999999', '0100000000': '00:00:00.0000001' })
  fixed('datetime2(3)', { '0000000000 000000': '0001-01-01 00:00:00', '80e2e3595f 6e280b': '2003-02-01 11:22:33' })
  fixed('datetime2(7)', { 'ffbf692ac9 dab937': '9999-12-31 23:59:59.9999999', '07b9f6595f 6e280b': '2003-02-01 11:22:33.1234567' })
  assert.deepEqual([formOf('time(6)').type.text, formOf('time(7)').type.text], ['time(6) without time zone', 'sqlserver.time(7)'])
  assert.deepEqual(
    [formOf('datetime2(0)').type.text, formOf('datetime2(7)').type.text],
    ['timestamp(0) without time zone', 'sqlserver.datetime2(7)'],
  )
  assert.match(refused('time(7)!', '00c0692ac9'), /expected a time of day/)
  assert.match(refused('datetime2(6)!', '0100000000 000000'), /expected a time of 6 digits/)
})

test('a datetimeoffset is an instant in UTC with the offset it was written by', () => {
  fixed('datetimeoffset(7)', {
    '070ff12336 6e280b 2701': '2003-02-01 11:22:33.1234567+04:55',
    '0000000000 6e280b b8fc': '2003-01-31 10:00:00-14',
    '0000000000 6e280b 4803': '2003-02-01 14:00:00+14',
    '0000000000 6e280b 0000': '2003-02-01 00:00:00+00',
  })
  assert.match(refused('datetimeoffset(7)!', '0000000000 6e280b 4903'), /expected an offset of up to 14 hours/)
})

test('a uniqueidentifier has its first three groups turned round, and a length always', () => {
  const hex = '10 78563412 cdab 12ef 1234 fedcba987654'
  assert.equal(read('uniqueidentifier!', hex), '12345678-abcd-ef12-1234-fedcba987654')
  assert.equal(read('uniqueidentifier', hex), '12345678-abcd-ef12-1234-fedcba987654')
  assert.equal(read('uniqueidentifier', 'ff'), null)
  assert.match(refused('uniqueidentifier', `0f${'00'.repeat(15)}`), /expected a value of 16 bytes .* got one that claims 15/)
})

test('texts are UTF-16, with a length of 2, 4 or 8 bytes; only a char that cannot be NULL has none', () => {
  const utf16 = (text: string): string => Buffer.from(text, 'utf16le').toString('hex')
  assert.equal(read('char(4)!', utf16('Añ  ')), 'Añ  ')
  assert.equal(read('char(4)', `0800${utf16('Añ  ')}`), 'Añ  ')
  for (const type of ['nchar(4)', 'nchar(4)!', 'varchar(4)', 'varchar(4)!', 'nvarchar(4)', 'nvarchar(4)!', 'sysname!']) {
    assert.equal(read(type, `0800${utf16('a€😀')}`), 'a€😀', type)
    assert.equal(read(type, '0000'), '', type)
  }
  for (const type of ['text', 'text!', 'ntext']) assert.equal(read(type, `04000000${utf16('ab')}`), 'ab', type)
  for (const type of ['varchar(max)', 'nvarchar(max)!', 'xml', 'xml!'])
    assert.equal(read(type, `0400000000000000${utf16('ab')}`), 'ab', type)
  assert.deepEqual(
    [read('char(4)', 'ffff'), read('nvarchar(4)', 'ffff'), read('text', 'ffffffff'), read('xml', 'ff'.repeat(8))],
    [null, null, null, null],
  )
  assert.deepEqual(
    ['char(4)', 'nchar(4)', 'varchar(4)', 'sysname', 'text', 'nvarchar(max)', 'xml'].map(type => formOf(type).type.text),
    ['character(4)', 'character(4)', 'character varying(4)', 'character varying(128)', 'text', 'text', 'xml'],
  )
  assert.match(refused('varchar(4)', `0a00${utf16('abcde')}`), /expected a value of at most 8 bytes .* got one that claims 10/)
  assert.match(refused('nvarchar(4)', '0300610062'), /expected text of whole UTF-16 units/)
})

test('no text is altered: NUL and half surrogate pairs are delivered as they are, for the server to refuse', () => {
  const raw = (units: readonly number[]): string | undefined => {
    const text = Buffer.from(Uint16Array.from(units).buffer)
    const length = Buffer.alloc(8)
    length.writeUInt32LE(text.length)
    return rawFields([formOf('nvarchar(max)')], Buffer.concat([length, text]))[0]?.[0]?.toString('hex')
  }
  const filler = Array.from({ length: 100 }, () => 0x61)
  const fillerHex = '61'.repeat(100)
  for (const [units, hex] of [
    [[0x61, 0, 0x62], '610062'],
    [[0xd800], 'eda080'],
    [[0xdc00, 0xd800], 'edb080eda080'],
    [[0xd83d, 0xde00, 0xd83d], 'f09f9880eda0bd'],
    [[0x7f, 0x80, 0x7ff, 0x800, 0xffff], '7fc280dfbfe0a080efbfbf'],
  ] as const) {
    assert.equal(raw(units), hex)
    assert.equal(raw([...filler, ...units]), fillerHex + hex)
  }
})

test('bytes are delivered as they are', () => {
  for (const type of ['binary(4)', 'binary(4)!', 'varbinary(4)', 'varbinary(4)!'])
    assert.equal(read(type, '0400 00ff1234'), '\\x00ff1234', type)
  assert.equal(read('varbinary(4)', '0000'), '\\x')
  assert.equal(read('varbinary(max)!', '0200000000000000 00ff'), '\\x00ff')
  assert.equal(read('image', '02000000 00ff'), '\\x00ff')
  for (const type of ['rowversion', 'rowversion!', 'timestamp!'])
    assert.equal(read(type, '0800 00000000000007db'), '\\x00000000000007db', type)
  for (const type of ['sys.hierarchyid', 'sys.geography', 'sys.geometry!', 'hierarchyid!'])
    assert.equal(read(type, '0300000000000000 5b5f08'), '\\x5b5f08', type)
  assert.equal(read('sys.hierarchyid', '0000000000000000'), '\\x')
  assert.equal(read('sys.geography', 'ff'.repeat(8)), null)
  assert.match(refused('binary(4)', '0500 0011223344'), /expected a value of at most 4 bytes .* got one that claims 5/)
})

test('a sql_variant is delivered as text of the type it holds; no length is its NULL', () => {
  const variant = (hex: string): string | null => {
    const bytes = bytesOf(hex)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    return read('sql_variant', Buffer.concat([length, bytes]).toString('hex'))
  }
  assert.equal(read('sql_variant', '00000000'), null)
  assert.equal(read('sql_variant', 'ffffffff'), null)
  assert.equal(variant('3800 01000000'), '1')
  assert.equal(variant('3000 ff'), '255')
  assert.equal(variant('3400 0080'), '-32768')
  assert.equal(variant('7f00 0000000000000080'), '-9223372036854775808')
  assert.equal(variant('3200 01'), 't')
  assert.equal(variant('3e00 000000000000f83f'), '1.5')
  assert.equal(variant('3b00 0000c03f'), '1.5')
  assert.equal(variant('3c00 ffffffff ffffffff'), '-0.0001')
  assert.equal(variant('7a00 10270000'), '1.0000')
  assert.equal(variant('2400 78563412cdab12ef1234fedcba987654'), '12345678-abcd-ef12-1234-fedcba987654')
  assert.equal(variant('2800 6e280b'), '2003-02-01')
  assert.equal(variant('3d00 13930000 f177bb00'), '2003-02-01 11:22:33.123')
  assert.equal(variant('3a00 1393ab02'), '2003-02-01 11:23:00')
  assert.equal(variant('2901 00 010000'), '00:00:01')
  assert.equal(variant('2901 03 01000000'), '00:00:00.001')
  assert.equal(variant('2901 07 ffbf692ac9'), '23:59:59.9999999')
  assert.equal(variant('2a01 07 07b9f6595f 6e280b'), '2003-02-01 11:22:33.1234567')
  assert.equal(variant('2b01 07 070ff12336 6e280b 2701'), '2003-02-01 11:22:33.1234567+04:55')
  assert.equal(variant('6a02 0902 01 39300000'), '123.45')
  assert.equal(variant(`6c02 2600 00 ${'ffffffff3f228a097ac4865aa84c3b4b'}`), `-${'9'.repeat(38)}`)
  assert.equal(variant('a502 4000 00ff'), '\\x00ff')
  assert.equal(variant('ad02 0200 00ff'), '\\x00ff')
  assert.equal(variant('a707 0904d00034 1a00 414243'), 'ABC')
  assert.equal(variant('af07 0904d00034 1a00 41e980'), 'Aé€')
  assert.equal(variant('a707 1904100000 1a00 c6'), 'Ж')
  assert.equal(variant('a707 0904100400 1a00 c3a9'), 'é')
  assert.equal(variant('e707 0904d00034 1a00 41002030'), 'A‰'.replace('‰', '\u3020'))
  assert.equal(variant('ef07 0904d00034 1a00 4100'), 'A')
  for (const hex of ['ff00 00', '3800 010000', '3801 00 01000000', 'a707 0904d0001e 1a00 e9', '2901 08 0000000000', '38']) {
    const bytes = bytesOf(hex)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    assert.match(refused('sql_variant', Buffer.concat([length, bytes]).toString('hex')), /^expected /, hex)
  }
  assert.match(refused('sql_variant!', '00000000'), /NULL in a column that has none/)
})

test('a length that cannot be is refused before anything is made of it, naming row, byte and data file', () => {
  const { message, where } = refusal(['int!', 'varbinary(max)'], `01000000 ${'ff'.repeat(8)} 02000000 ffffffffffffff7f`)
  assert.equal(
    message,
    'expected a value of at most 2147483647 bytes in row 2, byte 16 of Data/dbo.t/TableData-000-00000.BCP, got one that claims 9223372036854776000',
  )
  assert.deepEqual(where, { file: 'file.bacpac', table: 'dbo.t' })
  assert.match(
    refused('varbinary(max)', 'ffffff7f00000000 00'),
    /expected 2147483655 more bytes in row 1, byte 0 .* got a data file that ends after 9$/,
  )
  assert.match(refused('int!', '010000'), /expected 4 more bytes in row 1, byte 0 .* ends after 3$/)
})

test('rows are the same in whatever pieces they come', () => {
  const forms = ['int!', 'nvarchar(20)', 'datetime', 'varbinary(max)', 'bit!'].map(type => formOf(type))
  const row = bytesOf('05000000 0600610062006300 08 13930000f177bb00 0300000000000000 00ff12 0101 06000000 ffff ff ffffffffffffffff 0100')
  const bytes = Buffer.concat(Array.from({ length: 20 }, () => row))
  const whole = readFields(forms, bytes)
  assert.equal(whole.length, 40)
  assert.deepEqual(whole.slice(0, 2), [
    ['5', 'abc', '2003-02-01 11:22:33.123', '\\x00ff12', 't'],
    ['6', null, null, null, 'f'],
  ])
  for (const pieceBytes of [1, 2, 3, 7, 16, 61]) assert.deepEqual(readFields(forms, bytes, { pieceBytes }), whole)
})

test('columns are delivered in any order, several times or not at all', () => {
  const forms = ['int!', 'nvarchar(20)', 'bit!'].map(type => formOf(type))
  const bytes = bytesOf('05000000 02006100 0101 06000000 ffff 0100')
  assert.deepEqual(readFields(forms, bytes, { wanted: [2, 0, 1] }), [
    ['t', '5', 'a'],
    ['f', '6', null],
  ])
  assert.deepEqual(readFields(forms, bytes, { wanted: [0, 2] }), [
    ['5', 't'],
    ['6', 'f'],
  ])
  assert.deepEqual(readFields(forms, bytes, { wanted: [1, 1, 0, 1] }), [
    ['a', 'a', '5', 'a'],
    [null, null, '6', null],
  ])
  assert.deepEqual(readFields(forms, bytes, { wanted: [] }), [[], []])
})

test('a user-defined type is the type under it', () => {
  const plain = { length: null, precision: null, scale: null, isMax: false }
  const types = new Map([
    ['[dbo].[Name]', { ...plain, name: '[nvarchar]', length: 50 }],
    ['[dbo].[Flag]', { ...plain, name: '[bit]' }],
  ])
  assert.equal(formOf('dbo.Name', '', types).type.text, 'character varying(50)')
  assert.equal(formOf('dbo.Flag!', '', types).prefix, 1)
  assert.throws(() => formOf('dbo.Other', '', types))
})
