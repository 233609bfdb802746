import type { Ledger } from '../ledger/ledger.ts'
import { type Counts, NO_COUNTS } from '../model/counts.ts'
import type { OwnedLine, RunRecord, TaskRecord } from '../model/ledger-records.ts'
import type { Differences } from './differences.ts'
import { placeOf } from './explain-rows.ts'
import type { VerifiedEntity } from './table-scopes.ts'

/** What one service's ledger says of an entity and tenant. */
export interface EntityLedger {
  /** The newest task of any run; null = never migrated. */
  readonly task: TaskRecord | null
  readonly run: RunRecord | null
  /** Of that run's latest pass. */
  readonly counts: Counts
  /** Related relations it accounts for besides its own. */
  readonly owned: readonly OwnedLine[]
  /** Rows per table, over all runs. */
  readonly written: Readonly<Record<string, number>>
  /** Runs with another mapping that loaded rows of it. */
  readonly otherManifests: readonly string[]
}

const NOTHING: EntityLedger = { task: null, run: null, counts: NO_COUNTS, owned: [], written: {}, otherManifests: [] }

/** Everything a service's ledger says, by `entity number/tenant number`. */
export class LedgerFacts {
  readonly #facts: ReadonlyMap<string, EntityLedger>

  private constructor(facts: ReadonlyMap<string, EntityLedger>) {
    this.#facts = facts
  }

  static async read(ledger: Pick<Ledger, 'ownedLines' | 'runs' | 'tasks' | 'totals'>, mappingHash: string): Promise<LedgerFacts> {
    const facts = new Map<string, EntityLedger>()
    for (const run of await ledger.runs()) {
      const totals = new Map((await ledger.totals(run.id)).map(total => [nameOf(total), total]))
      const lines = await ledger.ownedLines(run.id)
      const ownedOf = (task: TaskRecord): readonly OwnedLine[] =>
        lines.filter(line => line.entity === task.entity && line.tenant === task.tenant)
      for (const task of await ledger.tasks(run.id)) {
        const name = nameOf(task)
        const total = totals.get(name)
        const known = facts.get(name) ?? { ...NOTHING, task, run, counts: total?.counts ?? NO_COUNTS, owned: ownedOf(task) }
        const isOther = run.mappingHash !== mappingHash && (total?.counts.loaded ?? 0) + (total?.counts.updated ?? 0) > 0
        facts.set(name, {
          ...known,
          written: sumOf(known.written, total?.written ?? {}),
          otherManifests: isOther ? [...known.otherManifests, run.id] : known.otherManifests,
        })
      }
    }
    return new LedgerFacts(facts)
  }

  of(entity: VerifiedEntity): EntityLedger {
    return this.#facts.get(nameOf({ entity: entity.number, tenant: entity.tenant?.number ?? 0 })) ?? NOTHING
  }
}

function nameOf({ entity, tenant }: { readonly entity: number; readonly tenant: number }): string {
  return `${entity}/${tenant}`
}

function sumOf(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const sum: Record<string, number> = { ...a }
  for (const [table, rows] of Object.entries(b)) sum[table] = (sum[table] ?? 0) + rows
  return sum
}

/** Says what keeps an entity from being verified, whatever its rows are. False: there is nothing to compare yet. */
export function ledgerReasons(of: VerifiedEntity, facts: EntityLedger | null, differences: Differences): boolean {
  const place = { ...placeOf(of), table: null }
  const { task, run, otherManifests } = facts ?? NOTHING
  if (task === null || run === null) {
    differences.reason({ code: 'not_migrated', ...place, message: 'expected rows that were migrated, got an entity no run has read' })
    return false
  }
  if (otherManifests.length > 0) {
    const message = `expected rows loaded with this manifest, got some of run ${otherManifests.join(', ')}, which had another`
    differences.reason({ code: 'other_manifest', ...place, message })
  }
  if (task.state === 'settled') return true
  const message = `expected run ${run.id} to be done with it, got a task that is ${task.state}`
  differences.reason({ code: 'run_unfinished', ...place, message })
  return false
}
