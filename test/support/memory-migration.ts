import assert from 'node:assert/strict'
import { TupleWriter } from '../../src/base/tuple-writer.ts'
import { fieldDecoder, fieldEncoder } from '../../src/cast/field-codec.ts'
import { openIdentifiers } from '../../src/cast/identifiers.ts'
import { readTenants } from '../../src/config/read-tenants.ts'
import type { ProgressEvent } from '../../src/events.ts'
import { loadParser } from '../../src/expression/parse-expression.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openMemoryLedger } from '../../src/ledger/memory/memory-ledger.ts'
import { MemoryStore } from '../../src/ledger/memory/memory-store.ts'
import { readManifest } from '../../src/manifest/read-manifest.ts'
import type { Relation } from '../../src/model/catalogue.ts'
import type { Counts } from '../../src/model/counts.ts'
import type { RunSelection } from '../../src/model/ledger-records.ts'
import type { Mapping, ServiceRef } from '../../src/model/mapping.ts'
import type { SqlType } from '../../src/model/sql-type.ts'
import type { Value } from '../../src/model/value.ts'
import type { RelatedWay } from '../../src/plan/related-way.ts'
import { dryContext } from '../../src/run/dry-context.ts'
import { type DryEnd, runDry } from '../../src/run/dry-run.ts'
import type { Migration, RunOptions } from '../../src/run/migration.ts'
import { type RunEnd, runMigration } from '../../src/run/run-migration.ts'
import type { Hooks } from '../../src/run/seams.ts'
import { surveyMigration } from '../../src/run/survey-migration.ts'
import { type MemoryOptions, MemorySource } from '../../src/source/memory/memory-source.ts'
import type { Source } from '../../src/source/source.ts'
import { manyTablesSource } from '../../src/tables/many-tables-source.ts'
import { WatchedTarget } from './watched-target.ts'

await loadParser()

export type Row = readonly Value[]

/** A relation of a source. Rows by tenant code; those of a shared source under ''. */
export interface SourceTable {
  readonly relation: Relation
  readonly rows: Readonly<Record<string, readonly Row[]>>
}

export interface BedWish {
  readonly manifest: string
  /** By source name. */
  readonly sources: Readonly<Record<string, readonly SourceTable[]>>
  /** By service name. */
  readonly targets: Readonly<Record<string, readonly Relation[]>>
  /** `scan`: as files, in the order given. */
  readonly capability?: MemoryOptions['capability']
  /** How related rows are got at wherever that is possible; absent = as is best. */
  readonly relatedWay?: RelatedWay
  /** What stands between the run and a source. */
  readonly wrap?: (source: Source, of: { readonly name: string; readonly tenant: string }) => Source
}

export interface RunWish {
  readonly selection?: Partial<RunSelection>
  readonly resume?: string
  readonly hooks?: Hooks
  readonly batchRows?: number
  readonly lanes?: number
  readonly signal?: AbortSignal
  readonly audit?: (line: unknown) => void
  /** Instead of the bed's own. */
  readonly migration?: Migration
}

/** What a run did, as the ledgers tell it. Counts by `entity` or `entity/tenant`, without those that are 0. */
export interface Told {
  readonly end: RunEnd
  readonly counts: Readonly<Record<string, Partial<Counts>>>
  readonly outcomes: readonly string[]
}

export interface DryTold {
  readonly end: DryEnd
  readonly counts: Readonly<Record<string, Partial<Counts>>>
  readonly written: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** A migration on the memory engines: real manifest, real plan, real run; no database, no clock, no file. */
export class Bed {
  readonly mapping: Mapping
  readonly migration: Migration
  readonly targets: ReadonlyMap<string, WatchedTarget>
  readonly stores: ReadonlyMap<string, MemoryStore>
  readonly events: ProgressEvent[] = []
  readonly #tables: Map<string, Map<string, SourceTable>>
  readonly #wish: BedWish
  readonly #versions = new Map<string, number>()
  #runs = 0

  constructor(wish: BedWish) {
    this.#wish = wish
    this.mapping = readManifest({ file: 'rehouse.yaml', text: wish.manifest, options: { set: {} } })
    this.#tables = new Map(
      Object.entries(wish.sources).map(([name, tables]) => [name, new Map(tables.map(table => [table.relation.name, table]))]),
    )
    const relations = (service: string): readonly Relation[] => wish.targets[service] ?? []
    this.targets = new Map(
      this.mapping.services.map(({ name }) => [name, new WatchedTarget({ service: name, relations: relations(name) })]),
    )
    this.stores = new Map(this.mapping.services.map(({ name }) => [name, new MemoryStore()]))
    this.migration = this.#open()
  }

  #open(): Migration {
    const { mapping } = this
    assert.ok(mapping.tenants.kind !== 'relation')
    const tenants = readTenants(mapping.tenants, '.')
    const isPerTenant = (name: string): boolean => mapping.sources.find(source => source.name === name)?.url.includes('{tenant.') ?? false
    return {
      mapping,
      identifiers: openIdentifiers({ salt: Buffer.from('a salt for tests, 32 bytes long..'), migration: mapping.migration }),
      identity: { migration: mapping.migration, saltFingerprint: '0123456789abcdef' },
      services: mapping.services.map(ref => this.#service(ref)),
      tenants: () => Promise.resolve(tenants),
      isPerTenant,
      ...(this.#wish.relatedWay === undefined ? {} : { relatedWay: this.#wish.relatedWay }),
      openSource: (name, tenant) => Promise.resolve(this.#source(name, tenant?.code ?? '')),
    }
  }

  #service(ref: ServiceRef): Migration['services'][number] {
    const target = this.target(ref.name)
    const store = this.stores.get(ref.name) ?? assert.fail(ref.name)
    const ledger = openMemoryLedger({ store, endBackend: backend => target.terminate(backend) })
    return { name: ref.name, ref, label: target.label, target, ledger }
  }

  #source(name: string, tenant: string): Source {
    const tables = [...(this.#tables.get(name)?.values() ?? [])]
    const version = this.#versions.get(`${name}/${tenant}`) ?? 0
    const { capability = 'keyset', wrap = source => source } = this.#wish
    const source = new MemorySource(
      `${name}/${tenant}:${version}`,
      tables.map(({ relation, rows }) => ({ relation, rows: (rows[tenant] ?? []).map(row => fieldsOf(relation, row)) })),
      { capability },
    )
    return manyTablesSource(wrap(source, { name, tenant }), { name, mapping: this.mapping })
  }

  /** What somebody else commits to a source; snapshots taken before do not see it. */
  replaceRows(place: { readonly source: string; readonly tenant: string; readonly table: string }, rows: readonly Row[]): void {
    const tables = this.#tables.get(place.source)
    const known = tables?.get(place.table)
    assert.ok(tables && known)
    tables.set(place.table, { ...known, rows: { ...known.rows, [place.tenant]: rows } })
    const name = `${place.source}/${place.tenant}`
    this.#versions.set(name, (this.#versions.get(name) ?? 0) + 1)
  }

  target(service: string): WatchedTarget {
    return this.targets.get(service) ?? assert.fail(service)
  }

  ledger(service: string): Ledger {
    return this.migration.services.find(({ name }) => name === service)?.ledger ?? assert.fail(service)
  }

  /** Rows of a target table as values, the order stored. Without `columns` all of them. */
  rows(service: string, table: string, columns?: readonly string[]): readonly Row[] {
    const [schema = '', name = ''] = table.split('.')
    const relation = this.target(service).relations.find(r => r.schema === schema && r.name === name) ?? assert.fail(table)
    const chosen = relation.columns.flatMap((column, i) => (columns === undefined || columns.includes(column.name) ? [i] : []))
    return this.target(service)
      .rows({ schema, name })
      .map(fields => chosen.map(i => valueIn(relation.columns[i]?.type, fields[i] ?? null)))
  }

  async run(wish: RunWish = {}): Promise<Told> {
    const options = this.#options(wish)
    const migration = wish.migration ?? this.migration
    const end = await runMigration(migration, await this.#survey(options, this.migration), options)
    return this.told(end)
  }

  /** What the ledgers say of a run. */
  async told(end: RunEnd): Promise<Told> {
    const counts: Record<string, Partial<Counts>> = {}
    const outcomes: string[] = []
    for (const { ledger } of this.migration.services) {
      const entities = new Map((await ledger.entities()).map(entity => [entity.number, entity.name]))
      const tenants = new Map((await ledger.tenants()).map(tenant => [tenant.number, tenant.code]))
      for (const total of await ledger.totals(end.run))
        counts[placeName(entities.get(total.entity) ?? '', tenants.get(total.tenant) ?? null)] = withoutZeros(total.counts)
      for (const { entity, kind, column, code, count } of await ledger.outcomes(end.run))
        outcomes.push([entity, kind, column, code, count].join(' '))
    }
    return { end, counts, outcomes }
  }

  async dry(wish: RunWish = {}): Promise<DryTold> {
    const options = { ...this.#options(wish), dryRun: true }
    const migration = wish.migration ?? this.migration
    const survey = await this.#survey(options, migration)
    const context = dryContext(migration, { survey, options })
    const end = await runDry({ context, plans: survey.plans, options })
    const counts = end.results.map(result => [placeName(result.entity, result.tenant), withoutZeros(result.counts)] as const)
    const written = end.results.map(result => [placeName(result.entity, result.tenant), result.written] as const)
    return { end, counts: Object.fromEntries(counts), written: Object.fromEntries(written) }
  }

  /** Open rows of the quarantine of every service, as `entity/tenant key code`. */
  async quarantine(): Promise<readonly string[]> {
    const lists = await Promise.all(this.migration.services.map(({ ledger }) => ledger.quarantine({ limit: null })))
    return lists.flatMap(({ rows }) =>
      rows.map(row => [placeName(row.entity, row.tenant), row.key.join(','), row.code, ...(row.part === null ? [] : [row.part])].join(' ')),
    )
  }

  async #survey(options: RunOptions, migration: Migration): ReturnType<typeof surveyMigration> {
    const survey = await surveyMigration(migration, options.selection.tenants)
    assert.deepEqual(
      survey.findings.filter(finding => finding.severity === 'error' && finding.code !== 'MAPPING_NOT_COVERED'),
      [],
    )
    return survey
  }

  #options(wish: RunWish): RunOptions {
    const { audit } = wish
    return {
      selection: { tenants: null, entities: null, phase: null, ...wish.selection },
      dryRun: false,
      resume: wish.resume ?? null,
      wait: false,
      batchRows: wish.batchRows ?? null,
      signal: wish.signal ?? new AbortController().signal,
      emit: event => this.events.push(event),
      hooks: wish.hooks ?? {},
      operator: 'tester',
      host: 'here',
      pid: 1,
      programVersion: '0',
      newRunId: `run-${++this.#runs}`,
      lanes: wish.lanes ?? 1,
      wallClock: () => new Date(Date.UTC(2026, 0, 1, 0, 0, this.#runs)).toISOString(),
      now: () => 0,
      audit: audit === undefined ? null : line => Promise.resolve(audit(line)),
    }
  }
}

export function placeName(entity: string, tenant: string | null): string {
  return tenant === null ? entity : `${entity}/${tenant}`
}

export function withoutZeros(counts: Counts): Partial<Counts> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
}

/** A row's values as fields of the relation's columns. */
export function fieldsOf(relation: Relation, row: Row): readonly (Buffer | null)[] {
  return relation.columns.map((column, i) => fieldOf(column.type, row[i] ?? null))
}

export function fieldOf(type: SqlType, value: Value): Buffer | null {
  if (value === null) return null
  const out = new TupleWriter(64)
  fieldEncoder(type)(value, out)
  return Buffer.from(out.bytes().subarray(4))
}

function valueIn(type: SqlType | undefined, field: Buffer | null): Value {
  return field === null || type === undefined ? null : fieldDecoder(type)(field, 0, field.length)
}
