import { canonicalKey } from '../base/key-text.ts'
import { uuidText } from '../base/uuid-text.ts'
import type { Finding } from '../model/finding.ts'
import { ID_MAP_IMAGE } from '../model/ledger-records.ts'
import type { TablePlan } from '../plan/compile-table.ts'
import { NO_TENANT } from '../plan/no-tenant.ts'
import type { EntityFacts, TenantPlan } from '../plan/tenant-plan.ts'
import type { WriteTransaction } from '../target/target.ts'
import { type ChangedRow, changeOf } from './row-changes.ts'
import type { RunContext } from './run-context.ts'
import { atSeam } from './seams.ts'
import { type CascadeContext, childrenOf, selectIds } from './take-back-cascade.ts'
import { type RowPlace, TargetRows } from './target-rows.ts'
import { namedKeys } from './touched-rows.ts'
import { uncountedBatch } from './uncounted-batch.ts'
import { writeChanges } from './write-changes.ts'

/** Rows of target tables nothing expects, as a verification found them. */
export interface ExtraRows {
  /** Ids of heads, with an entity that fills the table. */
  readonly rows: readonly { readonly entity: string; readonly id: string }[]
  /** Told how many heads were taken back. */
  removed(rows: number): void
}

interface Stray {
  readonly key: readonly string[]
  readonly id: string
}

/** Strays of one entity and tenant. */
interface Group {
  readonly facts: EntityFacts
  readonly tenant: TenantPlan['tenant']
  readonly tables: readonly TablePlan[]
  readonly strays: readonly Stray[]
}

export interface StrayContext {
  readonly run: RunContext
  readonly cascade: CascadeContext
  readonly plans: readonly TenantPlan[]
  tables(entity: string, tenant: string | null): readonly TablePlan[]
}

const NONE: ReadonlySet<string> = new Set()

/**
 * Takes rows back that have an identifier only this migration can have given, and that no loaded key accounts for: with their parts, each kept in the ledger as it was. They were
 * never counted, so no count changes. A row that others refer to stays; a row whose identifier is anybody’s is foreign, and not looked at. Returns what stayed.
 */
export async function takeBackStrays(extras: ExtraRows, context: StrayContext): Promise<readonly Finding[]> {
  const left: Finding[] = []
  for (const group of await straysOf(extras, context)) {
    const { removed, stayed } = await takeBackGroup(group, context)
    extras.removed(removed)
    if (stayed.length > 0) left.push(findingOf(group, stayed))
  }
  return left
}

async function straysOf({ rows }: ExtraRows, context: StrayContext): Promise<readonly Group[]> {
  const groups: Group[] = []
  for (const plan of context.plans) {
    for (const facts of plan.entities.values()) {
      const { name, service } = facts.entity
      const ids = new Set(rows.filter(row => context.cascade.service(serviceOf(row.entity, context)).name === service).map(row => row.id))
      if (ids.size === 0) continue
      const tenant = plan.tenant?.number ?? 0
      const found = await madeByUs(ids, { facts, plan, context })
      const { ledger } = context.run.service(service)
      const known = await ledger.known(
        context.run.entity(name).number,
        tenant,
        found.map(({ key }) => key),
      )
      const strays = found.filter((_, i) => known[i]?.state !== 'loaded')
      if (strays.length > 0) groups.push({ facts, tenant: plan.tenant, tables: context.tables(name, plan.tenant?.code ?? null), strays })
    }
  }
  return groups.toSorted((a, b) => context.cascade.order.indexOf(b.facts.entity.name) - context.cascade.order.indexOf(a.facts.entity.name))
}

function serviceOf(entity: string, { run }: StrayContext): string {
  return run.mapping.entities.find(one => one.name === entity)?.service ?? ''
}

/** Those of the ids that are the identifier of a key of this entity and tenant: `ordered` ones say so themselves, others are those of keys that were refused or left out. */
async function madeByUs(
  ids: ReadonlySet<string>,
  { facts, plan, context }: { readonly facts: EntityFacts; readonly plan: TenantPlan; readonly context: StrayContext },
): Promise<readonly Stray[]> {
  const { identifiers } = context.run.setting
  const entity = context.run.entity(facts.entity.name).number
  const tenant = plan.tenant?.number ?? 0
  if (facts.strategy === 'ordered')
    return [...ids].flatMap(id => {
      const parts = identifiers.parseOrdered(id)
      return parts?.isGenuine && parts.entity === entity && parts.tenant === tenant ? [{ key: [String(parts.key)], id }] : []
    })
  if (facts.strategy === 'keep') return []
  const write =
    facts.strategy === 'hashed' ? identifiers.hashed(tenant, entity) : identifiers.v5(plan.tenant?.id ?? NO_TENANT, facts.entity.name)
  const made = Buffer.alloc(16)
  const found: Stray[] = []
  for await (const chunk of context.run.service(facts.entity.service).ledger.knownKeys(entity, tenant)) {
    for (const { key, state } of chunk) {
      if (state === 'loaded') continue
      write(canonicalKey(key), made, 0)
      if (ids.has(uuidText(made, 0))) found.push({ key, id: uuidText(made, 0) })
    }
  }
  return found
}

interface TakenBack {
  readonly removed: number
  readonly stayed: readonly Stray[]
}

async function takeBackGroup(group: Group, context: StrayContext): Promise<TakenBack> {
  const { entity } = group.facts
  const { target, ledger, name } = context.run.service(entity.service)
  const place: RowPlace = { tables: group.tables, found: context.cascade.tables(entity.name) }
  const writer = await target.openWriter()
  try {
    const task = await context.cascade.claimTask(entity.name, group.tenant?.code ?? null, writer)
    const id = await ledger.nextBatch()
    const tx = await writer.begin()
    try {
      const referred = await referredTo(tx, group, context)
      const free = group.strays.filter(stray => !referred.has(stray.id))
      const ids = free.map(stray => stray.id)
      const was = await TargetRows.read(place, ids, { read: request => tx.readRows(request), lock: 'rows' })
      const there = free.filter(stray => group.tables.some((_, t) => was.tuples(stray.id, t).length > 0))
      const changes = there.map(stray => ({ stray, change: changeOf(asGone(stray), was, { place, live: NONE }) }))
      const refused = new Set((await writeChanges(tx, changes, place)).map(({ row }) => row.stray))
      const done = changes.filter(({ stray }) => !refused.has(stray))
      const images = done.flatMap(({ change }) => change.images.filter(({ table }) => table !== ID_MAP_IMAGE))
      const of = { id, kind: 'correct', relation: place.found.relation, snapshot: task.snapshot ?? '' } as const
      if (done.length > 0) await ledger.recordBatch(tx, { ...uncountedBatch(task, of), images })
      await atSeam(context.run.hooks, 'before_correction_commit', { entity: entity.name, service: name, batch: id })
      await tx.commit({ durable: true })
      const stayed = group.strays.filter(stray => referred.has(stray.id) || refused.has(stray))
      return { removed: done.length, stayed }
    } catch (error) {
      await tx.rollback()
      throw error
    }
  } finally {
    await writer.close()
  }
}

function asGone({ key, id }: Stray): ChangedRow {
  return { key, id, hash: '0', batch: '0', now: [] }
}

/** Ids that rows of the mapping’s tables hold, whoever wrote them. */
async function referredTo(tx: WriteTransaction, { facts, strays }: Group, { cascade }: StrayContext): Promise<ReadonlySet<string>> {
  const ids = strays.map(({ id }) => id)
  const referred = new Set<string>()
  for (const { entity, table, column } of childrenOf(facts.entity.name, cascade)) {
    const of = { table, column, ids, idColumn: column }
    const name = { schema: table.schema, name: table.table }
    const isHere = entity.service === facts.entity.service
    const found = isHere ? await tx.selectIds({ ...of, table: name }) : await selectIds(cascade.service(entity.service), of)
    for (const id of found) referred.add(id.toLowerCase())
  }
  return referred
}

function findingOf({ facts, tenant }: Group, stayed: readonly Stray[]): Finding {
  const keys = stayed.slice(0, 6).map(({ key }) => key.join(','))
  return {
    code: 'TARGET_ROWS_CHANGED',
    severity: 'warning',
    where: { entity: facts.entity.name, ...(tenant === null ? {} : { tenant: tenant.code }) },
    message: `expected to take back every row of ours that no key accounts for, got ${stayed.length} that others refer to or the server would not remove: ${namedKeys(keys, stayed.length)}`,
    next: 'Remove what refers to them, then run `rehouse verify --level rigorous --repair` again.',
  }
}
