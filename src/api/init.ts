import { basename, resolve } from 'node:path'
import { tenantId } from '../config/tenant-id.ts'
import type { Draft } from '../draft/draft.ts'
import { draftMigration } from '../draft/draft-migration.ts'
import { manifestText, SERVICE } from '../draft/manifest-text.ts'
import { addressPattern, type GivenSource } from '../draft/source-address.ts'
import { asciiWord } from '../draft/target-names.ts'
import { targetSql } from '../draft/target-sql.ts'
import { tenantsText } from '../draft/tenants-text.ts'
import { RehouseError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import type { Finding } from '../model/finding.ts'
import type { InitResult } from '../model/results.ts'
import { expandSources } from './expand-sources.ts'
import { type GivenPlace, type Looked, lookAtAll, openGiven } from './look-at-sources.ts'
import { profileLooked } from './profile.ts'
import { proposeExamples } from './propose-examples.ts'
import { targetReference } from './target-reference.ts'
import { refuseExisting, writeNewFiles } from './write-new-files.ts'

export interface InitOptions {
  /** Addresses and patterns; paths relative to `cwd`. */
  readonly sources: readonly string[]
  /** The folder to write into, relative to `cwd`. */
  readonly out: string
  /** Absent = `embedded:`. */
  readonly target?: string
  /** Replace files that are there. */
  readonly force?: boolean
  /** Look at the rows, too. */
  readonly profile?: boolean
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
  /** Events of the profile. */
  readonly on?: EventListener
}

const FILES = ['rehouse.yaml', 'target.sql', 'tenants.csv'] as const
/** What the profile is written to, by the command line. */
const PROFILE_FILES = ['profile.md', 'profile.html', 'profile.json']
const APPLICATION = 'rehouse init'

/**
 * Reads the catalogues of the sources, never a row of theirs but for the examples it proposes (and the profile, where asked for), and writes a manifest, a target and a list of tenants with which `migrate` works.
 * Throws USAGE for what cannot be meant, and what opening and describing a source throws, with the tenant it was for; then nothing is written.
 */
export async function init(options: InitOptions): Promise<InitResult> {
  const folder = resolve(options.cwd, options.out)
  if (options.sources.length === 0)
    throw new RehouseError('USAGE', 'expected at least one source, got none', {
      next: 'Name a source, for example postgres://reader@host/shop.',
    })
  if (options.force !== true) await refuseExisting(folder, [...FILES, ...(options.profile === true ? PROFILE_FILES : [])])
  const given = await expandSources(options.sources, options.cwd)
  const pattern = addressPattern(given, folder)
  const target = targetReference(options.target ?? 'embedded:')
  const place = placeOf(options)
  const looked = await lookAtAll(given, place)
  const draft = draftMigration(looked.map(({ source }) => source))
  refuseNothing(draft)
  const migration = migrationName(folder)
  const tenants = given.map((source, i) => ({
    code: source.code,
    id: tenantId(source.code),
    name: source.code,
    columns: pattern.columns[i] ?? {},
  }))
  const examples = await proposeExamples(draft, {
    sources: looked.map(({ source }) => source),
    open: index => openGiven(given[index] as GivenSource, place),
    signal: options.signal ?? new AbortController().signal,
  })
  const profiled = options.profile === true ? await profileLooked({ given, looked, place, draft, options }) : null
  const texts = {
    'rehouse.yaml': manifestText(draft, { migration, source: pattern.address, target: target.address, examples }),
    'target.sql': targetSql(draft),
    'tenants.csv': tenantsText(tenants),
  }
  const files = await writeNewFiles(
    folder,
    FILES.map(name => ({ name, text: texts[name] })),
    options.force === true ? 'replace' : 'keep',
  )
  const findings = [...pattern.findings, ...target.findings, ...draft.findings, ...(profiled?.findings ?? []).map(plainFinding)]
  return { ...initResult({ files, draft, looked, findings }), ...(profiled === null ? {} : { profile: profiled }) }
}

function plainFinding({ code, severity, where, message, next }: Finding): Finding {
  return { code, severity, where, message, next }
}

function placeOf({ out, cwd, env, signal }: InitOptions): GivenPlace {
  return { folder: resolve(cwd, out), cwd, env, application: APPLICATION, ...(signal === undefined ? {} : { signal }) }
}

function refuseNothing(draft: Draft): void {
  if (draft.tables.length > 0) return
  throw new RehouseError('SOURCE_INVALID', 'expected at least one table to migrate, got none', {
    next: 'Look whether the address names the right database, and whether the login sees its tables.',
  })
}

function migrationName(folder: string): string {
  return asciiWord(basename(folder), 'migration').slice(0, 60)
}

function initResult(of: {
  readonly files: readonly string[]
  readonly draft: Draft
  readonly looked: readonly Looked[]
  readonly findings: readonly Finding[]
}): InitResult {
  return {
    files: of.files,
    entities: of.draft.tables.map(table => ({
      entity: table.entity,
      service: SERVICE,
      from: `${table.from.schema}.${table.from.name}`,
      into: `${table.to.schema}.${table.to.name}`,
      key: table.key.kind === 'columns' ? table.key.names : [],
      columns: table.columns.length,
      references: [...new Set(table.columns.flatMap(({ value }) => (value.kind === 'reference' ? [value.entity] : [])))],
    })),
    tenants: of.looked.map(({ source, label }) => ({ tenant: source.code, label, relations: source.catalogue.relations.length })),
    findings: of.findings,
  }
}
