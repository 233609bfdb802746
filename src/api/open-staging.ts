import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from '../config/environment.ts'
import { resolveUrl } from '../config/resolve-url.ts'
import { chooseTls, openSource } from '../engines.ts'
import { bug, RehouseError } from '../errors.ts'
import type { Finding } from '../model/finding.ts'
import type { Mapping } from '../model/mapping.ts'
import { StagingPlace } from '../staging/staging-place.ts'
import type { DatabaseAddress } from '../staging/staging-server.ts'

const APPLICATION = 'rehouse staging'
/** As many tenants of a run that failed find theirs again. */
const MOST_KEPT = 16

export interface StagingWish {
  readonly mapping: Mapping
  /** The manifest’s. */
  readonly folder: string
  readonly environment: Environment
  /** `--keep-staging`. */
  readonly keeps: boolean
  readonly signal: AbortSignal
}

/** `.rehouse/staging`: the built-in server lies there, and what engines keep of files while they are read. */
export function stagingFolder(manifestFolder: string): string {
  return join(manifestFolder, '.rehouse', 'staging')
}

/** Below the staging folder: what engines unpack of files, private like the staged rows. */
export function workingFiles(folder: string): string {
  return join(folder, 'files')
}

/** Where rows of this migration are staged. Nothing is looked up or started before something is. */
export function openStaging(wish: StagingWish): StagingPlace {
  const ref = refOf(wish)
  return new StagingPlace({
    folder: stagingFolder(wish.folder),
    address: ref === null ? null : () => addressOf(ref, wish),
    migration: wish.mapping.migration,
    openSource: ({ url, ssl }) => openSource({ url, ssl, applicationName: APPLICATION }),
    signal: wish.signal,
    keeps: wish.keeps,
    mostKept: MOST_KEPT,
  })
}

type StagingRef = NonNullable<Mapping['staging']> & { readonly name: string }

/** REHOUSE_STAGING over the manifest. */
function refOf({ mapping, environment }: StagingWish): StagingRef | null {
  const url = environment.get('REHOUSE_STAGING') ?? mapping.staging?.url ?? 'embedded'
  return url === 'embedded' ? null : { name: 'staging', url, at: mapping.staging?.at ?? { file: mapping.file, line: 1, column: 1 } }
}

async function addressOf(ref: StagingRef, { folder, environment }: StagingWish): Promise<DatabaseAddress> {
  const address = resolveUrl(ref, { side: 'staging', tenant: null, environment, manifestFolder: folder })
  if (address.kind === 'embedded')
    throw new RehouseError('MANIFEST_INVALID', 'expected embedded or postgres://… for staging, got embedded: with a name', {
      where: { file: ref.at.file, line: ref.at.line, column: ref.at.column },
      next: 'Write `staging: embedded`.',
    })
  if (address.kind === 'file') throw bug('expected the address of a database for staging, got that of a file')
  const url = address.url.reveal()
  return { url, ssl: await chooseTls({ url, tls: address.tls }, 'source') }
}

/** Drops what was staged, or only what this process staged. What could not be dropped is a finding: the rows are moved all the same. */
export async function dropStaging(place: StagingPlace, which: 'all' | 'own'): Promise<readonly Finding[]> {
  if (place.options.keeps) return []
  try {
    await (which === 'all' ? place.dropAll() : place.dropMade())
    // Unpacked dumps, and what was found out about files: another run unpacks and looks again.
    if (which === 'all') await rm(workingFiles(place.options.folder), { recursive: true, force: true })
    return []
  } catch (error) {
    if (!(error instanceof RehouseError)) throw error
    const message = `expected to drop what was staged, got ${error.code}: ${error.message}`
    return [{ code: 'STAGING_KEPT', severity: 'warning', where: {}, message, next: 'Run the migration again, or delete .rehouse/staging.' }]
  }
}
