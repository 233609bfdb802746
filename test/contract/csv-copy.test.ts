import assert from 'node:assert/strict'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import fc from 'fast-check'
import { Client } from 'pg'
import { from } from 'pg-copy-streams'
import { openPostgresSource } from '../../src/source/postgres/postgres-source.ts'
import { WHOLE } from '../../src/source/scan-keys.ts'
import { type CsvField, csvText, newCsvFolder } from '../support/csv-folder.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import { find, withSnapshot } from './source.ts'
import { collectFields, type Fields, quoted } from './table-spec.ts'

const TEXT = fc
  .array(fc.constantFrom('a', 'ä', '😀', ',', ';', '"', '\n', ' ', '\\N', 'NULL', "'", '\\', '.', '7', ''), { maxLength: 6 })
  .map(parts => parts.join(''))
const WHOLE_NUMBER = fc.oneof(fc.integer().map(String), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String))
const DAY = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }).map(date => date.toISOString())
const KINDS: readonly fc.Arbitrary<string>[] = [
  TEXT,
  TEXT,
  fc.integer().map(String),
  WHOLE_NUMBER,
  fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
  fc.tuple(fc.integer({ min: 1 }), fc.stringMatching(/^\d{1,12}$/)).map(([whole, fraction]) => `${whole}.${fraction}`),
  DAY.map(day => day.slice(0, 10)),
  fc.tuple(DAY, fc.constantFrom('', '.5', '.123456')).map(([day, fraction]) => `${day.slice(0, 19)}${fraction}`),
  fc.tuple(DAY, fc.constantFrom('Z', '+05:30', '-0800', '+14')).map(([day, zone]) => `${day.slice(0, 10)} ${day.slice(11, 19)}${zone}`),
  fc.uuid(),
  fc.uuid().map(uuid => uuid.toUpperCase()),
  fc.constantFrom('t', 'f', 'true', 'FALSE'),
]
const ROWS = fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 6 }).chain(kinds =>
  fc.array(fc.tuple(...kinds.map(kind => fc.oneof({ weight: 5, arbitrary: kind }, { weight: 1, arbitrary: fc.constant(null) }))), {
    minLength: 1,
    maxLength: 30,
  }),
)
const STYLE = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  quote: fc.constantFrom('"', "'"),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  quoting: fc.constantFrom('needed' as const, 'always' as const),
  nullText: fc.constantFrom('', '\\N'),
})
const RUNS = 40

test('agrees with PostgreSQL’s own COPY on every well-formed file: the same rows, the same bytes of each value, of inferred types and of text', async t => {
  const database = await newDatabase(t)
  const folder = newCsvFolder({ after: work => t.after(async () => work()) })
  let number = 0
  await fc.assert(
    fc.asyncProperty(ROWS, STYLE, fc.constantFrom('inferred', 'text'), async (rows, style, types) => {
      const numbered = rows.map((row, i): CsvField[] => [String(i), ...row])
      const names = numbered[0]?.map((_, i) => (i === 0 ? 'n' : `c ${i}`)) ?? []
      const text = csvText([names, ...numbered], style)
      folder.write('t.csv', text)
      const source = folder.open({ delimiter: style.delimiter, quote: style.quote, null: style.nullText, header: 'yes', types })
      const relation = await find(source, 't')
      const ours = await withSnapshot(source, snapshot =>
        collectFields(
          snapshot.read({ relation, columns: names, key: WHOLE, after: null, signal: new AbortController().signal }),
          names.length,
        ),
      )
      const table = `t${number++}`
      await database.script(
        `create table ${table} (${relation.columns.map(({ name, type }) => `${quoted(name)} ${type.text}`).join(', ')}, nr serial primary key)`,
      )
      await copyIn(database, { table, names, text, style })
      assert.deepEqual(ours, await copiedOut(database, table, names))
    }),
    { numRuns: RUNS },
  )
})

interface Load {
  readonly table: string
  readonly names: readonly string[]
  readonly text: string
  readonly style: { readonly delimiter: string; readonly quote: string; readonly nullText: string }
}

async function copyIn(database: TestDatabase, { table, names, text, style }: Load): Promise<void> {
  const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`
  const options = `format csv, header, delimiter ${literal(style.delimiter)}, quote ${literal(style.quote)}, null ${literal(style.nullText)}`
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    const stream = client.query(from(`copy public.${table} (${names.map(quoted).join(', ')}) from stdin (${options})`))
    await pipeline([Buffer.from(text)], stream)
  } finally {
    await client.end()
  }
}

async function copiedOut(database: TestDatabase, name: string, columns: readonly string[]): Promise<readonly Fields[]> {
  const source = openPostgresSource({ url: database.url, applicationName: 'rehouse contract' })
  try {
    const relation = await find(source, name)
    return await withSnapshot(source, snapshot =>
      collectFields(
        snapshot.read({ relation, columns, key: { kind: 'columns', names: ['nr'] }, after: null, signal: new AbortController().signal }),
        columns.length,
      ),
    )
  } finally {
    await source.close()
  }
}
