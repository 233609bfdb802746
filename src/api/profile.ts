import { resolve } from 'node:path'
import { tableLabel } from '../base/table-label.ts'
import type { Draft } from '../draft/draft.ts'
import { draftMigration } from '../draft/draft-migration.ts'
import type { GivenSource } from '../draft/source-address.ts'
import { RehouseError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import type { ProfileFinding, ProfileResult } from '../model/profile-result.ts'
import { acrossFindings } from '../profile/across-findings.ts'
import { AcrossSources } from '../profile/across-sources.ts'
import { ProfileFindings } from '../profile/findings.ts'
import { ManifestLines, type TableName } from '../profile/manifest-lines.ts'
import { type SourceResult, sourceResult } from '../profile/profile-result.ts'
import { profileSource, tablesOf } from '../profile/profile-source.ts'
import { sourceFindings } from '../profile/table-findings.ts'
import { expandSources } from './expand-sources.ts'
import { atGiven, type GivenPlace, type Looked, lookAtAll, openGiven } from './look-at-sources.ts'

export interface ProfileOptions {
  /** Addresses and patterns, as `init` takes them; paths relative to `cwd`. */
  readonly sources: readonly string[]
  /** Only these tenants: codes as `init` gives them. */
  readonly tenants?: readonly string[]
  /** Of each table at most so many rows. */
  readonly rows?: number
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
  readonly on?: EventListener
}

/**
 * Reads the rows of the sources, each table at most twice, one source after the other, and says what is in them. Writes nothing. No personal value is in the result.
 * Throws USAGE for what cannot be meant, and what opening, describing or losing a source throws, with the tenant it was for.
 */
export async function profile(options: ProfileOptions): Promise<ProfileResult> {
  if (options.sources.length === 0)
    throw new RehouseError('USAGE', 'expected at least one source, got none', {
      next: 'Name a source, for example postgres://reader@host/shop.',
    })
  const given = chosen(await expandSources(options.sources, options.cwd), options.tenants)
  const place: GivenPlace = {
    folder: resolve(options.cwd),
    cwd: options.cwd,
    env: options.env,
    application: 'rehouse profile',
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }
  const looked = await lookAtAll(given, place)
  return profileLooked({ given, looked, place, draft: draftMigration(looked.map(({ source }) => source)), options })
}

export interface ProfileWork {
  readonly given: readonly GivenSource[]
  readonly looked: readonly Looked[]
  readonly place: GivenPlace
  /** Of the same sources: where the manifest lines stand. */
  readonly draft: Draft
  readonly options: Pick<ProfileOptions, 'rows' | 'signal' | 'on'>
}

/** The profile of sources whose catalogues were read. */
export async function profileLooked({ given, looked, place, draft, options }: ProfileWork): Promise<ProfileResult> {
  const began = performance.now()
  const emit = options.on ?? (() => undefined)
  const findings = new ProfileFindings(new ManifestLines(draft))
  const across = new AcrossSources()
  const results: SourceResult[] = []
  const tables = looked.flatMap(({ source }) => tablesOf(source.catalogue))
  const estimates = tables.map(({ estimatedRows }) => estimatedRows ?? 0)
  emit({
    type: 'run:started',
    run: 'profile',
    dryRun: false,
    tasks: tables.length * 2,
    estimatedRows: estimates.reduce((a, b) => a + b, 0) || null,
  })
  for (const [i, source] of given.entries()) {
    const opened = await openGiven(source, place)
    try {
      const facts = await profileSource({
        tenant: source.code,
        source: opened,
        catalogue: (looked[i] as Looked).source.catalogue,
        mostRows: options.rows ?? null,
        signal: options.signal ?? new AbortController().signal,
        emit,
      })
      sourceFindings(facts, findings)
      across.add(facts)
      results.push(sourceResult(facts))
    } catch (error) {
      throw atGiven(error, source)
    } finally {
      await opened.close()
    }
  }
  acrossFindings({ across, drafted: draft.findings, find: tableFinder(tables) }, findings)
  const seconds = (performance.now() - began) / 1000
  emit({ type: 'run:finished', run: 'profile', status: 'clean', seconds })
  return {
    sources: results.map(({ source }) => source),
    tables: results.flatMap(result => result.tables),
    references: results.flatMap(result => result.references),
    findings: bySeverity(findings.all()),
    files: [],
    seconds,
  }
}

function chosen(given: readonly GivenSource[], tenants: readonly string[] | undefined): readonly GivenSource[] {
  const unknown = tenants?.find(code => !given.some(source => source.code === code))
  if (unknown !== undefined)
    throw new RehouseError('USAGE', `expected --tenant to name one of the sources, got ${unknown}`, {
      next: `Name one of: ${given
        .slice(0, 20)
        .map(source => source.code)
        .join(', ')}.`,
    })
  return tenants === undefined ? given : given.filter(source => tenants.includes(source.code))
}

function tableFinder(tables: readonly TableName[]): (label: string) => TableName | null {
  const known = new Map(tables.map(table => [tableLabel(table.schema, table.name).toLowerCase(), table]))
  return label => known.get(label.toLowerCase()) ?? null
}

const ORDER = ['error', 'warning', 'info'] as const

/** The gravest first, else in the order found. */
function bySeverity(findings: readonly ProfileFinding[]): readonly ProfileFinding[] {
  return ORDER.flatMap(severity => findings.filter(finding => finding.severity === severity))
}
