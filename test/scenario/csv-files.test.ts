import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Client } from 'pg'
import { to } from 'pg-copy-streams'
import type { InitResult, MigrateResult } from '../../src/index.ts'
import { newCsvFolder, readRelation } from '../support/csv-folder.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import { rehouseHereJson, sharedFile, workFolder } from '../support/rehouse-process.ts'

const DUMP = sharedFile('data/chinook-postgres.sql')
const LEFT_OUT = 'the real database chinook-postgres.sql is not beside the project (set REHOUSE_SHARED to the folder that holds data/)'

/** Tables of the music shop: what the files must show by themselves. */
const SHOWN: Readonly<Record<string, { readonly key: readonly string[] | null; readonly types: string }>> = {
  album: { key: ['album_id'], types: 'integer,text,integer' },
  artist: { key: ['artist_id'], types: 'integer,text' },
  customer: { key: ['customer_id'], types: 'integer,text,text,text,text,text,text,text,text,text,text,text,integer' },
  employee: {
    key: ['employee_id'],
    types: 'integer,text,text,text,integer,timestamp without time zone,timestamp without time zone,text,text,text,text,text,text,text,text',
  },
  genre: { key: ['genre_id'], types: 'integer,text' },
  invoice: { key: ['invoice_id'], types: 'integer,integer,timestamp without time zone,text,text,text,text,text,numeric' },
  invoice_line: { key: ['invoice_line_id'], types: 'integer,integer,integer,numeric,integer' },
  media_type: { key: ['media_type_id'], types: 'integer,text' },
  playlist: { key: ['playlist_id'], types: 'integer,text' },
  playlist_track: { key: null, types: 'integer,integer' },
  track: { key: ['track_id'], types: 'integer,text,integer,integer,integer,text,integer,integer,numeric' },
}

test('a real database written to CSV by its server is read back value by value, with its types and keys found out', {
  skip: DUMP === null && LEFT_OUT,
}, async t => {
  const database = await newDatabase(t)
  await database.script(readFileSync(DUMP ?? '', 'utf8').replaceAll(/^\s*(DROP|CREATE) DATABASE.*;|^\\c.*$/gm, ''))
  const folder = newCsvFolder({ after: work => t.after(async () => work()) })
  for (const table of Object.keys(SHOWN)) folder.write(`${table}.csv`, await copyOut(database, table))
  const source = folder.open()
  for (const [table, { key, types }] of Object.entries(SHOWN)) {
    const read = await readRelation(source, table)
    assert.deepEqual(read.relation.primaryKey, key, table)
    assert.equal(read.types.join(), types, table)
    const columns = read.relation.columns.map(({ name }) => `${name}::text`).join(', ')
    assert.deepEqual(read.rows, await database.sql(`select ${columns} from ${table} order by ctid`), table)
  }
  await source.close()
})

async function copyOut(database: TestDatabase, table: string): Promise<Buffer> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    const parts: Buffer[] = []
    // The stream delivers nothing but buffers.
    for await (const part of client.query(to(`copy (select * from ${table} order by ctid) to stdout (format csv, header)`)))
      parts.push(part as Buffer)
    return Buffer.concat(parts)
  } finally {
    await client.end()
  }
}

const DECLARATION = 'files: { people.csv: { encoding: windows-1252, columns: { id: int8, grade: "numeric(5,2)" }, key: id } }\n'

test('folders of CSV files of different forms become one database without an edit, and a rerun changes nothing', async t => {
  const target = await newDatabase(t)
  const folder = workFolder(t)
  const write = (name: string, content: string | Uint8Array): void => {
    mkdirSync(join(folder, 'exports', name, '..'), { recursive: true })
    writeFileSync(join(folder, 'exports', name), content)
  }
  write('north/people.csv', 'id;name;grade;born\r\n3;Äda;1.50;2001-02-03\r\n1;"Bo; ""B""";;\r\n')
  write('north/visits.csv', 'person,day\n3,2020-01-01\n3,2020-01-01\n,\n')
  write('south/people.csv.gz', gzipSync('id,name,grade,born\n9223372036854775807,Cy,,\n'))
  write('south/visits.csv', 'person,day\n9223372036854775807,2020-01-02\n')
  write('west/people.csv', Buffer.from('id\tname\tgrade\tborn\n7\tM\xfcller\t2\t\n', 'latin1'))
  write('west/rehouse.columns.yaml', DECLARATION)
  write('west/visits.csv', 'person,day\n')

  const made = await rehouseHereJson<InitResult>(['init', 'csv:exports/*', '--out', '.', '--target', target.url], { folder })
  assert.equal(made.status, 0, JSON.stringify(made.json))
  const env = { TARGET_PASSWORD: decodeURIComponent(new URL(target.url).password) }
  const first = await rehouseHereJson<MigrateResult>(['migrate', '--create-target'], { folder, env })
  assert.deepEqual([first.status, first.json.failures], [0, []])
  assert.deepEqual([first.json.totals.read, first.json.totals.loaded], [8, 8])
  assert.deepEqual(await target.sql('select legacy_id, name, grade, born from public.people order by legacy_id::numeric'), [
    ['1', 'Bo; "B"', null, null],
    ['3', 'Äda', '1.50', '2001-02-03'],
    ['7', 'Müller', '2.00', null],
    ['9223372036854775807', 'Cy', null, null],
  ])
  assert.deepEqual(await target.sql('select person, day, count(*) from public.visits group by 1, 2 order by 1, 2'), [
    ['3', '2020-01-01', '2'],
    ['9223372036854775807', '2020-01-02', '1'],
    [null, null, '1'],
  ])
  const again = await rehouseHereJson<MigrateResult>(['migrate'], { folder, env })
  assert.deepEqual([again.status, again.json.totals.unchanged], [0, 8])
})
