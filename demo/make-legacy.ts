import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Session } from '../src/postgres/session.ts'
import type { District } from './districts.ts'
import { handOver } from './hand-over.ts'

/** A PostgreSQL server on which the caller may make databases. */
export interface Server {
  /** The superuser's address of a database; it need not exist. */
  url(database: string): string
}

export interface Legacy {
  readonly districts: readonly District[]
  /** Name of the shared database. */
  readonly login: string
}

/** Makes what the districts have, anew: a database for each of them and the shared one. The same content every time. `made` is called after each district with its rows. */
export async function makeLegacy(server: Server, legacy: Legacy, made: (district: District, rows: number) => void): Promise<void> {
  await makeDatabase(server, legacy.login, { 'demo.districts': JSON.stringify(legacy.districts.map(listed)) }, [sqlFile('login.sql')])
  for (const district of legacy.districts) made(district, await makeDistrict(server, district))
}

/** What was handed over: the file, its bytes, its rows. */
export interface HandedOver {
  readonly database: string
  readonly path: string
  readonly bytes: number
  readonly rows: bigint
}

/**
 * Writes each legacy database as a BACPAC file into the folder, which is emptied before. `handed` is called after each; what it throws ends it.
 */
export async function handOverLegacy(
  server: Server,
  legacy: Legacy,
  to: { readonly folder: string; readonly handed: (file: HandedOver) => void },
): Promise<void> {
  rmSync(to.folder, { recursive: true, force: true })
  mkdirSync(to.folder, { recursive: true })
  for (const database of [legacy.login, ...legacy.districts.map(district => district.database)]) {
    const path = join(to.folder, `${database}.bacpac`)
    const { rows } = await withSession(server.url(database), {}, session => handOver(session, { path, database }))
    to.handed({ database, path, bytes: statSync(path).size, rows })
  }
}

function listed({ code, name, zone, database }: District): object {
  return { code, name, zone, database }
}

async function makeDistrict(server: Server, district: District): Promise<number> {
  const settings = { 'demo.code': district.code, 'demo.students': String(district.students), 'demo.broken': String(district.broken) }
  const dirt = district.broken === 0 ? [] : [sqlFile('district-dirt.sql')]
  await makeDatabase(server, district.database, settings, [
    sqlFile('district-tables.sql'),
    sqlFile('district-rows.sql'),
    ...dirt,
    ...district.drift,
    'analyze',
  ])
  return countRows(server.url(district.database))
}

/** Drops the database if it is there, also when somebody is connected to it, and makes it from scripts. */
export async function makeDatabase(
  server: Server,
  database: string,
  settings: Readonly<Record<string, string>>,
  scripts: readonly string[],
): Promise<void> {
  await withSession(server.url('postgres'), {}, async session => {
    await session.query(`drop database if exists "${database}" with (force)`)
    await session.query(`create database "${database}"`)
  })
  // Made anew after a power cut anyway: nobody waits for the disk here.
  await withSession(server.url(database), { synchronous_commit: 'off', ...settings }, async session => {
    for (const script of scripts) await session.script(script)
  })
}

async function countRows(url: string): Promise<number> {
  return withSession(url, {}, async session => {
    const tables = await session.query(`select format('%I.%I', schemaname, tablename) from pg_catalog.pg_tables where schemaname = 'dbo'`)
    const counts = tables.rows.map(([table]) => `(select count(*) from ${table})`)
    return Number((await session.query(`select ${counts.join(' + ')}`)).rows[0]?.[0])
  })
}

export async function withSession<T>(
  url: string,
  settings: Readonly<Record<string, string>>,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await Session.open({ url, applicationName: 'rehouse demo', side: 'target', settings })
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

function sqlFile(name: string): string {
  return readFileSync(new URL(`legacy/${name}`, import.meta.url), 'utf8')
}
