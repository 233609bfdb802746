import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { tenantUuid } from '../../../src/cast/identifiers.ts'
import { buildTenants } from '../../../src/config/build-tenants.ts'
import { parseCsv } from '../../../src/config/csv-text.ts'
import { readTenants, SINGLE_TENANT, tenantsFromCsv } from '../../../src/config/read-tenants.ts'
import { tenantId } from '../../../src/config/tenant-id.ts'
import { RehouseError } from '../../../src/errors.ts'
import type { TenantColumns } from '../../../src/model/mapping.ts'
import { errorOf, workFolder, write } from './support.ts'

const folder = workFolder()
const COLUMNS: TenantColumns = { key: 'code', id: 'id', name: 'name', zone: 'zone' }
const AT = { file: 'rehouse.yaml', line: 3, column: 5 }
const csv = (text: string, columns = COLUMNS) => tenantsFromCsv(text, 'tenants.csv', columns)
const fields = (text: string) => parseCsv(text, 'x.csv').map(({ fields: list }) => list)

test('reads CSV as RFC 4180 has it: quotes, doubled quotes, line ends inside, CRLF, a byte order mark', () => {
  assert.deepEqual(fields('\ufeffa,b\r\n"x, ""y""","two\r\nlines"\r\n,\n"",z'), [
    ['a', 'b'],
    ['x, "y"', 'two\r\nlines'],
    ['', ''],
    ['', 'z'],
  ])
  assert.deepEqual(
    parseCsv('a\n\n"1\n2"\n\nb\n', 'x').map(({ line }) => line),
    [1, 3, 6],
  )
  assert.deepEqual([fields(''), fields('\n\r\n'), fields('a')], [[], [], [['a']]])
})

test('whatever fields are written as CSV are read again', () => {
  const field = fc.string({ unit: 'grapheme' }).filter(text => !text.includes('\0'))
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
  fc.assert(
    fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 }), fc.constantFrom('\n', '\r\n'), (rows, end) => {
      assert.deepEqual(fields(rows.map(row => row.map(quoted).join(',') + end).join('')), rows)
    }),
  )
})

test('what is not CSV is refused with file, line and column, never showing a value', () => {
  for (const [text, line, column] of [
    ['a,b\n"hunter2', 2, 1],
    ['a,b\nx,hun"ter2', 2, 6],
    ['a\n"hunter2"x', 2, 10],
    ['a\rhunter2', 1, 2],
    ['a\n"hun\nter2\0"', 3, 5],
    ['a\nhunter2\0', 2, 8],
  ] as const) {
    const error = errorOf('TENANT_INVALID', () => fields(text))
    assert.deepEqual(error.where, { file: 'x.csv', line, column }, JSON.stringify(text))
    assert.ok(!error.message.includes('hunter2'))
  }
})

test('any text at all gives tenants or TENANT_INVALID', () => {
  const parts = fc
    .array(fc.constantFrom('code', 'id', 'zone', ',', '\n', '"', '\r\n', ' ', 'a', '\0', ';', 'Europe/Berlin'), { maxLength: 40 })
    .map(list => list.join(''))
  fc.assert(
    fc.property(fc.oneof(parts, fc.string({ unit: 'binary' })), text => {
      try {
        csv(text)
      } catch (error) {
        assert.ok(error instanceof RehouseError && error.code === 'TENANT_INVALID', String(error))
      }
    }),
  )
})

test('reads tenants with code, id, name, zone and every other column', () => {
  assert.deepEqual(
    csv(
      'code,id,name,zone,DatabaseName\r\n north ,6F1C0F2E-3D5B-4F0A-9A53-0D7C3C0A1E11,"North, high",America/New_York,d1\r\nsouth,,,,d2\r\n',
    ),
    [
      {
        code: 'north',
        id: '6f1c0f2e-3d5b-4f0a-9a53-0d7c3c0a1e11',
        name: 'North, high',
        zone: 'America/New_York',
        columns: {
          code: ' north ',
          id: '6F1C0F2E-3D5B-4F0A-9A53-0D7C3C0A1E11',
          name: 'North, high',
          zone: 'America/New_York',
          DatabaseName: 'd1',
        },
      },
      { code: 'south', id: tenantId('south'), name: 'south', zone: null, columns: { code: 'south', DatabaseName: 'd2' } },
    ],
  )
})

test('a tenant without id has version 5 of its code, the same everywhere', () => {
  // As another implementation of RFC 9562 computes it.
  assert.equal(tenantId('north'), 'ba1e08db-426e-5de7-ba0e-fbbbad95372d')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), code => {
      assert.equal(tenantId(code).replaceAll('-', ''), tenantUuid(code).toString('hex'))
    }),
  )
})

test('id, name and zone may be absent under these names; a column the manifest names must be there', () => {
  assert.deepEqual(csv('code\nnorth\n')[0]?.zone, null)
  assert.deepEqual(csv('Code,tz\nnorth,UTC\n', { key: 'Code', id: null, name: null, zone: 'tz' })[0]?.zone, 'UTC')
  assert.deepEqual(csv('code,tz\nnorth,\n', { ...COLUMNS, zone: 'tz' })[0]?.zone, null)
  const error = errorOf('TENANT_INVALID', () => csv('code,TimeZone\nnorth,UTC\n', { ...COLUMNS, zone: 'Timezon' }))
  assert.match(error.message, /`Timezon`.*did you mean `TimeZone`/)
  errorOf('TENANT_INVALID', () => csv('Code\nnorth\n'))
})

test('an id the manifest says to make from the code is made, whatever the column id holds', () => {
  assert.equal(csv('code,id\nnorth,17\n', { ...COLUMNS, id: null })[0]?.id, tenantId('north'))
})

test('a wrong tenant is refused with its row', () => {
  for (const [text, says, line] of [
    ['code,zone\nnorth,UTC\n ,UTC\n', /expected a code in `code` of tenant 2, got nothing/, 3],
    ['code\nnorth\nsouth\n north\n', /each code once, got that of tenant 1 again for tenant 3/, 4],
    ['code,id\nnorth,17\n', /a UUID/, 2],
    ['code,id\nnorth,00000000-0000-0000-0000-000000000000\n', /a UUID/, 2],
    ['code,id\na,6f1c0f2e-3d5b-4f0a-9a53-0d7c3c0a1e11\nb,6F1C0F2E-3D5B-4F0A-9A53-0D7C3C0A1E11\n', /each id once/, 3],
    ['code,zone\nnorth,America/New_Yrok\n', /did you mean America\/New_York/, 2],
    ['code,zone\nnorth,+01:00\n', /an IANA time zone/, 2],
    ['code,zone\nnorth,Eastern Standard Time\n', /an IANA time zone/, 2],
    ['code,zone\nnorth\n', /2 fields as in the header, got 1/, 2],
    ['code,name\n"a\u0007b",x\n', /without control characters/, 2],
  ] as const) {
    const error = errorOf('TENANT_INVALID', () => csv(text))
    assert.match(error.message, says)
    assert.deepEqual([error.where.file, error.where.line], ['tenants.csv', line])
  }
})

test('a header that is empty, doubled or divided by semicolons is refused', () => {
  for (const text of ['', 'code\n', 'code,code\na,b\n', 'code,\na,b\n', 'code;zone\na;b\n']) errorOf('TENANT_INVALID', () => csv(text))
})

test('tenants of a relation are built from its rows', () => {
  const where = { file: 'rehouse.yaml', line: 4 }
  const rows = [{ columns: { Code: 'a   ', TimeZone: 'Europe/Paris', Id: '17' }, where }]
  const list = {
    rows,
    known: ['Code', 'TimeZone', 'Id', 'Name'],
    columns: { key: 'Code', id: null, name: 'Name', zone: 'TimeZone' },
    where,
  }
  assert.deepEqual(buildTenants(list), [{ code: 'a', id: tenantId('a'), name: 'a', zone: 'Europe/Paris', columns: rows[0]?.columns }])
  errorOf('TENANT_INVALID', () => buildTenants({ ...list, rows: [] }))
  const many = Array.from({ length: 65_536 }, (_, i) => ({ columns: { Code: `t${i}` }, where }))
  errorOf('TENANT_INVALID', () => buildTenants({ ...list, rows: many }))
})

test('tenants are read from the manifest, from a CSV file beside it, or are one', () => {
  assert.deepEqual(readTenants({ kind: 'single' }, folder), [SINGLE_TENANT])
  assert.deepEqual(
    readTenants(
      {
        kind: 'list',
        rows: [
          { code: 'a', zone: 'UTC' },
          { code: 'b', name: 'B' },
        ],
        at: AT,
      },
      folder,
    ).map(({ code, name, zone }) => [code, name, zone]),
    [
      ['a', 'a', 'UTC'],
      ['b', 'B', null],
    ],
  )
  const listed = errorOf('TENANT_INVALID', () => readTenants({ kind: 'list', rows: [{ code: 'a' }, { name: 'B' }], at: AT }, folder))
  assert.deepEqual([listed.where.line, /tenant 2/.test(listed.message)], [3, true])
  write(folder, 'tenants.csv', 'code\nnorth\n')
  const file = (name: string) => readTenants({ kind: 'csv', file: name, columns: COLUMNS, at: AT }, folder)
  assert.deepEqual(
    file('tenants.csv').map(({ code }) => code),
    ['north'],
  )
  assert.equal(errorOf('CONFIG_MISSING', () => file('nothing.csv')).where.line, 3)
  write(folder, 'latin.csv', Buffer.from('code\né\n', 'latin1'))
  errorOf('TENANT_INVALID', () => file('latin.csv'))
  errorOf('TENANT_INVALID', () => file('.'))
})
