import { didYouMean } from '../base/did-you-mean.ts'
import { tableLabel } from '../base/table-label.ts'
import type { Column, TargetRelation } from '../model/catalogue.ts'
import { shapesOf } from '../model/every-shape.ts'
import type { NamedValue, Shape } from '../model/mapping.ts'
import type { PlanColumn } from '../model/results.ts'
import { bindSettled } from './bind-settled.ts'
import { compileAlternatives, describeTogether } from './compile-alternatives.ts'
import { compileCast } from './compile-cast.ts'
import type { CompileContext } from './compile-context.ts'
import { compileCondition } from './compile-expression-source.ts'
import { compileGroups, type GroupPlan, NO_GROUP } from './compile-groups.ts'
import { isOwnHead } from './compile-ref.ts'
import { compileValue, placeOf } from './compile-value.ts'
import { describeValue } from './describe-value.ts'
import type { ListElements } from './list-elements.ts'
import { QUARANTINED } from './outcome-registry.ts'
import { integerText } from './row-key.ts'
import type { RowState, ValueSource, WriteField } from './row-state.ts'

/** One target table of an entity, compiled: which columns it is sent, and how the tuples of one source row are written. */
export interface TablePlan {
  readonly name: string
  readonly schema: string
  readonly table: string
  readonly columns: readonly string[]
  /** The column that holds the row's own id; null = none. */
  readonly idColumn: string | null
  /** The column that refers to the entity's own head; null = none (or the head itself). */
  readonly headColumn: string | null
  readonly isOptional: boolean
  readonly when: ((row: RowState) => boolean) | null
  /** Of `tuples` only the first whose `when` holds is written: they are several shapes of the table. */
  readonly isChoice: boolean
  /** One set of column writers per literal group or shape; one without. */
  readonly tuples: readonly TuplePlan[]
  readonly described: readonly PlanColumn[]
}

export interface TuplePlan {
  readonly writers: readonly WriteField[]
  /** Of a group or one of several shapes: whether this one is written at all. */
  readonly when: ((row: RowState) => boolean) | null
  /** Remarks the row where this tuple is written. */
  readonly note: string | null
  /** A tuple for each of these elements; null = one. */
  readonly elements: ListElements | null
}

interface ColumnPlan {
  readonly name: string
  readonly write: WriteField
  readonly described: PlanColumn
}

/** Null, with errors found: the table cannot be written. */
export function compileTable(shape: Shape, context: CompileContext): TablePlan | null {
  const name = tableLabel(shape.schema, shape.table)
  const target = context.targets.get(name)
  if (target === undefined) {
    context.problems.error('MAPPING_UNKNOWN_COLUMN', `expected table ${name} in service ${context.service.name}, got none`, {
      at: shape.at,
      next: 'Create the table, or let `--create-target` apply target.sql.',
    })
    return null
  }
  const isHead = context.entity.into[0] === shape
  const idColumn = ownIdColumn(shape, target, context)
  const common = {
    name,
    schema: shape.schema,
    table: shape.table,
    idColumn,
    headColumn: isHead ? null : headColumn(shape, context),
    isOptional: shape.isOptional,
  }
  const of = { target, idColumn, isHead }
  return { ...common, ...(shape.alternatives.length > 0 ? compileChoice(shape, of, context) : compileShape(shape, of, context)) }
}

type TableTuples = Pick<TablePlan, 'columns' | 'when' | 'isChoice' | 'tuples' | 'described'>

/** One shape: a tuple, or one for each group. */
function compileShape(shape: Shape, of: Omit<ColumnsOf, 'group'>, context: CompileContext): TableTuples {
  const groups = compileGroups(shape, context)
  // `when` of a shape with groups speaks of the group, so it is compiled for each.
  const when = shape.when !== null && shape.each === null ? compileCondition(shape.when, context) : null
  const sets = groups.map(group => {
    const settled = context.settled.length
    const columns = compileColumns(shape, { ...of, group }, context)
    bindSettled(shape, { from: settled, when: group.when ?? when }, context)
    return columns
  })
  const first = sets[0] ?? []
  return {
    columns: first.map(column => column.name),
    when,
    isChoice: false,
    tuples: sets.map((columns, i) => ({
      writers: columns.map(c => c.write),
      when: groups[i]?.when ?? null,
      note: shape.note,
      elements: groups[i]?.elements ?? null,
    })),
    described: first.map(column => column.described),
  }
}

/** Several shapes of one table: they fill the same columns, in the order of the first. */
function compileChoice(shape: Shape, of: Omit<ColumnsOf, 'group'>, context: CompileContext): TableTuples {
  const alternatives = compileAlternatives(shape, context)
  const sets = alternatives.map(({ shape: own, isChosen }) => {
    const settled = context.settled.length
    const columns = compileColumns(own, { ...of, group: NO_GROUP }, context)
    bindSettled(own, { from: settled, when: isChosen }, context)
    return columns
  })
  const names = sets[0]?.map(column => column.name) ?? []
  const inOrder = sets.map(columns => names.flatMap(name => columns.filter(column => column.name === name)))
  return {
    columns: names,
    when: null,
    isChoice: true,
    tuples: inOrder.map((columns, i) => ({
      writers: columns.map(column => column.write),
      when: alternatives[i]?.when ?? null,
      note: alternatives[i]?.shape.note ?? null,
      elements: null,
    })),
    described: describeTogether(inOrder.map(columns => columns.map(column => column.described))),
  }
}

function ownIdColumn(shape: Shape, target: TargetRelation, context: CompileContext): string | null {
  return idColumnOf(shape, target, context.service.tenantColumn)
}

/** The column a `{ id: … }` fills, else the one uuid column of the primary key that the mapping leaves to us. */
export function idColumnOf(
  shape: Pick<Shape, 'columns'>,
  target: Pick<TargetRelation, 'primaryKey' | 'columns'>,
  tenantColumn: string | null,
): string | null {
  const marked = shape.columns.find(column => column.value.kind === 'id')
  if (marked) return marked.name
  const mapped = new Set(shape.columns.map(column => column.name))
  const open = (target.primaryKey ?? []).filter(name => name !== tenantColumn && !mapped.has(name))
  const column = open.length === 1 ? target.columns.find(c => c.name === open[0]) : undefined
  return column?.type.name === 'uuid' ? column.name : null
}

function headColumn(shape: Shape, context: CompileContext): string | null {
  const refers = (one: Shape, name: string): boolean =>
    one.columns.some(({ name: column, value }) => column === name && value.kind === 'ref' && isOwnHead(value, context))
  return shape.columns.find(({ name }) => shapesOf(shape).every(one => refers(one, name)))?.name ?? null
}

interface ColumnsOf {
  readonly target: TargetRelation
  readonly idColumn: string | null
  readonly isHead: boolean
  readonly group: GroupPlan
}

function compileColumns(shape: Shape, of: ColumnsOf, context: CompileContext): readonly ColumnPlan[] {
  of.group.enter()
  const own = implicitColumns(shape, of, context)
  const mapped = shape.columns
    .map(column => compileColumn(of.isHead ? asOwnId(column) : column, of.target, context))
    .filter(plan => plan !== null)
  of.group.leave()
  const columns = [...own, ...mapped]
  reportUnfilled(shape, { target: of.target, filled: new Set(columns.map(c => c.name)) }, context)
  return columns
}

/** The head's identifier is made before its columns are written, whatever it is made of. */
function asOwnId(column: NamedValue): NamedValue {
  return column.value.kind === 'id' ? { ...column, value: { ...column.value, from: null } } : column
}

/** The id and the tenant, where the mapping does not fill them itself. */
function implicitColumns(shape: Shape, { target, idColumn, isHead, group }: ColumnsOf, context: CompileContext): ColumnPlan[] {
  const columns: ColumnPlan[] = []
  const isMapped = (name: string): boolean => shape.columns.some(column => column.name === name)
  const label = tableLabel(shape.schema, shape.table)
  if (idColumn !== null && !isMapped(idColumn)) {
    const write: WriteField = isHead ? (row, out) => out.field(row.id, 0, 16) : partId(label, group, context)
    columns.push({
      name: idColumn,
      write,
      described: described(label, idColumn, { type: 'uuid', from: isHead ? 'id of the row' : 'id of the part', how: 'identifier' }),
    })
  }
  const tenantColumn = context.service.tenantColumn
  const column = tenantColumn === null ? undefined : target.columns.find(c => c.name === tenantColumn)
  if (column !== undefined && context.tenant !== null && !isMapped(column.name)) {
    const bytes = Buffer.from(context.tenant.id.replaceAll('-', ''), 'hex')
    const [a, b, c, d] = [bytes.readInt32BE(0), bytes.readInt32BE(4), bytes.readInt32BE(8), bytes.readInt32BE(12)]
    columns.push({
      name: column.name,
      write: (_row, out) => out.uuid(a, b, c, d),
      described: described(label, column.name, { type: 'uuid', from: 'tenant', how: 'tenant' }),
    })
  }
  return columns
}

function partId(label: string, group: GroupPlan, context: CompileContext): WriteField {
  const make = context.identifiers.part(context.tenant?.number ?? 0, context.entityNumber)
  const id = Buffer.alloc(16)
  const headKey = context.key.isInteger ? (row: RowState): string => integerText(row.keyHalves) : (row: RowState): string => row.keyText
  return (row, out) => {
    const word = group.label(row)
    make({ headKey: headKey(row), table: label, label: word }, id, 0)
    out.field(id, 0, 16)
    return true
  }
}

function described(table: string, column: string, facts: { type: string; from: string; how: PlanColumn['how'] }): PlanColumn {
  return { table, column, target_type: facts.type, from: facts.from, how: facts.how, loss: 'never', inverse: 'updatable' }
}

function compileColumn(named: NamedValue, target: TargetRelation, context: CompileContext): ColumnPlan | null {
  const label = tableLabel(target.schema, target.name)
  const column = target.columns.find(c => c.name === named.name)
  if (column === undefined) {
    const known = target.columns.map(c => c.name)
    context.problems.error('MAPPING_UNKNOWN_COLUMN', `expected a column of ${label}, got ${named.name}${didYouMean(named.name, known)}`, {
      at: named.at,
      next: `Use one of: ${known.join(', ')}.`,
    })
    return null
  }
  if (context.tenant !== null && column.name === context.service.tenantColumn) {
    context.problems.error('MANIFEST_INVALID', `expected no value for ${label}.${column.name}, which says whose row it is, got one`, {
      at: named.at,
      next: 'Leave the column out: Rehouse fills it with the tenant the row was read for.',
    })
    return null
  }
  if (column.generated !== 'no' && column.generated !== 'identity_by_default') {
    context.problems.error('MANIFEST_INVALID', `expected no value for ${label}.${column.name}, which the target computes itself`, {
      at: named.at,
      next: 'Leave the column out: generated columns are never sent.',
    })
    return null
  }
  const wanted = { type: column.type, column: `${label}.${column.name}` }
  const source = compileValue(named.value, wanted, context)
  const onLoss = named.value.kind === 'pipeline' && named.value.onLoss.length > 0 ? named.value.onLoss : context.mapping.defaults.onLoss
  const cast = source && compileCast(source, { ...wanted, onLoss, at: placeOf(named.value) }, context)
  if (cast === null) return null
  const write = column.isNullable ? cast.write : refuseNull(cast, wanted.column)
  return { name: column.name, write, described: describeColumn(named, column, { label, cast }) }
}

function describeColumn(
  named: NamedValue,
  column: Column,
  { label, cast }: { label: string; cast: { how: 'bytes' | 'cast'; sentence: string; loss: string } },
): PlanColumn {
  const value = describeValue(named.value)
  const how = value.how === 'column' ? (cast.loss === 'never' ? cast.how : 'cast') : value.how
  const loss = cast.loss === 'never' ? 'never' : cast.sentence
  const inverse = value.how === 'column' && cast.loss !== 'never' ? 'read_only' : value.inverse
  return { table: label, column: column.name, target_type: column.type.text, from: value.text, how, loss, inverse }
}

/** A NULL the column cannot hold is found here, where the row is known, not by the server, where only the batch is. */
function refuseNull(source: ValueSource, column: string): WriteField {
  return (row, out) => {
    const mark = out.at
    if (!source.write(row, out)) return false
    return out.buf.readInt32BE(mark) >= 0 || row.seal(QUARANTINED, 'not_null', column)
  }
}

function reportUnfilled(
  shape: Shape,
  { target, filled }: { target: TargetRelation; filled: ReadonlySet<string> },
  context: CompileContext,
): void {
  for (const column of target.columns) {
    const isFilled = filled.has(column.name) || column.generated !== 'no'
    if (isFilled || column.isNullable || column.hasDefault) continue
    context.problems.error(
      'MAPPING_INCOMPLETE',
      `expected a value for ${tableLabel(target.schema, target.name)}.${column.name}, which may not be NULL and has no default, got none`,
      { at: shape.at, next: `Map ${column.name}, or give the column a default in the target.` },
    )
  }
}
