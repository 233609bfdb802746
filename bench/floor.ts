import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { checkpoint, FLOOR_TARGET, type Ground, makeEmpty, REHOUSE_TARGET, sqlFile, withSession } from './setup.ts'

/** What a finished migration left, table by table: ready-made rows in PostgreSQL's binary COPY format. */
const TABLES = ['public.students', 'public.assessments', 'public.assessment_results', 'rehouse.id_map_integer'] as const

/** Takes the rows of a finished migration out into files. */
export async function takeReadyRows(ground: Ground): Promise<void> {
  mkdirSync(ground.folder, { recursive: true })
  await withClient(ground.server.url(REHOUSE_TARGET), async client => {
    for (const table of TABLES)
      await pipeline(client.query(copyTo(`copy ${table} to stdout (format binary)`)), createWriteStream(file(ground, table)))
  })
}

export function removeReadyRows(ground: Ground): void {
  for (const table of TABLES) rmSync(file(ground, table), { force: true })
}

/** Seconds for the least that must be done: binary COPY of the ready rows on one connection, then the final keys. */
export async function runFloor(ground: Ground): Promise<number> {
  await makeEmpty(ground, FLOOR_TARGET)
  const url = ground.server.url(FLOOR_TARGET)
  const [idMap, idMapKey] = await idMapDefinition(ground)
  await withSession(url, async session => {
    await session.script(sqlFile('tables.sql'))
    await session.script(idMap)
  })
  await checkpoint(ground)
  return withClient(url, async client => {
    const began = performance.now()
    for (const table of TABLES)
      await pipeline(
        createReadStream(file(ground, table), { highWaterMark: 1 << 18 }),
        client.query(copyFrom(`copy ${table} from stdin (format binary)`)),
      )
    for (const key of keyStatements()) await client.query(key)
    await client.query(idMapKey)
    return (performance.now() - began) / 1000
  })
}

/** The id map as the migration's ledger has it: the table without its key, and the key. */
async function idMapDefinition(ground: Ground): Promise<readonly [string, string]> {
  return withSession(ground.server.url(REHOUSE_TARGET), async session => {
    const columns = await session.query(
      `select string_agg(format('%I %s%s', attname, format_type(atttypid, atttypmod), case when attnotnull then ' not null' else '' end), ', ' order by attnum)
       from pg_catalog.pg_attribute where attrelid = 'rehouse.id_map_integer'::regclass and attnum > 0 and not attisdropped`,
    )
    const key = await session.query(
      `select pg_get_constraintdef(oid) from pg_catalog.pg_constraint where conrelid = 'rehouse.id_map_integer'::regclass and contype = 'p'`,
    )
    return [
      `create schema rehouse; create table rehouse.id_map_integer (${columns.rows[0]?.[0]})`,
      `alter table rehouse.id_map_integer add ${key.rows[0]?.[0]}`,
    ]
  })
}

/** One statement at a time, each committed by itself. */
function keyStatements(): readonly string[] {
  return sqlFile('keys.sql')
    .split(';')
    .map(text => text.trim())
    .filter(text => text !== '')
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'rehouse bench floor' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function file(ground: Ground, table: string): string {
  return `${ground.folder}${table}.copy`
}
