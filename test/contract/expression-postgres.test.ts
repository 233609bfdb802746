import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RehouseError } from '../../src/errors.ts'
import { compileExpression } from '../../src/expression/compile-expression.ts'
import { loadParser, parseExpression } from '../../src/expression/parse-expression.ts'
import { readerOf } from '../../src/expression/read-value.ts'
import { type Scope, scopeOf, typeExpression } from '../../src/expression/type-expression.ts'
import { ValueError } from '../../src/expression/value-error.ts'
import { textOf } from '../../src/expression/value-text.ts'
import type { SqlType } from '../../src/model/sql-type.ts'
import type { Value } from '../../src/model/value.ts'
import { newDatabase, type TestDatabase, type TestLike } from '../support/postgres.ts'
import { COLUMNS, expression, row } from '../support/random-expressions.ts'

await loadParser()

/** Runs every expression on every row in a subtransaction of its own: its text and type, or the SQLSTATE it failed with. */
const ANSWERS = `
create function answer(expression text, n int) returns text language plpgsql set search_path = public as $$
declare result text;
begin
  execute format('select pg_typeof(x)::text || ''='' || coalesce(case when x::text is null then null else ''.'' || x::text end, ''NULL'') from (select (%s) as x from data where n = $1) as answers', expression) into result using n;
  return result;
exception when others then
  return 'error ' || sqlstate;
end $$`

async function prepare(t: TestLike, version: '15' | '18'): Promise<TestDatabase> {
  const database = await newDatabase(t, { version })
  await database.script(`create type mood as enum ('sad', 'ok', 'Happy');
    create table data (n int, ${COLUMNS.map(([name, type]) => `"${name}" ${type}`).join(', ')});
    ${ANSWERS}`)
  return database
}

async function describeColumns(database: TestDatabase): Promise<{ scope: Scope; types: readonly SqlType[] }> {
  const rows = await database.sql(`select a.attname, t.typname, a.atttypmod::text, format_type(a.atttypid, a.atttypmod), t.typtype
    from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = 'data'::regclass and a.attnum > 1 order by a.attnum`)
  const types = rows.map(([, name, modifier, text, kind]): SqlType => {
    const plain = { name: String(name), modifier: Number(modifier), text: String(text), oid: 0 }
    return kind === 'e'
      ? { ...plain, kind: 'enum', schema: 'public', labels: ['sad', 'ok', 'Happy'] }
      : { ...plain, kind: 'base', schema: 'pg_catalog' }
  })
  return { types, scope: scopeOf(rows.map(([name], slot) => ({ name: [String(name)], slot, type: types[slot] as SqlType }))) }
}

/** The rows as the server stores them, in the carriers of their types. */
async function storedValues(database: TestDatabase, types: readonly SqlType[]): Promise<readonly (readonly Value[])[]> {
  const columns = COLUMNS.map(([name, type]) => (type.startsWith('char') ? `rpad("${name}", 5)` : `"${name}"::text`)).join(', ')
  const stored = await database.sql(`select ${columns} from data order by n`)
  return stored.map(values => values.map((value, i) => (value === null ? null : carrier(types[i] as SqlType, value))))
}

function carrier(type: SqlType, text: string): Value {
  if (type.name === 'json' || type.name === 'jsonb') return text
  if (type.name.startsWith('float')) return type.name === 'float4' ? Math.fround(Number(text)) : Number(text)
  return readerOf(type)?.(text) ?? null
}

function ourAnswer(text: string, scope: Scope, values: readonly Value[]): string {
  try {
    const typed = typeExpression(parseExpression({ text, at: { file: 'x', line: 1, column: 1 } }), scope)
    const value = compileExpression(typed)({ value: slot => values[slot] ?? null })
    const name = typed.type.text.replace(/\([^)]*\)/, '')
    return `${name}=${value === null ? 'NULL' : `.${printed(typed.type, value)}`}`
  } catch (error) {
    if (error instanceof ValueError) return `error ${error.code}`
    if (error instanceof RehouseError) return `refused ${error.code}: ${error.message}`
    throw error
  }
}

function printed(type: SqlType, value: Value): string {
  const print = textOf(type)
  return print ? print(value) : String(value)
}

/** PostgreSQL prints bpchar without blanks and floats in its own way; those are another room's. */
function comparable(answer: string): string {
  const [type = '', value = ''] = answer.split(/=(.*)/s)
  if (value === 'NULL') return answer
  if (type === 'real') return `real=.${Math.fround(Number(value.slice(1)))}`
  return type === 'double precision' ? `${type}=.${Number(value.slice(1))}` : answer
}

async function insertRows(database: TestDatabase, rows: readonly (readonly (string | null)[])[]): Promise<void> {
  const names = COLUMNS.map(([name]) => `"${name}"`).join(', ')
  await database.sql('truncate data')
  for (const [n, values] of rows.entries()) {
    const items = COLUMNS.map(([, type], i) => `$${i + 1}::text::${type}`).join(', ')
    await database.sql(`insert into data (n, ${names}) select ${n + 1}, ${items}`, ...values)
  }
}

/** 4 random rows and 100 random expressions per run, every expression on every row. */
async function sameAsPostgres(database: TestDatabase, runs: number): Promise<void> {
  const { scope, types } = await describeColumns(database)
  const counts = { compared: 0, errors: 0, nulls: 0, refused: 0 }
  const compareRow = (text: string, values: readonly Value[], theirs: string): void => {
    const ours = comparable(ourAnswer(text, scope, values))
    counts.compared++
    if (theirs.startsWith('error')) counts.errors++
    if (theirs.endsWith('NULL')) counts.nulls++
    // A literal that cannot be what it must be is refused before any row is read.
    if (ours.startsWith('refused') && theirs.startsWith('error')) counts.refused++
    else assert.equal(ours, theirs, `${text}\non ${shown(values)}`)
  }
  const rows = fc.array(row, { minLength: 4, maxLength: 4 })
  const texts = fc.array(expression, { minLength: 100, maxLength: 100 })
  const property = fc.asyncProperty(rows, texts, async (stored, expressions) => {
    await insertRows(database, stored)
    const values = await storedValues(database, types)
    const answers = await database.sql(
      'select answer(x, n) from unnest($1::text[]) with ordinality as xs(x, i), data order by i, n',
      expressions,
    )
    let at = 0
    for (const text of expressions) for (const one of values) compareRow(text, one, comparable(String(answers[at++]?.[0])))
  })
  await fc.assert(property, { numRuns: runs, endOnFailure: true })
  const { compared, errors, nulls, refused } = counts
  assert.ok(
    errors > compared / 100 && nulls > compared / 20 && refused < compared / 100,
    `expected errors and NULLs, got ${JSON.stringify(counts)}`,
  )
}

function shown(values: readonly Value[]): string {
  return JSON.stringify(values, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
}

test('random expressions over random rows have the value, type or error PostgreSQL 18 gives', async t => {
  await sameAsPostgres(await prepare(t, '18'), 20)
})

test('random expressions over random rows have the value, type or error PostgreSQL 15 gives', async t => {
  await sameAsPostgres(await prepare(t, '15'), 10)
})
