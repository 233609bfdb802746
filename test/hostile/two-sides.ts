import { newDatabase, type TestDatabase, type TestLike } from '../support/postgres.ts'
import { rehouseHereJson, workFolder } from '../support/rehouse-process.ts'

/** A legacy database, a target, and a folder with a manifest between them, as least-privilege roles. */
export interface TwoSides {
  readonly source: TestDatabase
  readonly target: TestDatabase
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

export interface TwoSidesOptions {
  readonly sourceSql: string
  readonly targetSql: string
  readonly manifest: (names: { source: TestDatabase; target: TestDatabase }) => object
}

export const TENANT = '20000000-0000-4000-8000-000000000001'

/** A manifest for one tenant; JSON is YAML. */
export function manifestFor(entities: object, rest: object = {}): object {
  return {
    migration: 'hostile',
    sources: { legacy: 'env:LEGACY' },
    tenants: [{ code: 'one', id: TENANT, zone: 'Europe/Berlin' }],
    services: { main: { url: 'env:MAIN', tenant_column: 'tenant_id' } },
    entities,
    ...rest,
  }
}

export async function twoSides(t: TestLike, { sourceSql, targetSql, manifest }: TwoSidesOptions): Promise<TwoSides> {
  const source = await newDatabase(t)
  const target = await newDatabase(t)
  await source.script(sourceSql)
  await target.script(targetSql)
  const folder = workFolder(t, { 'rehouse.yaml': JSON.stringify(manifest({ source, target }), null, 2) })
  const env = { LEGACY: await source.readerUrl(), MAIN: await target.writerUrl({ bypassRowSecurity: true, ownsTables: true }) }
  return { source, target, folder, env }
}

export interface MigrateJson {
  readonly run: string
  readonly status: string
  readonly totals: Readonly<Record<string, number>>
  readonly failures: readonly { readonly code: string; readonly message: string; readonly next: string }[]
  readonly findings: readonly { readonly code: string; readonly severity: string; readonly message: string }[]
  readonly error?: {
    readonly code: string
    readonly message: string
    readonly next: string
    readonly where: Readonly<Record<string, unknown>>
  }
}

export async function migrateJson(
  sides: Pick<TwoSides, 'folder' | 'env'>,
  words: readonly string[] = [],
): Promise<{ status: number; json: MigrateJson; stderr: string; peakKib: number }> {
  return rehouseHereJson<MigrateJson>(['migrate', ...words], sides)
}
