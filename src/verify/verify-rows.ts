import { allSettled } from '../base/all-settled.ts'
import { canonicalKey } from '../base/key-text.ts'
import { bug } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Finding } from '../model/finding.ts'
import type { KnownKey, NumberedTenant } from '../model/ledger-records.ts'
import type { BatchBuffers, MergedRow } from '../plan/batch-buffers.ts'
import { partsOf } from '../plan/row-program.ts'
import type { EntityFacts } from '../plan/tenant-plan.ts'
import type { SourceSnapshot } from '../source/source.ts'
import type { TargetReader } from '../target/target.ts'
import { CompareIdMap } from './compare-id-map.ts'
import { CompareMerged } from './compare-merged.ts'
import { CompareScope } from './compare-scope.ts'
import type { Differences } from './differences.ts'
import { EveryRow } from './expected-rows.ts'
import { ExplainRows, placeOf } from './explain-rows.ts'
import type { EntityLedger } from './ledger-facts.ts'
import type { SpillFolder } from './spill-folder.ts'
import type { TableScope, VerifiedEntity } from './table-scopes.ts'

export interface RowsSetting {
  readonly entities: readonly VerifiedEntity[]
  readonly scopes: readonly TableScope[]
  readonly differences: Differences
  readonly spill: SpillFolder
  readonly showValues: boolean
  /** About so many rows of each entity and tenant; null = all. */
  readonly sample: number | null
  readonly signal: AbortSignal
  reader(service: string): TargetReader
  ledger(service: string): Ledger
  factsOf(of: VerifiedEntity): EntityLedger | null
  /** An entity has been compared to its end, with all tables it fills. */
  onDone(of: VerifiedEntity): Promise<void>
  /** What the program makes of a row is not what a person typed in. */
  onExample(of: VerifiedEntity, finding: Finding): void
}

/** What tells the rows the program makes now (run/recompute.ts). */
interface Reading {
  readonly facts: EntityFacts
  readonly tenant: NumberedTenant | null
  readonly snapshot: Pick<SourceSnapshot, 'marker' | 'count'>
  /** How many rows are read, where they are drawn; null = all. */
  readonly drawn: number | null
}

/** A batch as it is told (run/recompute.ts). */
interface ToldRows {
  readonly buffers: BatchBuffers
  readonly held: ReadonlySet<number>
  readonly merged: readonly MergedRow[]
}

interface Refused {
  readonly entity: string
  /** Canonical key text. */
  readonly key: string
  readonly parentEntity: string
}

interface Work {
  readonly of: VerifiedEntity
  /** Null: only a sample is compared. */
  readonly idMap: CompareIdMap | null
  readonly merged: CompareMerged
  readonly parts: readonly { readonly scope: CompareScope; readonly writer: number }[]
  readonly outcomes: { read: number; loaded: number; excluded: number; standing: number }
  /** Canonical keys of rows that are in the target and in quarantine. */
  readonly standing: ReadonlySet<string>
  readonly chosen: EveryRow
}

/** The rigorous level: compares every row and field the programs make with what targets and ledgers hold. Rows the ledger holds in quarantine are expected nowhere. */
export class VerifyRows {
  readonly #setting: RowsSetting
  readonly #scopes: ReadonlyMap<TableScope, { readonly compare: CompareScope; readonly explain: ExplainRows }>
  readonly #moved = new Set<VerifiedEntity>()
  readonly #ended: Pick<Work, 'of' | 'parts'>[] = []
  #work: Work | null = null

  constructor(setting: RowsSetting) {
    this.#setting = setting
    this.#scopes = new Map(setting.scopes.map(scope => [scope, this.#open(scope)]))
  }

  #open(scope: TableScope): { readonly compare: CompareScope; readonly explain: ExplainRows } {
    const { differences, spill, showValues, sample, signal } = this.#setting
    const reader = this.#setting.reader(scope.service)
    const ledger = this.#setting.ledger(scope.service)
    const explain = new ExplainRows({ scope, reader, ledger, differences, showValues, signal, isMoved: of => this.#moved.has(of) })
    return { compare: new CompareScope({ scope, reader, spill, listener: explain, isSample: sample !== null, signal }), explain }
  }

  #find(entity: string, tenant: NumberedTenant | null): VerifiedEntity | undefined {
    return this.#setting.entities.find(of => of.facts.entity.name === entity && (of.tenant?.code ?? null) === (tenant?.code ?? null))
  }

  wants(entity: string, tenant: NumberedTenant | null): boolean {
    return this.#find(entity, tenant) !== undefined
  }

  async begin({ facts, tenant, snapshot, drawn }: Reading): Promise<ReadonlySet<string>> {
    const of = this.#find(facts.entity.name, tenant)
    if (of === undefined) throw bug(`expected ${facts.entity.name} to be verified`)
    const ledger = this.#setting.ledger(facts.entity.service)
    if (this.#setting.factsOf(of)?.task?.marker !== snapshot.marker) this.#moved.add(of)
    const { spill, differences } = this.#setting
    const idMap = new CompareIdMap({ of, ledger, spill, differences, isMoved: this.#moved.has(of) })
    const merged = await CompareMerged.begin({ of, ledger, differences, isMoved: this.#moved.has(of) })
    const parts = [...this.#scopes].flatMap(([scope, { compare }]) =>
      scope.writers.flatMap((writer, i) => (writer.of === of ? [{ scope: compare, writer: i }] : [])),
    )
    const { absent, standing } = await heldRows(ledger, of, this.#setting.factsOf(of)?.run?.id ?? null)
    const { sample } = this.#setting
    const every = sample === null ? 1 : Math.floor((drawn ?? Number(await snapshot.count(facts.relation))) / sample)
    this.#work = {
      of,
      idMap: sample === null ? idMap : null,
      merged,
      parts,
      outcomes: { read: 0, loaded: 0, excluded: 0, standing: 0 },
      standing,
      chosen: new EveryRow(every),
    }
    return absent
  }

  async rows(_reading: Reading, batch: ToldRows): Promise<void> {
    const { idMap, merged, parts, outcomes, chosen, standing } = this.#current()
    outcomes.read += batch.buffers.read
    outcomes.loaded += batch.buffers.loaded - batch.held.size + batch.merged.length
    merged.push(batch.merged)
    outcomes.excluded += batch.buffers.excluded
    outcomes.standing += countKeys(batch.buffers, standing)
    if (idMap !== null) {
      // The ledger sums up while the tables are read.
      await allSettled([idMap.push(batch), pushAll(parts, batch)])
      return
    }
    const held = new Set([...batch.held, ...chosen.others(batch.buffers.loaded)])
    await pushAll(parts, { buffers: batch.buffers, held })
  }

  example(_reading: Reading, finding: Finding): void {
    this.#setting.onExample(this.#current().of, finding)
  }

  async end(): Promise<void> {
    const { of, idMap, merged, parts } = this.#current()
    await idMap?.done()
    merged.finish()
    for (const { scope, writer } of parts) await scope.done(writer)
    for (const { explain } of this.#scopes.values()) await explain.finish()
    this.#tellLedger(this.#current())
    this.#work = null
    this.#ended.push({ of, parts })
    await this.#tellDone()
  }

  /** An entity is done once every table it fills is compared: others may fill it too. */
  async #tellDone(): Promise<void> {
    const done = this.#ended.filter(({ parts }) => parts.every(({ scope }) => scope.isFinished))
    for (const one of done) {
      this.#ended.splice(this.#ended.indexOf(one), 1)
      await this.#setting.onDone(one.of)
    }
  }

  /** What the ledger says of the entity as a whole. If some of its rows are newer than the run, it says something of other rows. */
  #tellLedger({ of, idMap, outcomes }: Work): void {
    const { differences, factsOf } = this.#setting
    const place = placeOf(of)
    if (differences.counts(place.entity, place.tenant).not_verified > 0) return
    idMap?.tellSuspects()
    const counts = factsOf(of)?.counts
    if (counts === undefined) return
    const kept = counts.loaded + counts.merged + counts.updated + counts.unchanged + counts.skipped + outcomes.standing
    const pairs = [
      ['loaded', outcomes.loaded, kept],
      ['excluded', outcomes.excluded, counts.excluded],
      ['read', outcomes.read, counts.read],
    ] as const
    for (const [column, expected, actual] of pairs) {
      if (expected === actual) continue
      const told = { column, expected: String(expected), actual: String(actual), kind: 'accounting' as const }
      differences.add({ ...place, key: [], id: null, table: 'rehouse.batch_count', ...told })
    }
  }

  /** Ends what is under way after a failure. Idempotent. */
  async close(): Promise<void> {
    await this.#work?.idMap?.close()
    this.#work = null
  }

  #current(): Work {
    if (this.#work === null) throw bug('expected rows of an entity that has begun')
    return this.#work
  }

  /** Rows the ledger does not hold back, and that must go all the same: if they were loaded, they should not have been. */
  async settled(refused: readonly Refused[], tenant: NumberedTenant | null): Promise<void> {
    for (const row of refused) {
      const of = this.#find(row.entity, tenant)
      if (of === undefined) continue
      const key = partsOf(row.key)
      const [known] = await this.#setting.ledger(of.facts.entity.service).known(of.number, tenant?.number ?? 0, [key])
      if (known?.state !== 'loaded' && known?.state !== 'merged') continue
      const { differences } = this.#setting
      const table = of.compiled.tables[0]?.name ?? ''
      if (this.#moved.has(of)) {
        const message = 'expected rows as they were when the run read them, got rows whose references lead nowhere since'
        differences.reason({ code: 'source_moved_on', ...placeOf(of), table, message })
      } else
        differences.add({ ...placeOf(of), key, id: known.id, table, column: null, expected: null, actual: null, kind: 'refused_present' })
    }
  }
}

/** Keys of whole rows the ledger has in quarantine, as canonical text. */
export async function heldKeys(ledger: Pick<Ledger, 'quarantine'>, of: VerifiedEntity): Promise<ReadonlySet<string>> {
  const { entity, tenant } = placeOf(of)
  const { rows } = await ledger.quarantine({ entity, ...(tenant === null ? {} : { tenant }), limit: null })
  return new Set(rows.filter(row => row.part === null && row.tenant === tenant).map(row => canonicalKey(row.key)))
}

/** Rows in quarantine that are not in the target (`absent`), and those that are: conflicts of a top-up run, which counted them as quarantined. */
async function heldRows(
  ledger: Pick<Ledger, 'quarantine' | 'known'>,
  of: VerifiedEntity,
  run: string | null,
): Promise<{ readonly absent: ReadonlySet<string>; readonly standing: ReadonlySet<string> }> {
  const { entity, tenant } = placeOf(of)
  const { rows } = await ledger.quarantine({ entity, ...(tenant === null ? {} : { tenant }), limit: null })
  const held = rows.filter(row => row.part === null && row.tenant === tenant)
  const keys = held.map(row => row.key)
  const known = held.length === 0 ? [] : await ledger.known(of.number, of.tenant?.number ?? 0, keys)
  const textsOf = (isWanted: (i: number) => boolean): ReadonlySet<string> =>
    new Set(keys.filter((_, i) => isWanted(i)).map(key => canonicalKey(key)))
  return {
    absent: textsOf(i => !isThere(known[i])),
    standing: textsOf(i => isThere(known[i]) && held[i]?.last_run === run),
  }
}

async function pushAll(parts: Work['parts'], batch: { readonly buffers: BatchBuffers; readonly held: ReadonlySet<number> }): Promise<void> {
  for (const { scope, writer } of parts) await scope.push(writer, batch)
}

function isThere(known: KnownKey | null | undefined): boolean {
  return known?.state === 'loaded' || known?.state === 'merged'
}

function countKeys(buffers: BatchBuffers, keys: ReadonlySet<string>): number {
  let count = 0
  if (keys.size > 0)
    for (let row = 0; row < buffers.loaded; row++) if (keys.has(buffers.texts[row] ?? buffers.integerAt(row).toString())) count++
  return count
}
