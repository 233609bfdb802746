import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type EmbeddedServer, startEmbedded } from '../src/embedded/embedded.ts'
import { Session } from '../src/postgres/session.ts'

/** The server all contestants share, and the databases on it. Durable as PostgreSQL is by default. */
export interface Ground {
  readonly server: EmbeddedServer
  readonly rows: number
  /** A scratch folder of the bench. */
  readonly folder: string
}

export const SOURCE = 'bench_source'
export const REHOUSE_TARGET = 'bench_rehouse'
export const FLOOR_TARGET = 'bench_floor'
export const PGLOADER_TARGET = 'bench_pgloader'

/** Starts the bench's own server and makes the source, unless one with as many rows is there from before. */
export async function prepareGround(rows: number): Promise<Ground> {
  const folder = fileURLToPath(new URL('.rehouse/', import.meta.url))
  const server = await startEmbedded({ folder: `${folder}embedded` })
  const ground = { server, rows, folder }
  if ((await readMark(ground)) !== markOf(rows)) await makeSource(ground)
  return ground
}

/** What a whole source bears: how many rows, and what made them. */
function markOf(rows: number): string {
  return `${rows} rows of source.sql ${createHash('sha256').update(sqlFile('source.sql')).digest('hex').slice(0, 16)}`
}

async function readMark(ground: Ground): Promise<string | null> {
  return withSession(ground.server.url('postgres'), async session => {
    const known = await session.query('select 1 from pg_catalog.pg_database where datname = $1', [SOURCE])
    if (known.rowCount === 0) return null
    return withSession(ground.server.url(SOURCE), async source => {
      const made = await source.query(`select obj_description(to_regclass('public.assessment_result'))`)
      return made.rows[0]?.[0] ?? null
    })
  })
}

async function makeSource(ground: Ground): Promise<void> {
  await makeEmpty(ground, SOURCE)
  await withSession(ground.server.url(SOURCE), async session => {
    await session.query(`select set_config('bench.rows', $1, false)`, [String(ground.rows)])
    await session.script(sqlFile('source.sql'))
    await session.script('vacuum analyze')
    // Last: a source half made has no such mark.
    await session.query(`comment on table assessment_result is '${markOf(ground.rows)}'`)
  })
}

/** A fresh database without tables. */
export async function makeEmpty(ground: Ground, database: string): Promise<void> {
  await withSession(ground.server.url('postgres'), async session => {
    await session.query(`drop database if exists "${database}" with (force)`)
    await session.query(`create database "${database}"`)
  })
}

/** So that no contestant pays for what another left in memory. */
export async function checkpoint(ground: Ground): Promise<void> {
  await withSession(ground.server.url('postgres'), session => session.script('checkpoint'))
}

export async function withSession<T>(url: string, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open({ url, applicationName: 'rehouse bench', side: 'target', settings: { search_path: 'public' } })
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

export function sqlFile(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}
