import { createHmac } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { fingerprint, type Identifiers, openIdentifiers } from '../cast/identifiers.ts'
import { type Environment, readEnvironment } from '../config/environment.ts'
import { readTenants } from '../config/read-tenants.ts'
import { type Address, isSourcePerTenant, resolveUrl } from '../config/resolve-url.ts'
import { loadSalt } from '../config/salt.ts'
import { embeddedFolder, openEmbeddedDatabase } from '../embedded/embedded.ts'
import { chooseTls, openLedger, openSource, openSourceFile, openTarget, textsOf } from '../engines.ts'
import { bug, CODES, type Code, RehouseError } from '../errors.ts'
import { loadParser } from '../expression/parse-expression.ts'
import { loadAndCheckManifest } from '../manifest/load-manifest.ts'
import type { Finding } from '../model/finding.ts'
import type { Mapping, ServiceRef, Tenant } from '../model/mapping.ts'
import type { Migration } from '../run/migration.ts'
import { stagedSource } from '../staging/staged-source.ts'
import type { StagingPlace } from '../staging/staging-place.ts'
import { manyTablesSource } from '../tables/many-tables-source.ts'
import { dropStaging, openStaging, stagingFolder, workingFiles } from './open-staging.ts'
import type { Options } from './options.ts'
import { readTenantRelation } from './read-tenant-relation.ts'

/** A migration and the folder its manifest lies in. `close` ends every connection; idempotent. */
export interface OpenMigration extends Migration {
  readonly folder: string
  /** Remarks on the manifest itself. */
  readonly findings: readonly Finding[]
  readonly saltOrigin: 'environment' | 'file' | 'created'
  /** HMAC-SHA256 (hex) of a text under a key made from the salt, for evidence. */
  sign(text: string): string
  /**
   * What was staged goes, unless it is to be kept: `all` where the migration is done, `own` after a look, which leaves to an interrupted run what is its.
   * Resolves to what to tell about it.
   */
  dropStaging(which: 'all' | 'own'): Promise<readonly Finding[]>
  close(): Promise<void>
}

const APPLICATION = 'rehouse'

/** Reads the manifest and opens what it names. Throws what reading, resolving and connecting throw; then nothing is left open. */
export async function openMigration(options: Options & { readonly keepStaging?: boolean }): Promise<OpenMigration> {
  await loadParser()
  const { mapping, findings } = await loadAndCheckManifest(options.manifest, { set: options.set ?? {} })
  if (mapping === null) throw manifestError(findings)
  const folder = dirname(resolve(options.manifest))
  const environment = readEnvironment({ env: options.env, manifestFolder: folder, envFile: options.envFile })
  const { salt, origin } = loadSalt({ manifestFolder: folder, env: environment })
  const identifiers = openIdentifiers({ salt, migration: mapping.migration })
  const staging = openStaging({
    mapping,
    folder,
    environment,
    keeps: options.keepStaging ?? false,
    signal: options.signal ?? new AbortController().signal,
  })
  const place = {
    mapping,
    folder,
    environment,
    identifiers,
    staging,
    auditKey: createHmac('sha256', salt).update('rehouse audit 1').digest(),
    evidenceKey: createHmac('sha256', salt).update('rehouse evidence 1').digest(),
  }
  const services: Migration['services'][number][] = []
  const close = async (): Promise<void> => {
    await staging.close()
    for (const { ledger, target } of services) {
      await ledger.close()
      await target.close()
    }
  }
  try {
    for (const ref of mapping.services) services.push(await openService(ref, place))
  } catch (error) {
    await close()
    throw error
  }
  return {
    mapping,
    findings,
    identifiers,
    services,
    folder,
    saltOrigin: origin,
    close,
    dropStaging: which => dropStaging(staging, which),
    identity: { migration: mapping.migration, saltFingerprint: fingerprint(salt) },
    sign: text => createHmac('sha256', place.evidenceKey).update(text, 'utf8').digest('hex'),
    ...sourcesOf(place),
  }
}

/** The first error, with how many more there are. */
function manifestError(findings: readonly Finding[]): RehouseError {
  const errors = findings.filter(finding => finding.severity === 'error')
  const first = errors[0]
  if (first === undefined) throw bug('expected an error where there is no mapping')
  const more = errors.length === 1 ? '' : ` (and ${errors.length - 1} more)`
  const code = first.code in CODES ? (first.code as Code) : 'MANIFEST_INVALID'
  return new RehouseError(code, `${first.message}${more}`, { where: first.where, next: first.next })
}

interface Place {
  readonly mapping: Mapping
  readonly folder: string
  readonly environment: Environment
  readonly identifiers: Identifiers
  readonly auditKey: Buffer
  readonly evidenceKey: Buffer
  readonly staging: StagingPlace
}

async function openService(ref: ServiceRef, place: Place): Promise<Migration['services'][number]> {
  const address = await databaseAt(addressOf({ ref, side: 'service', tenant: null }, place), { side: 'target', folder: place.folder })
  const settings = ref.session
  const target = openTarget({ service: ref.name, url: address.url, ssl: address.ssl, settings, applicationName: APPLICATION })
  const decode = (id: string): { tenant: number; entity: number; key: string } | null => {
    const parts = place.identifiers.parseOrdered(id)
    return parts?.isGenuine ? { tenant: parts.tenant, entity: parts.entity, key: parts.key.toString() } : null
  }
  const ledger = openLedger({
    url: address.url,
    ssl: address.ssl,
    settings,
    applicationName: APPLICATION,
    auditKey: place.auditKey,
    decode,
    unindexed: 'scan',
  })
  return { name: ref.name, ref, label: address.label, target, ledger }
}

function sourcesOf(place: Place): Pick<Migration, 'tenants' | 'isPerTenant' | 'openSource' | 'doneWith' | 'stagingIdentity'> {
  const { mapping, folder, environment, staging } = place
  const sourceRef = (name: string): Mapping['sources'][number] =>
    mapping.sources.find(s => s.name === name) ?? (mapping.sources[0] as Mapping['sources'][number])
  const open: Migration['openSource'] = async (name, tenant) => {
    const address = addressOf({ ref: sourceRef(name), side: 'source', tenant }, place)
    if (address.kind === 'file') {
      const { scheme, path, options, label } = address
      const file = openSourceFile(scheme, { path, options, label, privateFolder: workingFiles(stagingFolder(folder)) })
      return stagedSource(manyTablesSource(file, { name, mapping }), {
        place: staging,
        name: stagedName(name, tenant),
        texts: textsOf(scheme),
      })
    }
    const { url, ssl } = await databaseAt(address, { side: 'source', folder })
    return manyTablesSource(openSource({ url, ssl, applicationName: APPLICATION }), { name, mapping })
  }
  const isPerTenant = (name: string): boolean => isSourcePerTenant(sourceRef(name), { environment, manifestFolder: folder })
  let tenants: Promise<readonly Tenant[]> | null = null
  const read = (): Promise<readonly Tenant[]> => {
    const { tenants: from } = mapping
    return from.kind === 'relation'
      ? readTenantRelation(from, () => open(from.relation.source, null))
      : Promise.resolve(readTenants(from, folder))
  }
  return {
    openSource: open,
    isPerTenant,
    // A shared source is read by other tenants too.
    doneWith: async tenant => {
      if (tenant === null || staging.options.keeps) return
      const own = mapping.sources.filter(({ name }) => isPerTenant(name))
      // What cannot be dropped now is tried again, and told, at the end of the run.
      for (const { name } of own) await staging.dropSource(stagedName(name, tenant)).catch(onlyOurs)
    },
    stagingIdentity: () => staging.identity(),
    tenants: () => {
      tenants ??= read()
      return tenants
    },
  }
}

function onlyOurs(error: unknown): void {
  if (!(error instanceof RehouseError)) throw error
}

/** Tells a source apart within the migration. */
function stagedName(source: string, tenant: Tenant | null): string {
  return tenant === null ? source : `${source}/${tenant.code}`
}

function addressOf(
  of: { ref: { name: string; url: string; at: ServiceRef['at'] }; side: 'source' | 'service'; tenant: Tenant | null },
  { folder, environment }: Place,
): Address {
  return resolveUrl(of.ref, { side: of.side, tenant: of.tenant, environment, manifestFolder: folder })
}

interface DatabaseAddress {
  readonly url: string
  readonly ssl: ConnectionOptions | false
  readonly label: string
}

async function databaseAt(
  address: Address,
  { side, folder }: { readonly side: 'source' | 'target'; readonly folder: string },
): Promise<DatabaseAddress> {
  if (address.kind === 'file') throw bug('expected the address of a database, got that of a file')
  if (address.kind === 'embedded') {
    const url = await openEmbeddedDatabase({ folder: embeddedFolder(folder) }, address.database)
    return { url, ssl: false, label: address.label }
  }
  const url = address.url.reveal()
  return { url, ssl: await chooseTls({ url, tls: address.tls }, side), label: address.label }
}
