import { createReadStream, createWriteStream, rmSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { openSource, openSourceFile } from '../src/engines.ts'
import { stagedSource, stageRelations } from '../src/staging/staged-source.ts'
import { StagingPlace } from '../src/staging/staging-place.ts'
import { median } from './figures.ts'
import { checkpoint, type Ground, makeEmpty } from './setup.ts'

const DATABASE = 'bench_staging'
const ROUNDS = 3

export interface StagingFigures {
  /** The results of the BACPAC into staging. */
  readonly stageSeconds: readonly number[]
  /** The same bytes, ready-made, by binary COPY into a table of the same form. */
  readonly copySeconds: readonly number[]
  /** 1 = as fast as the COPY; ratios within a round, the median. */
  readonly ofCopy: number
}

/** What staging costs beside the one binary COPY it cannot do without. */
export async function measureStaging(ground: Ground, bacpac: string): Promise<StagingFigures> {
  const ready = `${ground.folder}staged.copy`
  const stageSeconds: number[] = []
  const copySeconds: number[] = []
  try {
    for (let i = 0; i < ROUNDS; i++) {
      await makeEmpty(ground, DATABASE)
      await checkpoint(ground)
      stageSeconds.push(await stageOnce(ground, { bacpac, ready: i === 0 ? ready : null }))
      await makeEmpty(ground, DATABASE)
      await checkpoint(ground)
      copySeconds.push(await copyOnce(ground, ready))
    }
  } finally {
    rmSync(ready, { force: true })
    await makeEmpty(ground, DATABASE)
  }
  const ofCopy = Math.round(median(stageSeconds.map((seconds, i) => (copySeconds[i] ?? Number.NaN) / seconds)) * 1000) / 1000
  return { stageSeconds, copySeconds, ofCopy }
}

async function stageOnce(ground: Ground, { bacpac, ready }: { readonly bacpac: string; readonly ready: string | null }): Promise<number> {
  const place = new StagingPlace({
    folder: `${ground.folder}staging`,
    address: () => Promise.resolve({ url: ground.server.url(DATABASE) }),
    migration: 'bench',
    openSource: address => openSource({ ...address, applicationName: 'rehouse bench staging' }),
    signal: new AbortController().signal,
    keeps: false,
    mostKept: 16,
  })
  const file = openSourceFile('bacpac', { path: bacpac, options: new Map(), label: 'bench', privateFolder: `${ground.folder}private` })
  const source = stagedSource(file, { place, name: 'legacy', texts: 'any' })
  try {
    const relation = (await source.describe()).relations.find(({ name }) => name === 'assessment_result')
    if (relation === undefined) throw new Error('expected the results in the BACPAC, got none')
    const snapshot = await source.openSnapshot([relation])
    const began = performance.now()
    const staged = await stageRelations(snapshot, { relations: [relation], signal: new AbortController().signal })
    const seconds = (performance.now() - began) / 1000
    if (ready !== null && staged !== null) await takeStaged(ground, ready)
    await staged?.source.close()
    return seconds
  } finally {
    await source.close()
    await place.dropAll()
    await place.close()
  }
}

/** The rows as they were staged, taken out into a file. */
async function takeStaged(ground: Ground, file: string): Promise<void> {
  await withClient(await stagedDatabase(ground), async (client, table) => {
    await pipeline(client.query(copyTo(`copy ${table} to stdout (format binary)`)), createWriteStream(file))
  })
}

async function copyOnce(ground: Ground, file: string): Promise<number> {
  const client = new pg.Client({ connectionString: ground.server.url(DATABASE), application_name: 'rehouse bench staging' })
  await client.connect()
  try {
    await client.query(
      `create unlogged table staged (id int4, student_id int4, assessment_id int4, score numeric, taken_at timestamp, status varchar, comment varchar, updated_at timestamp, is_retake bool)`,
    )
    const began = performance.now()
    await client.query('begin')
    await pipeline(
      Readable.from(createReadStream(file, { highWaterMark: 1 << 18 })),
      client.query(copyFrom('copy staged from stdin (format binary)')),
    )
    await client.query('commit')
    return (performance.now() - began) / 1000
  } finally {
    await client.end()
  }
}

/** Each content has a database of its own: the only one that is not ours. */
async function stagedDatabase(ground: Ground): Promise<string> {
  return withPlain(ground.server.url('postgres'), async client => {
    const { rows } = await client.query<{ datname: string }>(
      `select datname from pg_database where datname like 'rehouse\\_staging\\_%' order by oid desc limit 1`,
    )
    const name = rows[0]?.datname
    if (name === undefined) throw new Error('expected a database with what was staged, got none')
    return ground.server.url(name)
  })
}

async function withClient(url: string, work: (client: pg.Client, table: string) => Promise<void>): Promise<void> {
  await withPlain(url, async client => {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'legacy_staging' and tablename <> 'relation' limit 1`,
    )
    await work(client, rows[0]?.name ?? '')
  })
}

async function withPlain<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'rehouse bench staging' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
