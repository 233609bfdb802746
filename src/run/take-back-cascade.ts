import { canonicalKey } from '../base/key-text.ts'
import type { LookupMatch } from '../ledger/ledger.ts'
import { shapesOf } from '../model/every-shape.ts'
import type { SchemaDebt, TaskRecord } from '../model/ledger-records.ts'
import { type Entity, type Mapping, type MappingValue, mayMerge, type NamedValue, type Shape } from '../model/mapping.ts'
import type { ColumnUpdate, Writer } from '../target/target.ts'
import { type EntityTables, takeBack } from './corrections.ts'
import type { Service } from './load-context.ts'
import type { Hooks } from './seams.ts'

/** What taking rows back together with all that refers to them works with. */
export interface CascadeContext {
  readonly mapping: Mapping
  readonly hooks: Hooks
  /** Names of the entities, parents before children. */
  readonly order: readonly string[]
  service(name: string): Service
  tables(entity: string): EntityTables
  /** The task to record a correction under, freshly claimed by `writer`, in the state it was in: a correction does not finish a task. */
  claimTask(entity: string, tenant: string | null, writer: Writer): Promise<TaskRecord>
  /** The column of a foreign key set aside that refers to rows which may come later; null = it has none that takes NULL. */
  laterReference(service: Service, debt: SchemaDebt): Pick<ColumnUpdate, 'table' | 'where' | 'set'> | null
  /** Whether the references of the entity's rows were checked since they were last loaded. */
  isSettled(entity: string, tenant: string | null): Promise<boolean>
}

/** Why rows must go. */
export interface Reason {
  readonly code: string
  readonly column: string
  readonly detail: string
}

export interface Doomed extends Reason {
  readonly service: string
  readonly ids: readonly string[]
}

type DoomedRow = LookupMatch & { readonly reason: Reason }

/**
 * Takes rows back by the ids of their heads, with all that refers to them: transitively, children before parents, so that no foreign key stands in the way.
 * Resolves to the rows taken back.
 */
export async function takeBackWithChildren(doomed: Doomed, context: CascadeContext): Promise<number> {
  const rows = await withChildren(doomed, context)
  for (const entity of [...context.order].reverse()) {
    const own = rows.filter(row => row.entity === entity)
    for (const [, sameTenant] of groupBy(own, row => row.tenant ?? '')) await takeBackOwn(entity, sameTenant, context)
  }
  return rows.length
}

/** Each row once, with the first reason found for it; rows may refer to one another in circles. */
async function withChildren(doomed: Doomed, context: CascadeContext): Promise<readonly DoomedRow[]> {
  const seen = new Set<string>()
  const rows: DoomedRow[] = []
  const queue: Doomed[] = [doomed]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const ids = next.ids.filter(id => !seen.has(id))
    if (ids.length === 0) continue
    for (const id of ids) seen.add(id)
    const matches = await matchesOf(next.service, ids, context)
    const { code, column, detail } = next
    const own = matches.find(match => match.isMerged !== true)?.entity ?? 'another entity'
    const merged: Reason = { code: 'parent_quarantined', column: '', detail: `is a row of ${own}` }
    rows.push(...matches.map(match => ({ ...match, reason: match.isMerged ? merged : { code, column, detail } })))
    for (const [entity, group] of groupBy(matches, match => match.entity)) {
      const parents = group.map(row => row.id)
      for (const child of childrenOf(entity, context)) queue.push(await doomedBy(child, { entity, ids: parents }, context))
    }
  }
  return rows
}

/** Rows with these ids, and rows that are those rows, of whatever service. */
async function matchesOf(service: string, ids: readonly string[], context: CascadeContext): Promise<readonly LookupMatch[]> {
  const own = await context.service(service).ledger.keysOf(ids)
  return [...own, ...(await mergedInto(ids, { context, but: service }))]
}

/** Rows that are the rows with these ids, in every ledger that can know of such but one. */
export async function mergedInto(
  ids: readonly string[],
  { context, but }: { readonly context: CascadeContext; readonly but: string | null },
): Promise<readonly LookupMatch[]> {
  if (ids.length === 0) return []
  const services = new Set(context.mapping.entities.filter(mayMerge).map(entity => entity.service))
  const found: LookupMatch[] = []
  for (const name of services)
    if (name !== but) found.push(...(await context.service(name).ledger.keysOf(ids)).filter(match => match.isMerged === true))
  return found
}

async function takeBackOwn(entity: string, rows: readonly DoomedRow[], context: CascadeContext): Promise<void> {
  const tables = context.tables(entity)
  const service = context.service(context.mapping.entities.find(e => e.name === entity)?.service ?? '')
  const writer = await service.target.openWriter()
  try {
    const task = await context.claimTask(entity, rows[0]?.tenant ?? null, writer)
    const entries = rows.map(row => ({ key: canonicalKey(row.key), ...row.reason }))
    const { hooks } = context
    await takeBack({
      service,
      writer,
      task,
      tables,
      snapshot: task.snapshot ?? '',
      kind: 'correct',
      rows: entries,
      hooks,
      taskState: task.state,
    })
  } finally {
    await writer.close()
  }
}

interface Child {
  readonly entity: Entity
  readonly table: EntityTables['tables'][number]
  readonly column: string
  /** What the mapping calls a child without its parent. */
  readonly code: string
}

async function doomedBy(
  child: Child,
  parents: { readonly entity: string; readonly ids: readonly string[] },
  context: CascadeContext,
): Promise<Doomed> {
  const { table, column, entity, code } = child
  const service = context.service(entity.service)
  const ids = table.headColumn === null ? [] : await selectIds(service, { table, column, ids: parents.ids, idColumn: table.headColumn })
  return { service: service.name, ids, code, column: `${table.name}.${column}`, detail: `refers to ${parents.entity}` }
}

export async function selectIds(
  service: Service,
  of: { table: Child['table']; column: string; ids: readonly string[]; idColumn: string },
): Promise<readonly string[]> {
  const writer = await service.target.openWriter()
  try {
    const tx = await writer.begin()
    const table = { schema: of.table.schema, name: of.table.table }
    const found = await tx.selectIds({ table, column: of.column, ids: of.ids, idColumn: of.idColumn })
    await tx.rollback()
    return found
  } finally {
    await writer.close()
  }
}

/** Columns of other entities' tables (and of its own) that hold ids of `parent`. A part's reference to its own head is no child, nor one that may lead nowhere. */
export function childrenOf(parent: string, context: CascadeContext): readonly Child[] {
  return context.mapping.entities.flatMap(entity => {
    const { tables } = context.tables(entity.name)
    return entity.into.flatMap((shape, i) =>
      columnsOf(shape).flatMap(({ name, value }) => {
        const table = tables[i]
        const isHeadReference = entity.name === parent && table?.headColumn === name
        const code = codeOf(value, parent)
        return table === undefined || isHeadReference || code === null ? [] : [{ entity, table, column: name, code }]
      }),
    )
  })
}

/** Of several shapes of one table: each column once for each value it may hold. */
function columnsOf(shape: Shape): readonly NamedValue[] {
  return shapesOf(shape).flatMap(one => one.columns)
}

/** Null: refers to something else, or may lead nowhere. */
function codeOf(value: MappingValue, parent: string): string | null {
  if (value.kind !== 'ref' || !value.entities.includes(parent)) return null
  const takes = value.missing.map(outcome => outcome.take)
  if (takes.some(take => take !== null && 'allow' in take)) return null
  const [first = null] = takes
  return first !== null && 'quarantine' in first ? first.quarantine : 'parent_quarantined'
}

function groupBy<T>(items: readonly T[], nameOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(nameOf(item))
    if (group) group.push(item)
    else groups.set(nameOf(item), [item])
  }
  return groups
}
