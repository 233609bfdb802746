import { tableLabel } from '../base/table-label.ts'
import { RehouseError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import type { TargetRelation } from '../model/catalogue.ts'
import type { SchemaDebt, SchemaStep } from '../model/ledger-records.ts'
import type { Refusal, UnbreakableRules, Writer } from '../target/target.ts'
import type { Service } from './load-context.ts'
import { postponeReferences } from './postpone-references.ts'
import { atSeam, type Hooks } from './seams.ts'
import { type CascadeContext, takeBackWithChildren } from './take-back-cascade.ts'

export interface DebtContext {
  readonly emit: EventListener
  readonly hooks: Hooks
  /** A request to stop does not hold this up; its reason does when it is an error of ours: the target may be another run's by now. */
  readonly signal: AbortSignal
  /** Called when something is put back. */
  readonly progressed?: () => void
}

/** Sets keys, indexes and triggers aside before a load: every step and its inverse are recorded in the transaction that does it. */
export async function applySteps(
  service: Service,
  of: {
    readonly run: string
    readonly relations: readonly TargetRelation[]
    readonly worthwhile: ReadonlySet<string>
    readonly unbreakable: ReadonlyMap<string, UnbreakableRules>
    readonly triggers: 'fire' | 'disable' | null
    /** Besides: the ledger’s own. */
    readonly own: readonly SchemaStep[]
  },
  context: DebtContext,
): Promise<void> {
  const { relations, own, ...rule } = of
  const { run } = rule
  const steps = [...service.target.planDeferral(relations, rule), ...own]
  if (steps.length === 0) return
  await withWriter(service, async writer => {
    const tx = await writer.begin()
    try {
      for (const step of steps) {
        await tx.applyStep(step)
        await service.ledger.recordStep(tx, run, step)
      }
      await tx.commit({ durable: true })
    } catch (error) {
      await tx.rollback()
      throw error
    }
  })
  for (const step of steps)
    context.emit({
      type: 'schema:changed',
      service: service.name,
      table: tableLabel(step.schema, step.table),
      step: `${step.kind} ${step.name}`,
    })
  await atSeam(context.hooks, 'steps_applied', { service: service.name })
}

/**
 * Puts everything back, last first: one step a transaction, so that a death between two leaves the rest as a debt for the next command. Where a key cannot be rebuilt
 * because rows break it, those rows are taken back into quarantine first. Resolves to the rows taken back.
 */
export async function settleDebts(service: Service, context: DebtContext & { readonly cascade: CascadeContext }): Promise<number> {
  const debts = [...(await service.ledger.debts())].reverse()
  if (debts.length > 0) await atSeam(context.hooks, 'before_rebuild', { service: service.name })
  // The ledger's own key stands apart from the target's tables: both are rebuilt side by side.
  const isOwn = (debt: SchemaDebt): boolean => debt.schema === LEDGER_SCHEMA
  const [own, others] = await Promise.allSettled([
    settleInTurn(service, debts.filter(isOwn), context),
    settleInTurn(
      service,
      debts.filter(debt => !isOwn(debt)),
      context,
    ),
  ])
  if (own.status === 'rejected') throw own.reason
  if (others.status === 'rejected') throw others.reason
  if (debts.length > 0) await atSeam(context.hooks, 'after_rebuild', { service: service.name })
  return others.value
}

const LEDGER_SCHEMA = 'rehouse'

async function settleInTurn(
  service: Service,
  debts: readonly SchemaDebt[],
  context: DebtContext & { readonly cascade: CascadeContext },
): Promise<number> {
  let removed = 0
  for (const debt of debts) {
    if (isTaken(context.signal)) throw context.signal.reason
    removed += await settleDebt(service, debt, context.cascade)
    context.progressed?.()
    context.emit({
      type: 'schema:changed',
      service: service.name,
      table: tableLabel(debt.schema, debt.table),
      step: `restored ${debt.name}`,
    })
    await atSeam(context.hooks, 'between_rebuilds', { service: service.name })
  }
  return removed
}

/** Tries first: looking for violations costs as much as the rebuild itself, and mostly there are none. */
async function settleDebt(service: Service, debt: SchemaDebt, cascade: CascadeContext): Promise<number> {
  const refusal = await undoStep(service, debt)
  if (refusal === null) return 0
  const removed = await clearViolations(service, debt, cascade)
  const again = await undoStep(service, debt)
  if (again !== null) throw cannotRebuild(debt, again)
  return removed
}

/** Null: done. Else what the server found in the rows; nothing was changed. */
async function undoStep(service: Service, debt: SchemaDebt): Promise<Refusal | null> {
  return withWriter(service, async writer => {
    const tx = await writer.begin()
    try {
      const result = await tx.attempt(async () => {
        await tx.undoStep(debt)
        await service.ledger.settleStep(tx, debt.id)
      })
      if ('refused' in result) {
        await tx.rollback()
        return result.refused
      }
      await tx.commit({ durable: true })
      return null
    } catch (error) {
      await tx.rollback()
      throw error
    }
  })
}

function cannotRebuild(debt: SchemaDebt, refusal: Refusal): RehouseError {
  const table = tableLabel(debt.schema, debt.table)
  return new RehouseError(
    'TARGET_REFUSED',
    `expected ${debt.name} on ${table} to be put back, got SQLSTATE ${refusal.sqlstate} from rows Rehouse cannot name`,
    {
      where: { table },
      next: `Mend the rows by hand, then run \`rehouse migrate\` again: it puts ${debt.name} back first. Until then nobody else can write to the table.`,
      cause: refusal,
    },
  )
}

const CODES: Readonly<Partial<Record<SchemaDebt['kind'], string>>> = {
  drop_constraint: 'unique_violation',
  drop_index: 'unique_violation',
  drop_foreign_key: 'foreign_key_violation',
}

async function clearViolations(service: Service, debt: SchemaDebt, cascade: CascadeContext): Promise<number> {
  const code = CODES[debt.kind]
  const idColumn = headColumnOf(debt, service, cascade)
  if (code === undefined || idColumn === null) return 0
  let ids: readonly string[] = []
  await withWriter(service, async writer => {
    const tx = await writer.begin()
    ids = await tx.violations(debt, idColumn)
    await tx.rollback()
  })
  ids = await postponeReferences(service, debt, { ids, cascade })
  const detail = `refused by constraint ${debt.name}`
  return takeBackWithChildren({ service: service.name, ids, code, column: tableLabel(debt.schema, debt.table), detail }, cascade)
}

/** The column by which rows of the debt's table are found again; null = none, or no entity writes there. */
function headColumnOf(debt: SchemaDebt, service: Service, { mapping, tables }: CascadeContext): string | null {
  const name = tableLabel(debt.schema, debt.table)
  for (const entity of mapping.entities) {
    if (entity.service !== service.name) continue
    const table = tables(entity.name).tables.find(t => t.name === name)
    if (table) return table.headColumn
  }
  return null
}

async function withWriter<T>(service: Service, work: (writer: Writer) => Promise<T>): Promise<T> {
  const writer = await service.target.openWriter()
  try {
    return await work(writer)
  } finally {
    await writer.close()
  }
}

/** Aborted for another reason than a person’s wish to stop. */
function isTaken({ reason }: AbortSignal): boolean {
  return reason instanceof RehouseError && reason.code !== 'INTERRUPTED'
}
