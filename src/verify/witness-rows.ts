import type { Measure, MeasuredValue } from '../model/measure.ts'
import type { WitnessColumn } from './witness-plan.ts'

/** The same measure of both sides. */
export interface MeasurePair {
  readonly source: Measure
  readonly target: Measure
}

/** A sum over whole rows, whatever their order: it differs where values change places between rows, which no sum of a column shows. */
export interface RowSum {
  readonly all: MeasurePair
  /** The columns that tell rows apart: the legacy key, where the target keeps it. */
  readonly key: readonly Value[]
  readonly hash?: string
  /** Of which columns, for people. */
  readonly covers: string
}

interface Value {
  readonly column: string
  readonly source: MeasuredValue
  readonly target: MeasuredValue
}

/** Over all columns that both sides write alike. `keyNames`: the legacy key, in the source; `hash`: as of a Measure. Null: there is none. */
export function rowSumOf(
  columns: readonly WitnessColumn[],
  { keyNames, hash }: { readonly keyNames: readonly string[]; readonly hash?: string | undefined },
): RowSum | null {
  const values = valuesOf(columns)
  if (values.length === 0) return null
  const found = keyNames.map(name => values.find(value => value.source.column === name))
  const key = found.flatMap(value => value ?? [])
  const isKept = key.length > 0 && key.length === keyNames.length
  const names = values.map(value => value.column).join(', ')
  return {
    all: pairOf(values, hash),
    ...(hash === undefined ? {} : { hash }),
    key: isKept ? key : [],
    covers: isKept ? `of ${names}` : `of ${names}; the target does not keep the legacy key`,
  }
}

/** For each column beside the key a sum of its own. Without a key a row is known by its other columns, and no column can be told from them. */
export function differingValues(
  columns: readonly WitnessColumn[],
  { key, hash }: RowSum,
): readonly { readonly column: string; readonly pair: MeasurePair }[] {
  if (key.length === 0) return []
  const others = valuesOf(columns).filter(value => !key.includes(value))
  const names = new Set(key.map(value => value.column))
  return others.filter(({ column }) => !names.has(column)).map(value => ({ column: value.column, pair: pairOf([...key, value], hash) }))
}

function valuesOf(columns: readonly WitnessColumn[]): readonly Value[] {
  return columns.flatMap(one => ('source' in one && one.value !== null ? [{ column: one.column, ...one.value }] : []))
}

function pairOf(values: readonly Value[], hash: string | undefined): MeasurePair {
  const how = hash === undefined ? {} : { hash }
  const measure = (parts: readonly MeasuredValue[]): Measure => ({ column: '', as: 'row', zone: null, of: 'sum', parts, ...how })
  return { source: measure(values.map(value => value.source)), target: measure(values.map(value => value.target)) }
}
