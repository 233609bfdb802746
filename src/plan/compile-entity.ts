import { builtinType } from '../cast/builtin-types.ts'
import type { Finding } from '../model/finding.ts'
import type { IdStrategy } from '../model/mapping.ts'
import type { PlanColumn } from '../model/results.ts'
import type { SqlType } from '../model/sql-type.ts'
import { columnsUsed, matchColumn, namesUsed } from './collect-names.ts'
import { compileCast } from './compile-cast.ts'
import type { CompileContext, CompileInput, KeyPlan, SettledReference } from './compile-context.ts'
import { compileLookUp } from './compile-look-up.ts'
import { addNumbers, type NumberLoader } from './compile-numbering.ts'
import { compileOwnId, idStrategyOf } from './compile-own-id.ts'
import { addRelated } from './compile-related.ts'
import { compileRules, type SameAsLoader } from './compile-rules.ts'
import { compileTable, type TablePlan } from './compile-table.ts'
import { compileValue } from './compile-value.ts'
import { FunctionWatch } from './function-watch.ts'
import { IdMapTemplate } from './id-map-writer.ts'
import { planKey } from './key-plan.ts'
import { compileListFate } from './list-fate.ts'
import { type ListLayout, layOutList } from './list-layout.ts'
import { OutcomeRegistry } from './outcome-registry.ts'
import type { OwnedRelation } from './owned-relation.ts'
import { Problems } from './problems.ts'
import type { RelatedLoader } from './related-loader.ts'
import { restColumns } from './rest-columns.ts'
import { RowKey } from './row-key.ts'
import { RowProgram } from './row-program.ts'
import { RowState } from './row-state.ts'
import { SlotTable } from './slot-table.ts'

/** One entity compiled for one tenant's catalogue. `program` is null when an error was found. */
export interface CompiledEntity {
  readonly program: RowProgram | null
  readonly key: KeyPlan | null
  /** Columns to ask the source for, besides the two a content key brings. */
  readonly columns: readonly string[]
  /** Fields of a row of the program: `columns`, after the two of a content key; of a list entity those of an element. */
  readonly fields: number
  /** How elements become rows; null = a row of the source is a row. */
  readonly list: ListLayout | null
  readonly strategy: IdStrategy
  readonly tables: readonly TablePlan[]
  readonly settled: readonly SettledReference[]
  /** What its functions are given. */
  readonly functions: CompileContext['functions']
  /** Relations of related rows, and how each is to be read; inner ones before those they belong to. */
  readonly related: readonly RelatedLoader[]
  /** Relations it accounts for besides its own. */
  readonly owned: readonly OwnedRelation[]
  /** What computes the rows' positions, once related rows are there; null = it has none. */
  readonly numbers: NumberLoader | null
  /** What finds rows that are other rows, once positions are there; null = no rule says so. */
  readonly merged: SameAsLoader | null
  /** Reads a row's own key and the parents its settled references name; for settling. */
  readonly state: RowState
  readonly rowKey: RowKey | null
  readonly used: readonly string[]
  /** What `rest` gathers. */
  readonly rest: readonly string[]
  readonly described: readonly PlanColumn[]
  readonly findings: readonly Finding[]
}

export function compileEntity(input: CompileInput, lackingTypes: ReadonlyMap<string, SqlType>): CompiledEntity {
  const { entity, relation, tenant, service } = input
  const problems = new Problems({ entity: entity.name, service: service.name, ...(tenant ? { tenant: tenant.code } : {}) })
  const key = planKey(entity, relation, problems)
  const state = new RowState(new OutcomeRegistry())
  const slots = new SlotTable(
    state,
    relation.columns.map(column => column.name),
  )
  const named = columnsUsed(entity, relation, input.mapping.defaults.onLoss)
  if (key === null) return nothing({ problems, state, used: named })
  const listed = entity.list === null ? null : matchColumn(entity.list.column, relation)
  const rest = restColumns(
    { entity, relation, mapping: input.mapping },
    new Set([...named, ...key.names, ...(listed === null ? [] : [listed])]),
  )
  const used =
    rest.length === 0 ? named : relation.columns.map(column => column.name).filter(name => named.includes(name) || rest.includes(name))
  const list = entity.list && layOutList({ list: entity.list, relation, key }, used)
  const columns = list === null ? layOut({ input, key, used }, slots) : layOutElements(list, slots)
  const compilers = { value: compileValue, cast: compileCast }
  const context: CompileContext = {
    ...input,
    key,
    problems,
    state,
    slots,
    compilers,
    rest,
    functions: [],
    owned: [],
    settled: [],
    members: new Map(),
    isMember: false,
    wholes: new Map(),
    watch: new FunctionWatch(input.callMs),
  }
  addLacking(context, lackingTypes)
  const names = namesUsed(entity, input.mapping.defaults.onLoss)
  const related = addRelated(entity.with, { names, path: '' }, context)
  const numbers = addNumbers(context, { related, names })
  addLets(context)
  const rowKey = new RowKey(key)
  const before = list && compileListFate(list, rowKey)
  const { rules, makeId, merged } = compileRules({ rowKey, before, lookUp: compileLookUp(context) }, context)
  const tables = entity.into.map(shape => compileTable(shape, context)).filter(table => table !== null)
  const strategy = idStrategyOf(context)
  const program = new RowProgram({
    state,
    key: rowKey,
    makeId: makeId ?? compileOwnId(strategy, context),
    before,
    rules,
    tables,
    idMap: new IdMapTemplate({ tenant: tenant?.number ?? 0, entity: input.entityNumber }),
    isOrdered: strategy === 'ordered',
    index: input.index(entity.name),
    owned: context.owned,
    watch: context.functions.length === 0 ? null : context.watch,
  })
  const fields = list?.fields.length ?? columns.length + (key.source.kind === 'content' ? key.names.length : 0)
  return {
    program: problems.hasErrors ? null : program,
    key,
    columns,
    fields,
    list,
    strategy,
    tables,
    settled: context.settled,
    functions: context.functions,
    related,
    owned: context.owned,
    numbers,
    merged,
    state,
    rowKey,
    used: listed === null || used.includes(listed) ? used : [...used, listed],
    rest,
    described: tables.flatMap(table => table.described),
    findings: problems.findings,
  }
}

/** Key columns first (the row key reads them there), then everything else that is used. */
function layOut({ input, key, used }: { input: CompileInput; key: KeyPlan; used: readonly string[] }, slots: SlotTable): readonly string[] {
  const { relation } = input
  const named = (name: string): { name: string; type: SqlType } => {
    const column = relation.columns.find(c => c.name === name)
    return { name, type: column?.type ?? builtinType('text') }
  }
  if (key.source.kind === 'content') {
    slots.addColumns([...key.names.map((name, i) => ({ name: `\u0000${name}`, type: key.types[i] as SqlType })), ...used.map(named)])
    return used
  }
  const columns = [...key.names, ...used.filter(name => !key.names.includes(name))]
  slots.addColumns(columns.map(named))
  return columns
}

/** The key first, then columns, the element and its number; members are computed when they are asked for. */
function layOutElements(layout: ListLayout, slots: SlotTable): readonly string[] {
  slots.addColumns(layout.named)
  slots.addElement(layout.list.as)
  return layout.columns
}

/** A column this tenant lacks and `may_lack` allows reads as NULL, counted by row. */
function addLacking(context: CompileContext, types: ReadonlyMap<string, SqlType>): void {
  const { entity, relation, slots, state } = context
  for (const name of entity.mayLack) {
    if (relation.columns.some(column => column.name.toLowerCase() === name.toLowerCase())) continue
    const counted = state.registry.number('lacking', name, 'column_lacking')
    slots.addComputed(name, types.get(name) ?? builtinType('text'), (row, out) => {
      row.taken.push(counted)
      out.null()
      return true
    })
  }
}

function addLets(context: CompileContext): void {
  for (const named of context.entity.let) {
    const source = compileValue(named.value, { type: null, column: named.name }, context)
    if (source === null) continue
    if (source.slot === null) context.slots.addComputed(named.name, source.type, source.write)
    else context.slots.alias(named.name, source.slot, source.type)
    // What a function answers has members: `payload.kind`.
    if (named.value.kind === 'fn') context.slots.addElement(named.name)
  }
}

function nothing({ problems, state, used }: { problems: Problems; state: RowState; used: readonly string[] }): CompiledEntity {
  return {
    program: null,
    key: null,
    columns: [],
    fields: 0,
    list: null,
    strategy: 'ordered',
    tables: [],
    settled: [],
    functions: [],
    related: [],
    owned: [],
    numbers: null,
    merged: null,
    state,
    rowKey: null,
    used,
    rest: [],
    described: [],
    findings: problems.findings,
  }
}
