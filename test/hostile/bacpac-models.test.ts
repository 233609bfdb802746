import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RehouseError } from '../../src/errors.ts'
import type { DatabaseDescription, FieldRow } from '../support/bacpac/database-description.ts'
import { readBacpacSource, type SourceTable } from '../support/bacpac/read-source.ts'
import { writeBacpac } from '../support/bacpac/write-bacpac.ts'

/** Models nobody's SQL Server wrote, with a checksum that is right: an error with a sentence or the rows as they are, soon and in bounded memory. */
const FOLDER = mkdtempSync(join(tmpdir(), 'rehouse-bacpac-models-'))
after(() => rmSync(FOLDER, { recursive: true }))
const MOST_MS = 10_000
const MOST_MEMORY = 500 * 1024 * 1024

const DATABASE: DatabaseDescription = {
  tables: [
    {
      name: 't',
      columns: [
        { name: 'id', type: 'int', nullable: false },
        { name: 'a', type: 'dbo.Alias' },
        { name: 'd', type: 'decimal(9,2)' },
      ],
      primaryKey: { name: 'PK', columns: ['id'] },
    },
  ],
  aliases: { 'dbo.Alias': 'nvarchar(20)' },
}
const ROWS: readonly FieldRow[] = [[1, 'one', '1.50']]
const EXPECTED = [['1', 'one', '1.50']]

/** Reads the file after its model was changed. */
async function withModel(change: (model: string) => string | Buffer): Promise<readonly SourceTable[]> {
  const path = join(FOLDER, 'model.bacpac')
  let was = ''
  let is = ''
  const alter = (name: string, bytes: Buffer): Buffer => {
    const sum = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex').toUpperCase()
    if (name === 'Origin.xml') return Buffer.from(String(bytes).replace(was, is))
    if (name !== 'model.xml') return bytes
    const changed = Buffer.from(change(String(bytes)))
    was = sum(bytes)
    is = sum(changed)
    return changed
  }
  await writeBacpac(path, DATABASE, () => ROWS, { alter, zip: { level: 1 } })
  return readBacpacSource(path)
}

async function outcome(
  about: string,
  change: (model: string) => string | Buffer,
): Promise<readonly (readonly (string | null)[])[] | RehouseError> {
  const memory = process.memoryUsage.rss()
  const began = performance.now()
  const result = await withModel(change).then(
    tables => tables.find(table => table.relation.name === 't')?.rows ?? [],
    (error: unknown) => error,
  )
  assert.ok(performance.now() - began < MOST_MS, `${about}: took ${performance.now() - began} ms`)
  assert.ok(process.memoryUsage.rss() - memory < MOST_MEMORY, `${about}: took ${process.memoryUsage.rss() - memory} bytes`)
  if (Array.isArray(result)) return result
  if (!(result instanceof RehouseError)) throw result
  assert.ok(['SOURCE_INVALID', 'SOURCE_REFUSED'].includes(result.code), `${about}: ${result.code} ${result.message}`)
  assert.match(result.message, /^expected [^\n]+, got [^\n]+$/, about)
  assert.ok(result.where.file?.startsWith(FOLDER), about)
  return result
}

async function refused(about: string, change: (model: string) => string | Buffer): Promise<void> {
  const result = await outcome(about, change)
  assert.ok(result instanceof RehouseError, `${about}: expected an error, got ${JSON.stringify(result)}`)
}

const lines = (count: number, one: (i: number) => string): string => Array.from({ length: count }, (_, i) => one(i)).join('\n')
const column = (i: number): string =>
  `<Entry><Element Type="SqlSimpleColumn" Name="[dbo].[t].[x${i}]"><Relationship Name="TypeSpecifier"><Entry><Element Type="SqlTypeSpecifier"><Relationship Name="Type"><Entry><References ExternalSource="BuiltIns" Name="[int]" /></Entry></Relationship></Element></Entry></Relationship></Element></Entry>`
const inModel = (model: string, text: string): string => model.replace('\t<Model>\r\n', `\t<Model>\r\n${text}`)
const inColumns = (model: string, text: string): string =>
  model.replace('<Relationship Name="Columns">', `<Relationship Name="Columns">${text}`)

test('what is no model is refused', async () => {
  await refused('nothing', () => '')
  await refused('no XML', () => 'PK\x03\x04')
  await refused('another language of brackets', () => '{"tables": []}')
  await refused('cut in the middle of a tag', model => model.slice(0, model.length / 2))
  await refused('cut before the last tag', model => model.slice(0, -10))
  await refused('UTF-16', model => Buffer.from(model, 'utf16le'))
  await refused('half a character', model => Buffer.concat([Buffer.from(model), Buffer.from('é').subarray(0, 1)]))
  await refused('an end tag of another tag', model => model.replace('</Entry>', '</Entrv>'))
  await refused('no Model in it', model => model.replaceAll('Model>', 'Mode1>'))
})

test('entities that would grow without end are not followed', async () => {
  const bomb = lines(30, i => `<!ENTITY e${i + 1} "&e${i};&e${i};">`)
  await refused('a billion laughs', model =>
    model.replace('?>', `?><!DOCTYPE x [<!ENTITY e0 "ha">${bomb}]>`).replace('Value="SQL_Latin1_General_CP1_CI_AS"', 'Value="&e30;"'),
  )
  await refused('a file of ours', model =>
    model
      .replace('?>', '?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>')
      .replace('Value="SQL_Latin1_General_CP1_CI_AS"', 'Value="&f;"'),
  )
})

test('columns, tables and depths beyond every database are refused or passed over', async () => {
  await refused('40 000 columns', model => inColumns(model, lines(40_000, column)))
  await outcome('200 000 elements nobody needs', model =>
    inModel(
      model,
      lines(200_000, i => `<Element Type="SqlView" Name="[dbo].[v${i}]" />`),
    ),
  )
  await outcome('elements inside each other', model =>
    inModel(model, '<Element Type="SqlTable" Name="[dbo].[deep]">'.repeat(50_000) + '</Element>'.repeat(50_000)),
  )
  await outcome('tags inside each other', model => inModel(model, '<a>'.repeat(200_000) + '</a>'.repeat(200_000)))
  await outcome('a name of 10 MB', model => inModel(model, `<Element Type="SqlView" Name="[dbo].[${'x'.repeat(10_000_000)}]" />`))
})

test('lengths, precisions and scales no type has never give another value', async () => {
  const numbers = ['-1', '0', '1', '39', '256', '65536', '2147483648', '99999999999999999999', '1e9', 'NaN', '', ' 9', '0x9', '٩']
  for (const name of ['Length', 'Precision', 'Scale'])
    for (const number of numbers) {
      const result = await outcome(`${name} ${number}`, model =>
        model.replace(new RegExp(`Name="${name}" Value="[^"]*"`), `Name="${name}" Value="${number}"`),
      )
      if (!(result instanceof RehouseError)) assert.deepEqual(result, EXPECTED, `${name} ${number}`)
    }
})

test('types that are not known, go round in a circle or are missing are refused', async () => {
  await refused('an alias of itself', model =>
    model.replace(
      /(SqlUserDefinedDataType[\s\S]*?)<References ExternalSource="BuiltIns" Name="\[nvarchar\]" \/>/,
      '$1<References Name="[dbo].[Alias]" />',
    ),
  )
  await refused('an alias nobody defined', model =>
    model.replace('<References Name="[dbo].[Alias]" />', '<References Name="[dbo].[None]" />'),
  )
  for (const type of ['json', 'vector', 'table', 'cursor', 'INT]; drop', '', '__proto__', 'constructor', 'toString'])
    await refused(`type ${type}`, model => model.replace('Name="[int]"', `Name="[${type}]"`))
  await refused('no type', model =>
    model.replace(/<Relationship Name="TypeSpecifier">[\s\S]*?<\/Relationship>\s*<\/Element>\s*<\/Entry>\s*<\/Relationship>/, ''),
  )
})

test('names that are no names, and the same name twice, are refused', async () => {
  await refused('a table without a schema', model => model.replaceAll('[dbo].[t]', '[t]'))
  await refused('a table of four parts', model =>
    model.replace('Type="SqlTable" Name="[dbo].[t]"', 'Type="SqlTable" Name="[a].[b].[dbo].[t]"'),
  )
  await refused('brackets that do not close', model => model.replace('Type="SqlTable" Name="[dbo].[t]"', 'Type="SqlTable" Name="[dbo].[t"'))
  await refused('two tables of one name', model =>
    inModel(model, /<Element Type="SqlTable"[\s\S]*?\n\t\t<\/Element>\r\n/.exec(model)?.[0] ?? ''),
  )
  await refused('two columns of one name', model => model.replace('[dbo].[t].[d]', '[dbo].[t].[id]'))
})

test('keys over columns that are not there are refused or no keys', async () => {
  for (const name of ['[dbo].[t].[none]', '[dbo].[other].[id]', '[id]', '']) {
    const result = await outcome(`a key over ${name}`, model =>
      model.replace(/(SqlPrimaryKeyConstraint[\s\S]*?<References Name=")\[dbo\]\.\[t\]\.\[id\]/, `$1${name}`),
    )
    if (!(result instanceof RehouseError)) assert.deepEqual(result, EXPECTED, name)
  }
})

test('columns that are said to be computed, hidden or encrypted never shift the others', async () => {
  for (const change of [
    (model: string) => model.replace('Type="SqlSimpleColumn" Name="[dbo].[t].[a]"', 'Type="SqlComputedColumn" Name="[dbo].[t].[a]"'),
    (model: string) =>
      model.replace('<Element Type="SqlSimpleColumn" Name="[dbo].[t].[a]">', '$&<Property Name="EncryptionType" Value="2" />'),
    (model: string) => model.replace('Type="SqlSimpleColumn" Name="[dbo].[t].[d]"', 'Type="SqlComputedColumn" Name="[dbo].[t].[d]"'),
    (model: string) => model.replace('<Property Name="IsNullable" Value="False" />', ''),
    (model: string) => inColumns(model, column(1)),
  ])
    await refused(String(change), change)
})
