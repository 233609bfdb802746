import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Code, RehouseError } from '../../../../src/errors.ts'
import { newCsvFolder, readRelation, type TestFolder } from '../../../support/csv-folder.ts'

function folderOf(t: TestContext, files: Readonly<Record<string, string>>): TestFolder {
  const folder = newCsvFolder({ after: work => t.after(work) })
  for (const [name, content] of Object.entries(files)) folder.write(name, content)
  return folder
}

const isError =
  (code: Code, message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof RehouseError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, message)
    return true
  }

const DECLARATION = `
files:
  schools.csv:
    delimiter: ";"
    header: no
    encoding: windows-1252
    columns:
      id: int8
      name: varchar(20)
      opened: date
    key: id
    unique: [[name]]
  people.csv:
    null: ["", "-"]
    columns:
      id: int2
      school: { type: int8, references: schools.id }
      grade: numeric(4,2)
      other: inferred
    key: [id]
    references:
      - { columns: [school], to: schools }
`

const PEOPLE = 'id,school,grade,other,more\n1,7,1.5,2020-01-01,-\n2,-,12.25,,x\n'
const SCHOOLS = '7;Höhe;2020-01-01\n8;x;\n'

test('a declaration in the folder says types, keys, NULLs, references and the form of each file', async t => {
  const folder = folderOf(t, { 'people.csv': PEOPLE, 'rehouse.columns.yaml': DECLARATION })
  folder.write('schools.csv', Buffer.from(SCHOOLS, 'latin1'))
  const people = await readRelation(folder.open(), 'people')
  assert.deepEqual(people.types, ['smallint', 'bigint', 'numeric(4,2)', 'date', 'text'])
  assert.deepEqual(people.rows, [
    ['1', '7', '1.50', '2020-01-01', null],
    ['2', null, '12.25', null, 'x'],
  ])
  assert.deepEqual(people.relation.primaryKey, ['id'])
  assert.deepEqual(
    people.relation.foreignKeys.map(key => [
      key.columns,
      key.referencedSchema,
      key.referencedTable,
      key.referencedColumns,
      key.isValidated,
    ]),
    [
      [['school'], 'csv', 'schools', ['id'], false],
      [['school'], 'csv', 'schools', ['id'], false],
    ],
  )
  const schools = await readRelation(folder.open(), 'schools')
  assert.deepEqual(schools.types, ['bigint', 'character varying(20)', 'date'])
  assert.deepEqual(schools.rows, [
    ['7', 'Höhe', '2020-01-01'],
    ['8', 'x', null],
  ])
  assert.deepEqual(
    schools.relation.uniqueKeys.map(key => [key.columns, key.isPrimary]),
    [
      [['id'], true],
      [['name'], false],
    ],
  )
  assert.deepEqual(
    schools.relation.columns.map(column => column.isNullable),
    [false, true, true],
  )
})

test('a declared unique key may be NULL, in several rows, but not double', async t => {
  const read = (rows: string): Promise<unknown> => {
    const folder = folderOf(t, { 'a.csv': `k,v\n${rows}` })
    folder.write('rehouse.columns.json', '{"files":{"a":{"key":"k","unique":[["v"]]}}}')
    return readRelation(folder.open())
  }
  await read('1,\n2,\n3,x\n')
  await assert.rejects(read('1,x\n2,\n3,x\n'), /each key \(v\) once.*record 4.*\(record 2, line 2, byte 6\)/)
})

const MISFITS: Readonly<Record<string, readonly string[]>> = {
  int2: ['40000', 'x', '1.5', ''],
  'numeric(4,2)': ['1.234', '123.4', 'x'],
  'varchar(3)': ['abcd'],
  'timestamp(0)': ['2020-01-01 00:00:00.5', '2020-01-01 00:00:00Z'],
  timestamptz: ['2020-01-01 00:00:00'],
  date: ['2020-01-01 10:00', '03/04/2020'],
  uuid: ['x'],
  bool: ['maybe'],
  json: ['{'],
}

test('a value its declared type cannot hold without loss is refused with its place and column, never shown', async t => {
  for (const [type, values] of Object.entries(MISFITS))
    for (const value of values) {
      const folder = folderOf(t, { 'a.csv': `k,v\n1,\n2,"${value.replaceAll('"', '""')}"\n` })
      folder.write('rehouse.columns.json', JSON.stringify({ files: { a: { columns: { v: type } } } }))
      await assert.rejects(readRelation(folder.open()), error => {
        assert.ok(error instanceof RehouseError, `${type} ${value}`)
        assert.equal(error.code, 'SOURCE_INVALID')
        assert.match(error.message, /in column v, .*\(record 3, line 3, byte 10\)$/)
        assert.equal(error.where.column, 'v')
        assert.equal(error.where.file, 'csv:export/a.csv')
        return true
      })
    }
})

test('a declared type takes every spelling PostgreSQL takes', async t => {
  const values = {
    int4: ' +007 ',
    numeric: '1e3',
    bool: 'yes',
    date: '20200102',
    uuid: '{3F2504E04F8911D39A0C0305E82C3301}',
    bytea: '\\x00ff',
    interval: '1 day',
    jsonb: '{"a":1}',
    text: ' x ',
  }
  const names = Object.keys(values)
  const folder = folderOf(t, {
    'a.csv': `${names.map((_, i) => `c${i}`).join('|')}\n${Object.values(values)
      .map(value => `"${value.replaceAll('"', '""')}"`)
      .join('|')}\n`,
  })
  folder.write(
    'rehouse.columns.json',
    JSON.stringify({ files: { a: { delimiter: '|', columns: Object.fromEntries(names.map((type, i) => [`c${i}`, type])) } } }),
  )
  assert.deepEqual((await readRelation(folder.open())).rows, [
    ['7', '1000', 't', '2020-01-02', '3f2504e0-4f89-11d3-9a0c-0305e82c3301', '\\x00ff', '1 day', '{"a": 1}', ' x '],
  ])
})

const WRONG: readonly (readonly [string, RegExp, Code?])[] = [
  ['files: {a.csv: {delimeter: ";"}}', /delimeter.*did you mean delimiter/],
  ['file: {}', /did you mean files/],
  ['files: {a.csv: {columns: {k: in4}}}', /PostgreSQL type/],
  ['files: {a.csv: {columns: {k: {tpye: int4}}}}', /did you mean type/],
  ['files: {a.csv: {columns: {kk: int4}, header: yes}}', /declared column kk in the header, got none; did you mean k/],
  ['files: {a.csv: {key: kk}}', /column of a.csv in its key, got kk/],
  ['files: {b.csv: {key: k}}', /a file of the folder, got "b.csv"/],
  ['files: {a.csv: {references: [{columns: k, to: b}]}}', /a reference to a file of the folder, got b/],
  ['files: {a.csv: {references: [{columns: k, to: a, key: z}]}}', /a column of a.csv in a reference, got z/],
  ['files: {a.csv: {header: maybe}}', /yes or no as header/],
  ['files: {a.csv: {encoding: utf-9}}', /as encoding, got "utf-9"; did you mean utf-8/],
  ['files: [a]', /names with values/],
  ['files: {a.csv: {delimiter: ",,"}}', /one ASCII character/],
  ['files: {a.csv: {columns: {K: text, V: text}}}', /declared column K in the header, got none; did you mean k/],
  ['files: {a.csv: {columns: {x: text, y: text}}}', /could be a header of other names/, 'SOURCE_INVALID'],
  ['a: b: c', /YAML/, 'MANIFEST_UNREADABLE'],
]

test('a declaration that says something that cannot be is refused with file and line', async t => {
  for (const [text, message, code = 'MANIFEST_INVALID'] of WRONG) {
    const folder = folderOf(t, { 'a.csv': 'k,v\n1,x\n', 'rehouse.columns.yaml': text })
    await assert.rejects(readRelation(folder.open()), isError(code, message), text)
  }
})

test('a declaration the address names holds for many folders, and may know more files than one has', async t => {
  const folder = folderOf(t, { 'a/x.csv': 'k,v\n1,007\n', 'all.yaml': 'files: {x: {columns: {v: int4}}, y: {key: z}}' })
  assert.deepEqual((await readRelation(folder.open({ schema: '../all.yaml' }, 'a'))).types, ['integer', 'integer'])
  assert.deepEqual((await readRelation(folder.open({}, 'a'))).types, ['integer', 'text'])
  await assert.rejects(readRelation(folder.open({ schema: 'none.yaml' }, 'a')), isError('MANIFEST_UNREADABLE', /can be read/))
})

test('options of the address are refused where they are not known or cannot be', t => {
  const folder = folderOf(t, {})
  for (const [options, message] of [
    [{ delimeter: ';' }, /"delimeter"; did you mean delimiter/],
    [{ delimiter: 'ab' }, /one ASCII character/],
    [{ delimiter: '"' }, /one ASCII character/],
    [{ quote: '|', delimiter: '|' }, /as quote|differ/],
    [{ header: '1' }, /yes or no/],
    [{ types: 'texts' }, /text or inferred/],
    [{ tolerate: 'blank_line' }, /did you mean blank_lines/],
    [{ record_limit: '2GB' }, /record_limit/],
    [{ constructor: 'x' }, /"constructor"/],
  ] as const)
    assert.throws(() => folder.open(options), isError('MANIFEST_INVALID', message))
})
