import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { median } from './figures.ts'
import { removeReadyRows, runFloor, takeReadyRows } from './floor.ts'
import { type Measured, type Migrated, runRehouse } from './rehouse-run.ts'
import { type Ground, SOURCE, sqlFile } from './setup.ts'
import { writeSourceBacpac } from './source-bacpac.ts'
import { measureStaging, type StagingFigures } from './staging.ts'

/** The same rows as files of each kind, against the floor in the same round. */
export interface FileFigures {
  readonly rows: number
  readonly rounds: number
  readonly floorSeconds: readonly number[]
  readonly files: Readonly<Record<string, FileFigure>>
  readonly staging: StagingFigures
}

export interface FileFigure {
  readonly ofFloor: number
  readonly seconds: readonly number[]
  readonly cpuSecondsPerMillionRows: number
  readonly peakMiB: number
}

const TABLES = ['student', 'assessment', 'assessment_result'] as const

/** `npm run bench files`. */
export async function benchFiles(ground: Ground, rounds: number, say: (text: string) => void): Promise<FileFigures> {
  say('Writing the rows as a BACPAC, as dumps and as CSV files …')
  const contestants = await makeFiles(ground)
  const floorSeconds: number[] = []
  const measured = new Map<string, Measured[]>([...contestants.keys()].map(name => [name, []]))
  try {
    for (let i = 1; i <= rounds; i++) {
      for (const [name, migrated] of contestants) {
        measured.get(name)?.push(await runRehouse(ground, null, migrated))
        if (floorSeconds.length === 0 && name === [...contestants.keys()].at(-1)) await takeReadyRows(ground)
      }
      floorSeconds.push(await runFloor(ground))
      const told = [...measured].map(([name, of]) => `${name} ${of.at(-1)?.seconds.toFixed(1)} s`).join(', ')
      say(`round ${i} of ${rounds}: ${told}, floor ${floorSeconds.at(-1)?.toFixed(1)} s`)
    }
    const files = Object.fromEntries([...measured].map(([name, of]) => [name, figureOf(of, { floorSeconds, rows: ground.rows })]))
    return { rows: ground.rows, rounds, floorSeconds, files, staging: await measureStaging(ground, `${filesFolder(ground)}results.bacpac`) }
  } finally {
    removeReadyRows(ground)
  }
}

function figureOf(of: readonly Measured[], { floorSeconds, rows }: { floorSeconds: readonly number[]; rows: number }): FileFigure {
  return {
    ofFloor: rounded(median(of.map(({ seconds }, i) => (floorSeconds[i] ?? Number.NaN) / seconds))),
    seconds: of.map(({ seconds }) => rounded(seconds)),
    cpuSecondsPerMillionRows: rounded((median(of.map(({ cpuSeconds }) => cpuSeconds)) / rows) * 1e6),
    peakMiB: Math.round(Math.max(...of.map(({ peakMiB }) => peakMiB))),
  }
}

function filesFolder(ground: Ground): string {
  return `${ground.folder}files-${ground.rows}/`
}

/** Made once for a number of rows, and kept. */
async function makeFiles(ground: Ground): Promise<ReadonlyMap<string, Migrated>> {
  const folder = filesFolder(ground)
  if (!existsSync(folder)) {
    const unfinished = `${ground.folder}unfinished/`
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(`${unfinished}csv`, { recursive: true })
    await writeSourceBacpac(`${unfinished}results.bacpac`, ground.rows)
    await writeDumps(ground, unfinished)
    renameSync(unfinished, folder)
  }
  const manifest = (name: string, schema: string): string => {
    const file = `${folder}${name}.yaml`
    const text = readFileSync(new URL('rehouse.yaml', import.meta.url), 'utf8')
    writeFileSync(file, text.replaceAll('from: public.', `from: ${schema}.`))
    return file
  }
  return new Map<string, Migrated>([
    ['bacpac', { manifest: manifest('bacpac', 'dbo'), source: `bacpac:${folder}results.bacpac` }],
    ['pgdump', { manifest: manifest('pgdump', 'public'), source: `pgdump:${folder}results.sql` }],
    ['pgdump.gz', { manifest: manifest('pgdump-gz', 'public'), source: `pgdump:${folder}results.sql.gz` }],
    ['csv', { manifest: manifest('csv', 'csv'), source: `csv:${folder}csv` }],
  ])
}

/** What pg_dump would write: the tables, a COPY block each, the keys. And each table as CSV. */
async function writeDumps(ground: Ground, folder: string): Promise<void> {
  const client = new pg.Client({ connectionString: ground.server.url(SOURCE), application_name: 'rehouse bench files' })
  await client.connect()
  try {
    await pipeline(Readable.from(dump(client)), createWriteStream(`${folder}results.sql`))
    await pipeline(Readable.from(dump(client)), createGzip({ level: 1 }), createWriteStream(`${folder}results.sql.gz`))
    for (const table of TABLES)
      await pipeline(client.query(copyTo(`copy ${table} to stdout (format csv, header)`)), createWriteStream(`${folder}csv/${table}.csv`))
  } finally {
    await client.end()
  }
}

async function* dump(client: pg.Client): AsyncGenerator<Buffer> {
  yield Buffer.from("--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n\n")
  for (const statement of tableStatements()) yield Buffer.from(`${statement};\n\n`)
  for (const table of TABLES) {
    const { rows } = await client.query<{ list: string }>(
      `select string_agg(quote_ident(attname), ', ' order by attnum) as list from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
      [table],
    )
    yield Buffer.from(`COPY public.${table} (${rows[0]?.list}) FROM stdin;\n`)
    yield* client.query(copyTo(`copy ${table} to stdout`))
    yield Buffer.from('\\.\n\n\n')
  }
  yield Buffer.from('ALTER TABLE ONLY public.assessment_result\n    ADD CONSTRAINT assessment_result_pkey PRIMARY KEY (id);\n\n')
  yield Buffer.from('--\n-- PostgreSQL database dump complete\n--\n')
}

/** The `create table`s of source.sql, the schema written out. */
function tableStatements(): readonly string[] {
  return sqlFile('source.sql')
    .split(';')
    .map(text => text.trim())
    .filter(text => text.startsWith('create table') || text.includes('\ncreate table'))
    .map(text => text.slice(text.indexOf('create table')).replace('create table ', 'CREATE TABLE public.'))
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
