import { RehouseError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { RunRecord, RunSelection } from '../model/ledger-records.ts'
import type { Entity } from '../model/mapping.ts'
import { referencedEntities } from '../plan/order.ts'

interface Services {
  /** The first holds the control ledger. */
  readonly services: readonly { readonly ledger: Ledger }[]
}

/** How rows are drawn for a sample. */
export interface SampleRule {
  /** How many rows of each entity of a tenant (its code; null: shared rows) at least, where there are so many. */
  rowsOf(tenant: string | null): number
  /** The ledger is one of a sample: the rows it knows stay drawn. */
  readonly keepsKnown: boolean
}

/** The rule of a run, or, where nothing was asked, of what runs before left. Null: all rows are read. */
export function sampleRuleOf(earlier: readonly RunRecord[], asked: RunSelection | null): SampleRule | null {
  const before = earlier.map(run => run.selection).filter(isSampled)
  const all = [...before, ...(asked !== null && isSampled(asked) ? [asked] : [])]
  if (all.length === 0) return null
  const most = (of: readonly Sampled[]): number => Math.max(...of.map(({ sample }) => sample))
  return {
    rowsOf: tenant => {
      const own = all.filter(({ tenants }) => tenants === null || (tenant !== null && tenants.includes(tenant)))
      return most(own.length > 0 ? own : all)
    },
    keepsKnown: before.length > 0,
  }
}

type Sampled = RunSelection & { readonly sample: number }

function isSampled(selection: RunSelection): selection is Sampled {
  return selection.sample !== undefined
}

/** The most rows a run of the ledger drew of each entity and tenant; null = it drew none. */
export function sampleSize(runs: readonly RunRecord[]): number | null {
  const sizes = runs.map(run => run.selection).filter(isSampled)
  return sizes.length === 0 ? null : Math.max(...sizes.map(({ sample }) => sample))
}

/** As results tell it: absent where all rows were read. */
export function sampleOf({ selection }: Pick<RunRecord, 'selection'>): { readonly sample?: number } {
  return isSampled(selection) ? { sample: selection.sample } : {}
}

/** The runs of the control ledger; none where there is no ledger yet, or one of an older version. */
export async function runsOf({ services }: Services): Promise<readonly RunRecord[]> {
  const control = services[0]?.ledger
  return control !== undefined && (await control.state()) === 'current' ? control.runs() : []
}

/** Without samples that were broken off before they read a row: they left nothing, and make no sample of what comes after them. */
export async function withoutEmptySamples(runs: readonly RunRecord[], { services }: Services): Promise<readonly RunRecord[]> {
  const kept: RunRecord[] = []
  for (const run of runs) if (!isSampled(run.selection) || (await hasRead(run.id, services))) kept.push(run)
  return kept
}

async function hasRead(run: string, services: Services['services']): Promise<boolean> {
  for (const { ledger } of services) {
    if ((await ledger.state()) === 'current' && (await ledger.totals(run)).some(({ counts }) => counts.read > 0)) return true
  }
  return false
}

/** What a retry or a repair works on is a sample where the ledger is one of a sample. */
export function withSample(selection: RunSelection, earlier: readonly RunRecord[]): RunSelection {
  const sample = sampleSize(earlier)
  const isFollowUp = selection.retries === true || selection.repairs === true
  return isFollowUp && sample !== null ? { ...selection, sample } : selection
}

/** TARGET_HOLDS_SAMPLE, TARGET_HOLDS_ROWS: a sample and whole tables in one target would leave nobody to say which rows are missing. Runs that read nothing do not count. */
export async function refuseMixedSample(
  asked: RunSelection,
  { earlier, services }: { readonly earlier: readonly RunRecord[] } & Services,
): Promise<void> {
  const isRead = (run: string): Promise<boolean> => hasRead(run, services)
  if (!isSampled(asked)) {
    const sampled = await first(
      earlier.filter(({ selection }) => isSampled(selection)),
      isRead,
    )
    if (sampled === null) return
    throw new RehouseError(
      'TARGET_HOLDS_SAMPLE',
      `expected a target that holds no sample, got one in which run ${sampled.id} put about ${sampled.selection.sample} rows of each entity and tenant`,
      {
        next: 'Migrate into empty targets, or add --sample to go on with the sample.',
      },
    )
  }
  const whole = await first(
    earlier.filter(({ selection }) => !isSampled(selection)),
    isRead,
  )
  if (whole === null) return
  throw new RehouseError(
    'TARGET_HOLDS_ROWS',
    `expected a scratch target for a sample, got one that run ${whole.id} migrated whole tables to`,
    {
      next: 'Point the services at empty databases, for example `embedded:rehearsal`, or add --dry-run.',
    },
  )
}

async function first(runs: readonly RunRecord[], isRead: (run: string) => Promise<boolean>): Promise<RunRecord | null> {
  for (const run of runs) if (await isRead(run.id)) return run
  return null
}

/** Shared entities that rows of a tenant refer to, however far: they are not drawn from, because any tenant may need any row. */
export function wholeEntities(entities: readonly Entity[]): ReadonlySet<string> {
  const found = new Set(entities.filter(entity => !entity.isShared).flatMap(referencedEntities))
  for (const name of found) {
    const entity = entities.find(candidate => candidate.name === name)
    if (entity?.isShared) for (const parent of referencedEntities(entity)) found.add(parent)
  }
  return new Set(entities.filter(entity => entity.isShared && found.has(entity.name)).map(({ name }) => name))
}
