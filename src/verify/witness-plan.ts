import { type Family, familyOf } from '../cast/sql-family.ts'
import { parseTypeName } from '../cast/type-name.ts'
import type { Column, Relation } from '../model/catalogue.ts'
import type { Expression, JsonLiteral, MappingValue, NamedValue, Shape } from '../model/mapping.ts'
import type { Measure, MeasuredValue, Sql } from '../model/measure.ts'
import type { TableWriter } from './table-scopes.ts'
import { expressionSql, WitnessNames, type WitnessSql } from './witness-sql.ts'

/** A target column and the source column it must agree with in sum, or why there is none. Shares no code with the row program: it reads the mapping, and the engines do the rest. */
export type WitnessColumn =
  | {
      readonly column: string
      readonly source: readonly Measure[]
      readonly target: readonly Measure[]
      /** The value itself as both sides write it; null: they have no common text of it. */
      readonly value: { readonly source: MeasuredValue; readonly target: MeasuredValue } | null
      readonly mayReplace: boolean
      readonly reason: ''
    }
  | { readonly column: string; readonly reason: string }

type As = Measure['as']

/** What the source’s server computes from columns, rather than a column itself. */
export function isComputed(column: WitnessColumn): boolean {
  return 'source' in column && column.source.some(({ value }) => value !== undefined)
}

/** Why nothing of a shape has a witness; '' where columns may. */
export function shapeObstacle(shape: Shape, writer: TableWriter): string {
  const { entity, key } = writer.of.facts
  if (entity.list !== null) return 'each element of a list is a row'
  if (shape.each !== null) return 'a row becomes several rows'
  if (shape.alternatives.length > 0) return 'written in one way or another'
  if (shape.isOptional) return 'an optional part'
  if (key.source.kind === 'content') return 'its rows have no key'
  const condition = conditionOf(shape, writer)
  return condition !== null && 'reason' in condition ? `written for some rows only, by ${condition.reason}` : ''
}

/** For which rows of the source a shape is written; null: for all. */
function conditionOf(shape: Shape, { of }: TableWriter): WitnessSql | { readonly reason: string } | null {
  return shape.when === null ? null : expressionSql(shape.when, new WitnessNames(of.facts.entity, of.facts.relation))
}

/** The same as SQL; undefined: all. To be asked where no obstacle stands in the way. */
export function whereOf(writer: TableWriter): Sql | undefined {
  const shape = writer.of.facts.entity.into[writer.shape]
  const condition = shape === undefined ? null : conditionOf(shape, writer)
  return condition !== null && 'sql' in condition ? condition.sql : undefined
}

/** One line for each column the mapping fills. `zone`: the tenant’s. */
export function witnessColumns(
  writer: TableWriter,
  { target, zone }: { readonly target: readonly Column[]; readonly zone: string | null },
): readonly WitnessColumn[] {
  const shape = writer.of.facts.entity.into[writer.shape]
  if (shape === undefined) return []
  const obstacle = shapeObstacle(shape, writer)
  return shape.columns.map(named => {
    if (obstacle !== '') return { column: named.name, reason: obstacle }
    const column = target.find(c => c.name === named.name)
    return column === undefined ? { column: named.name, reason: 'not in the target' } : witnessOf(named, { column, writer, zone })
  })
}

function witnessOf(
  named: NamedValue,
  of: { readonly column: Column; readonly writer: TableWriter; readonly zone: string | null },
): WitnessColumn {
  const { column, writer, zone } = of
  const { entity, relation } = writer.of.facts
  const found = sourceValue(named.value, { target: column, names: new WitnessNames(entity, relation), relation })
  if ('reason' in found) return { column: named.name, reason: found.reason }
  const { source, value } = found
  const pair = found.isPresence ? presence : measuresOf(source, column)
  const own = value === undefined ? { column: source.name } : { column: '', value }
  const measures = (side: { readonly as: As; readonly isLocal: boolean }, at: Pick<Measure, 'column' | 'value'>): readonly Measure[] =>
    aggregatesOf(side.as).map(of => ({ ...at, as: side.as, zone: side.isLocal ? zone : null, of }))
  if (pair.source.isLocal && zone === null) return { column: named.name, reason: 'the tenant has no time zone' }
  return {
    column: named.name,
    source: measures(pair.source, own),
    target: measures(pair.target, { column: column.name }),
    value: found.isPresence ? null : valuesOf({ source, own, target: column }, pair, zone),
    mayReplace: mayReplace(named.value),
    reason: '',
  }
}

function mayReplace(value: MappingValue): boolean {
  return value.kind === 'pipeline' && value.ifNull.length + value.otherwise.length + value.onLoss.length + value.cleanse.length > 0
}

/** What a value is in the source: a column of it, or `value` over several, of the type `source` has. `isPresence`: only whether there is one can be compared. */
type SourceValue = { readonly source: Column; readonly value?: Sql; readonly isPresence: boolean } | { readonly reason: string }

interface ValueFrom {
  readonly target: Column
  readonly names: WitnessNames
  readonly relation: Relation
}

function sourceValue(value: MappingValue, from: ValueFrom): SourceValue {
  switch (value.kind) {
    case 'expression':
      return expressionValue(value.expression, from)
    case 'pipeline':
      return pipelineValue(value, from)
    case 'ref': {
      const [first, ...others] = value.from
      if (first === undefined || others.length > 0 || value.when !== null || value.missing.length > 0)
        return { reason: 'a reference that may be replaced or has several parts' }
      const found = expressionValue(first, from)
      return 'reason' in found ? found : { ...found, isPresence: true }
    }
    case 'constant': {
      const sql = constantSql(value.value, from.target)
      return sql === null ? { reason: 'a constant' } : { source: from.target, value: sql, isPresence: false }
    }
    case 'id':
      return { reason: 'an identifier' }
    default:
      return { reason: 'put together from several values' }
  }
}

const QUOTED = /^"((?:[^"]|"")+)"$/
const PLAIN = /^[\p{L}_][\p{L}\p{N}_$]*$/u

/** A column by its name, whatever its type; anything else as SQL. */
function expressionValue(expression: Expression, { names, relation }: ValueFrom): SourceValue {
  const text = expression.text.trim()
  const quoted = QUOTED.exec(text)?.[1]?.replaceAll('""', '"')
  const name = quoted ?? (PLAIN.test(text) ? text : null)
  const matches = relation.columns.filter(column => column.name === name)
  const folded = relation.columns.filter(column => column.name.toLowerCase() === name?.toLowerCase())
  const source = matches[0] ?? (folded.length === 1 ? folded[0] : undefined)
  if (source !== undefined && !names.hides(source.name)) return { source, isPresence: false }
  const made = expressionSql(expression, names)
  return 'reason' in made ? made : computed(made)
}

function computed({ sql, type }: WitnessSql): SourceValue {
  return { source: { ...NO_COLUMN, type }, value: sql, isPresence: false }
}

const NO_COLUMN: Omit<Column, 'type'> = { name: '', isNullable: true, generated: 'no', collation: null, hasDefault: false }

/** In the order of the row program: `when`, then `map`. What is replaced besides is counted, and takes the column out. */
function pipelineValue(value: Extract<MappingValue, { kind: 'pipeline' }>, from: ValueFrom): SourceValue {
  const plain = expressionValue(value.from, from)
  if ('reason' in plain) return plain
  const { source } = plain
  if (value.as !== null && value.map === null && familyOf(parseTypeName(value.as)) !== familyOf(source.type))
    return { ...plain, isPresence: true }
  if (value.map === null && value.when === null) return plain
  const own: Sql = plain.value ?? [{ column: source.name }]
  const mapped = value.map === null ? { ...plain, value: own } : mappedValue(value.map, { source, sql: own, target: from.target })
  if ('reason' in mapped || value.when === null) return mapped
  const when = expressionSql(value.when, from.names)
  if ('reason' in when) return { reason: `filled for some rows only, by ${when.reason}` }
  return { ...mapped, value: ['case when ', ...when.sql, ' then ', ...(mapped.value ?? []), ' end'] }
}

/** Families whose canonical text is the text a server writes. */
const MAPPED: ReadonlySet<Family> = new Set<Family>(['int', 'text', 'enum', 'bool', 'uuid'])

function mappedValue(
  map: readonly { readonly from: string; readonly to: JsonLiteral }[],
  { source, sql, target }: { readonly source: Column; readonly sql: Sql; readonly target: Column },
): SourceValue {
  if (!MAPPED.has(familyOf(source.type))) return { reason: 'values are translated whose text servers write differently' }
  const arms: Sql[number][] = []
  for (const { from, to } of map) {
    const constant = constantSql(to, target)
    if (constant === null) return { reason: 'values are translated into what no server sums up' }
    arms.push(' when ', { literal: from }, ' then ', ...constant)
  }
  if (arms.length === 0) return { reason: 'values are translated' }
  return { source: target, value: ['case (', ...sql, ')::pg_catalog.text collate "C"', ...arms, ' end'], isPresence: false }
}

/** A constant in the type of its column; null: servers may read it differently. */
function constantSql(value: JsonLiteral, { type }: Column): Sql | null {
  const family = familyOf(type)
  if (value === null) return family === 'enum' || TEXTS.has(family) ? ['null::pg_catalog.text'] : ['null']
  if (typeof value === 'boolean') return family === 'bool' ? [String(value)] : null
  if (typeof value === 'string') {
    if (TEXTS.has(family) || family === 'enum') return ['(', { literal: value }, '::pg_catalog.text)']
    return family === 'date' || family === 'uuid' ? ['(', { literal: value }, `::pg_catalog.${family})`] : null
  }
  if (!('digits' in value)) return null
  return family === 'int' || family === 'numeric' ? [`(${value.digits})::pg_catalog.${type.name}`] : null
}

interface Pair {
  readonly source: { readonly as: As; readonly isLocal: boolean }
  readonly target: { readonly as: As; readonly isLocal: boolean }
}

const same = (as: As): Pair => ({ source: { as, isLocal: false }, target: { as, isLocal: false } })
const presence = same('presence')
const NUMBERS = new Set(['int', 'numeric'])
const TEXTS = new Set(['text', 'bpchar'])
const DAYS = new Set(['date', 'timestamp'])
/** SQL Server’s times are times all the same. */
const TIMES: ReadonlyMap<Family, Family> = new Map<Family, Family>([
  ['datetime2', 'timestamp'],
  ['datetimeoffset', 'timestamptz'],
  ['tick_time', 'time'],
])

/** What both engines can sum up of two types. What they cannot is counted. */
function measuresOf(source: Column, target: Column): Pair {
  const [own, to] = [familyOf(source.type), familyOf(target.type)]
  const from = TIMES.get(own) ?? own
  if (from === 'int' && to === 'int') return same('integer')
  if (NUMBERS.has(from) && NUMBERS.has(to)) return same('number')
  if (from === 'float' && to === 'float' && source.type.name === target.type.name) return same('number')
  if (from === 'bool' && to === 'bool') return same('flag')
  if (TEXTS.has(from) && TEXTS.has(to)) return same('length')
  if (from === 'bytea' && to === 'bytea') return same('bytes')
  if (DAYS.has(from) && DAYS.has(to) && !(from === 'timestamp' && to === 'date')) return same('moment')
  if ((from === 'timestamptz' || from === 'time') && to === from) return same('moment')
  if (from === 'timestamp' && to === 'timestamptz')
    return { source: { as: 'moment', isLocal: true }, target: { as: 'moment', isLocal: false } }
  return presence
}

/** Types besides texts whose text is the same on every server. */
const SAME_TEXT = new Set(['uuid', 'enum'])

/** How both sides write one and the same value, for sums over whole rows. */
function valuesOf(
  { source, own, target }: { readonly source: Column; readonly own: Pick<Measure, 'column' | 'value'>; readonly target: Column },
  pair: Pair,
  zone: string | null,
): { readonly source: MeasuredValue; readonly target: MeasuredValue } | null {
  const as = valueForm(pair.source.as, familyOf(source.type), familyOf(target.type))
  if (as === null) return null
  const value = (of: Pick<Measure, 'column' | 'value'>, isLocal: boolean): MeasuredValue => ({ ...of, as, zone: isLocal ? zone : null })
  return { source: value(own, pair.source.isLocal), target: value({ column: target.name }, pair.target.isLocal) }
}

function valueForm(as: As, from: Family, to: Family): MeasuredValue['as'] | null {
  if (as === 'number' || as === 'integer' || as === 'flag' || as === 'bytes' || as === 'moment') return as
  if (as === 'length') return 'text'
  const isText = (SAME_TEXT.has(from) && from === to) || (from === 'enum' && TEXTS.has(to)) || (TEXTS.has(from) && to === 'enum')
  return isText ? 'text' : null
}

function aggregatesOf(as: As): readonly Measure['of'][] {
  if (as === 'presence') return ['count']
  return as === 'flag' ? ['count', 'sum'] : ['count', 'sum', 'min', 'max']
}
