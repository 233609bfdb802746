import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { newDatabase, type TestDatabase } from '../../../support/postgres.ts'
import { workFolder } from '../../../support/rehouse-process.ts'

/** The case set up: a legacy database, files beside it, an empty target, and the legacy database once more with the files as tables, for SQL that knows what should come out. */
export interface Bed {
  readonly legacy: TestDatabase
  readonly target: TestDatabase
  readonly oracle: TestDatabase
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly options: { readonly manifest: string; readonly env: Readonly<Record<string, string>> }
}

const here = (name: string): string => join(import.meta.dirname, name)
const read = (name: string): string => readFileSync(here(name), 'utf8')

export async function openBed(t: TestContext): Promise<Bed> {
  const [legacy, target, oracle] = [await newDatabase(t), await newDatabase(t), await newDatabase(t)]
  await Promise.all([
    legacy.script(read('legacy.sql')),
    target.script(read('target.sql')),
    oracle.script(read('legacy.sql') + read('beside.sql')),
  ])
  const folder = workFolder(t)
  cpSync(here('rehouse.yaml'), join(folder, 'rehouse.yaml'))
  cpSync(here('functions'), join(folder, 'functions'), { recursive: true })
  await writeCsv(oracle, {
    query: 'select legacy_id, sub from beside.map order by 1, 2',
    file: join(folder, 'subjects/map.csv'),
    header: 'legacy_id,sub',
  })
  await writeCsv(oracle, {
    query: 'select bucket, key, size, sha256, mime from beside.objects order by 1, 2',
    file: join(folder, 'archive/objects.csv'),
    header: 'bucket,key,size,sha256,mime',
  })
  writeFileSync(join(folder, 'archive/rehouse.columns.yaml'), 'files:\n  objects.csv: { columns: { size: int8 } }\n')
  const env = { LEGACY_DB: await legacy.readerUrl(), ALPHA2_DB: await target.writerUrl({ bypassRowSecurity: true }) }
  return { legacy, target, oracle, folder, env, options: { manifest: join(folder, 'rehouse.yaml'), env } }
}

async function writeCsv(
  database: TestDatabase,
  of: { readonly query: string; readonly file: string; readonly header: string },
): Promise<void> {
  const rows = await database.sql(of.query)
  const lines = rows.map(row => row.map(value => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`)).join(','))
  mkdirSync(join(of.file, '..'), { recursive: true })
  writeFileSync(of.file, `${[of.header, ...lines].join('\n')}\n`)
}
