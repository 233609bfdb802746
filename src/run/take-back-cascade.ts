import { canonicalKey } from '../base/key-text.ts'
import type { LookupMatch } from '../ledger/ledger.ts'
import type { TaskRecord } from '../model/ledger-records.ts'
import type { Entity, Mapping, MappingValue } from '../model/mapping.ts'
import type { Writer } from '../target/target.ts'
import { type EntityTables, takeBack } from './corrections.ts'
import type { Service } from './load-context.ts'
import type { Hooks } from './seams.ts'

/** What taking rows back together with all that refers to them works with. */
export interface CascadeContext {
  readonly mapping: Mapping
  readonly hooks: Hooks
  service(name: string): Service
  tables(entity: string): EntityTables
  /** The task to record a correction under, freshly claimed by `writer`. */
  claimTask(entity: string, tenant: string | null, writer: Writer): Promise<TaskRecord>
}

export interface Doomed {
  readonly service: string
  readonly ids: readonly string[]
  readonly code: string
  readonly column: string
  readonly detail: string
}

/** Takes rows back by the ids of their heads, children before parents, so that no foreign key stands in the way: transitively. Resolves to the rows taken back. */
export async function takeBackWithChildren(doomed: Doomed, context: CascadeContext): Promise<number> {
  if (doomed.ids.length === 0) return 0
  const { ledger } = context.service(doomed.service)
  const matches = await ledger.keysOf(doomed.ids)
  let removed = 0
  for (const [entity, rows] of groupBy(matches, match => match.entity)) {
    for (const child of childrenOf(entity, context))
      removed += await takeBackChildren(child, { parent: entity, ids: rows.map(row => row.id) }, context)
    for (const [, sameTenant] of groupBy(rows, row => row.tenant ?? ''))
      removed += await takeBackOwn(entity, { rows: sameTenant, doomed }, context)
  }
  return removed
}

async function takeBackOwn(
  entity: string,
  { rows, doomed }: { rows: readonly LookupMatch[]; doomed: Doomed },
  context: CascadeContext,
): Promise<number> {
  const service = context.service(doomed.service)
  const writer = await service.target.openWriter()
  try {
    const task = await context.claimTask(entity, rows[0]?.tenant ?? null, writer)
    const entries = rows.map(row => ({ key: canonicalKey(row.key), code: doomed.code, column: doomed.column, detail: doomed.detail }))
    const tables = context.tables(entity)
    await takeBack({
      service,
      writer,
      task,
      tables,
      snapshot: task.snapshot ?? '',
      kind: 'correct',
      rows: entries,
      hooks: context.hooks,
      taskState: 'settled',
    })
    return rows.length
  } finally {
    await writer.close()
  }
}

interface Child {
  readonly entity: Entity
  readonly table: EntityTables['tables'][number]
  readonly column: string
}

async function takeBackChildren(
  child: Child,
  { parent, ids }: { parent: string; ids: readonly string[] },
  context: CascadeContext,
): Promise<number> {
  const { table, column, entity } = child
  if (table.headColumn === null) return 0
  const service = context.service(entity.service)
  const own = await selectIds(service, { table, column, ids, idColumn: table.headColumn })
  const code = 'parent_quarantined'
  return takeBackWithChildren(
    {
      service: service.name,
      ids: own.filter(id => !ids.includes(id)),
      code,
      column: `${table.name}.${column}`,
      detail: `refers to ${parent}`,
    },
    context,
  )
}

async function selectIds(
  service: Service,
  of: { table: Child['table']; column: string; ids: readonly string[]; idColumn: string },
): Promise<readonly string[]> {
  const writer = await service.target.openWriter()
  try {
    const tx = await writer.begin()
    const found = await tx.selectIds({
      table: { schema: of.table.schema, name: of.table.table },
      column: of.column,
      ids: of.ids,
      idColumn: of.idColumn,
    })
    await tx.rollback()
    return found
  } finally {
    await writer.close()
  }
}

/** Columns of other entities' tables (and of its own) that hold ids of `parent`. A part's reference to its own head is no child. */
function childrenOf(parent: string, context: CascadeContext): readonly Child[] {
  return context.mapping.entities.flatMap(entity => {
    const { tables } = context.tables(entity.name)
    return entity.into.flatMap((shape, i) =>
      shape.columns.flatMap(column => {
        const table = tables[i]
        const isHeadReference = entity.name === parent && table?.headColumn === column.name
        return table !== undefined && !isHeadReference && refersTo(column.value, parent) ? [{ entity, table, column: column.name }] : []
      }),
    )
  })
}

function refersTo(value: MappingValue, parent: string): boolean {
  return value.kind === 'ref' && value.entities.includes(parent)
}

function groupBy<T>(items: readonly T[], nameOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(nameOf(item), [...(groups.get(nameOf(item)) ?? []), item])
  return groups
}
