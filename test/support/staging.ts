import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeEmbedded } from '../../src/embedded/embedded.ts'
import { openPostgresSource } from '../../src/source/postgres/postgres-source.ts'
import { type StagingOptions, StagingPlace } from '../../src/staging/staging-place.ts'
import { serverFolder } from '../../src/staging/staging-server.ts'
import { sql, type TestLike, testServer } from './postgres.ts'

let count = 0

/** A place on the test server, as `staging: postgres://…` gives it; its databases are gone after the test. */
export async function stagingPlace(t: TestLike, options: Partial<StagingOptions> = {}): Promise<StagingPlace> {
  const { url } = await testServer()
  const place = openPlace({
    folder: '/nowhere',
    address: () => Promise.resolve({ url: url('postgres'), ssl: false }),
    migration: `m${process.pid}-${count++}`,
    ...options,
  })
  t.after(async () => {
    await place.dropAll()
    await place.close()
  })
  return place
}

export function openPlace(options: Pick<StagingOptions, 'folder' | 'address' | 'migration'> & Partial<StagingOptions>): StagingPlace {
  return new StagingPlace({
    openSource: address => openPostgresSource({ ...address, applicationName: 'rehouse staging' }),
    signal: new AbortController().signal,
    keeps: false,
    mostKept: 16,
    ...options,
  })
}

/** A folder for the built-in server; server and folder are gone after the test. */
export function stagingFolder(t: TestLike): string {
  const above = mkdtempSync(join(tmpdir(), `rehouse-test-${process.pid}-staging-`))
  const folder = join(above, '.rehouse', 'staging')
  t.after(async () => {
    await removeEmbedded(serverFolder(folder))
    rmSync(above, { recursive: true, force: true })
  })
  return folder
}

/** Names of the staging databases of a migration on the test server. */
export async function stagedDatabases(place: StagingPlace): Promise<readonly string[]> {
  const { url } = await testServer()
  const rows = await sql(
    url('postgres'),
    `select datname from pg_database where shobj_description(oid, 'pg_database')::json ->> 'migration' = $1 and datname like 'rehouse\\_staging\\_%' order by 1`,
    [place.options.migration],
  )
  return rows.map(([name]) => String(name))
}
