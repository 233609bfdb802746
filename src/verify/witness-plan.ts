import { type Family, familyOf } from '../cast/sql-family.ts'
import type { Column } from '../model/catalogue.ts'
import type { MappingValue, NamedValue, Shape } from '../model/mapping.ts'
import type { Measure, MeasuredValue } from '../model/measure.ts'
import type { TableWriter } from './table-scopes.ts'

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

/** Why nothing of a shape has a witness; '' where columns may. */
export function shapeObstacle(shape: Shape, writer: TableWriter): string {
  if (shape.each !== null) return 'a row becomes several rows'
  if (shape.when !== null || shape.alternatives.length > 0) return 'written for some rows only'
  if (shape.isOptional) return 'an optional part'
  return writer.of.facts.key.source.kind === 'content' ? 'its rows have no key' : ''
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
  const found = sourceColumn(named.value)
  if ('reason' in found) return { column: named.name, reason: found.reason }
  const { relation } = writer.of.facts
  const matches = relation.columns.filter(c => c.name === found.name)
  const folded = relation.columns.filter(c => c.name.toLowerCase() === found.name.toLowerCase())
  const source = matches[0] ?? (folded.length === 1 ? folded[0] : undefined)
  if (source === undefined) return { column: named.name, reason: 'not a column of the source relation' }
  const pair = found.isReference ? presence : measuresOf(source, column)
  const measures = (name: string, side: { readonly as: As; readonly isLocal: boolean }): readonly Measure[] =>
    aggregatesOf(side.as).map(of => ({ column: name, as: side.as, zone: side.isLocal ? zone : null, of }))
  if (pair.source.isLocal && zone === null) return { column: named.name, reason: 'the tenant has no time zone' }
  return {
    column: named.name,
    source: measures(source.name, pair.source),
    target: measures(column.name, pair.target),
    value: found.isReference ? null : valuesOf({ source, target: column }, pair, zone),
    mayReplace: mayReplace(named.value),
    reason: '',
  }
}

function mayReplace(value: MappingValue): boolean {
  return value.kind === 'pipeline' && value.ifNull.length + value.otherwise.length + value.onLoss.length > 0
}

const QUOTED = /^"((?:[^"]|"")+)"$/
const PLAIN = /^[\p{L}_][\p{L}\p{N}_$]*$/u

/** The one source column a value is, or the kind of value it is instead. */
function sourceColumn(value: MappingValue): { readonly name: string; readonly isReference: boolean } | { readonly reason: string } {
  const named = (text: string, isReference: boolean): { name: string; isReference: boolean } | { reason: string } => {
    const quoted = QUOTED.exec(text.trim())?.[1]?.replaceAll('""', '"')
    const name = quoted ?? (PLAIN.test(text.trim()) ? text.trim() : null)
    return name === null ? { reason: 'an expression' } : { name, isReference }
  }
  switch (value.kind) {
    case 'expression':
      return named(value.expression.text, false)
    case 'pipeline':
      if (value.map !== null) return { reason: 'values are translated' }
      if (value.when !== null) return { reason: 'filled for some rows only' }
      return named(value.from.text, false)
    case 'ref': {
      const [first, ...others] = value.from
      if (first === undefined || others.length > 0 || value.when !== null || value.missing.length > 0)
        return { reason: 'a reference that may be replaced or has several parts' }
      return named(first.text, true)
    }
    case 'constant':
      return { reason: 'a constant' }
    case 'id':
      return { reason: 'an identifier' }
    default:
      return { reason: 'put together from several values' }
  }
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
  { source, target }: { readonly source: Column; readonly target: Column },
  pair: Pair,
  zone: string | null,
): { readonly source: MeasuredValue; readonly target: MeasuredValue } | null {
  const as = valueForm(pair.source.as, familyOf(source.type), familyOf(target.type))
  if (as === null) return null
  const value = (column: string, isLocal: boolean): MeasuredValue => ({ column, as, zone: isLocal ? zone : null })
  return { source: value(source.name, pair.source.isLocal), target: value(target.name, pair.target.isLocal) }
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
