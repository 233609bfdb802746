import { allSettled } from '../base/all-settled.ts'
import { RehouseError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { mayMerge } from '../model/mapping.ts'
import type { Measure } from '../model/measure.ts'
import type { WitnessLine } from '../model/results.ts'
import type { SourceSnapshot } from '../source/source.ts'
import { Refusal, type TargetReader } from '../target/target.ts'
import { changedColumns } from './changed-columns.ts'
import type { Differences } from './differences.ts'
import { placeOf } from './explain-rows.ts'
import type { EntityLedger } from './ledger-facts.ts'
import type { TableScope, TableWriter, VerifiedEntity } from './table-scopes.ts'
import { heldKeys } from './verify-rows.ts'
import { isComputed, type WitnessColumn, whereOf, witnessColumns } from './witness-plan.ts'
import { differingValues, type MeasurePair, type RowSum, rowSumOf } from './witness-rows.ts'

export interface WitnessSetting {
  readonly scopes: readonly TableScope[]
  readonly differences: Differences
  readonly showValues: boolean
  /** The target holds a sample: the source cannot sum up the rows that were drawn. */
  readonly isSample: boolean
  reader(service: string): TargetReader
  ledger(service: string): Ledger
  factsOf(of: VerifiedEntity): EntityLedger | null
  /** One snapshot of the source an entity is read from, for all that are read from it. */
  snapshot(of: VerifiedEntity): Promise<SourceSnapshot>
  /** Nothing more is asked about an entity. */
  done(of: VerifiedEntity): Promise<void>
  readonly signal: AbortSignal
}

const ROWS: Measure = { column: '', as: 'rows', zone: null, of: 'count' }
/** More rows than this that were set aside are too many to leave out one by one. */
const MOST_ASIDE = 50_000
/** Key types whose text is the text of the key in the ledger. */
const PLAIN_KEYS = new Set(['int2', 'int4', 'int8', 'uuid', 'text', 'varchar'])

/** Aggregates that the engines compute by themselves, on both sides, from the mapping alone. Tells nothing but reasons: see tell-witness.ts. */
export async function verifyWitness(setting: WitnessSetting): Promise<readonly WitnessLine[]> {
  const lines: WitnessLine[] = []
  const changed = await changedColumns(setting)
  const left = new Map<VerifiedEntity, number>()
  for (const { of } of setting.scopes.flatMap(scope => scope.writers)) left.set(of, (left.get(of) ?? 0) + 1)
  for (const scope of setting.scopes) {
    const names = changed.get(scope.service) ?? new Set()
    for (const writer of scope.writers) {
      lines.push(...(await linesOf(scope, { writer, changed: names }, setting)))
      const { of } = writer
      left.set(of, (left.get(of) ?? 0) - 1)
      if (left.get(of) !== 0) continue
      lines.push(...(await declaredLines(scope, of, setting)))
      await setting.done(of)
    }
  }
  return lines
}

/** A total the source declares of itself is a witness of its rows: it was written by whoever made the file. Rejects where what was read does not come to it. */
async function declaredLines(scope: TableScope, of: VerifiedEntity, { snapshot, signal }: WitnessSetting): Promise<readonly WitnessLine[]> {
  if (of.facts.isAbsent) return []
  const opened = await snapshot(of)
  const { declaredRows } = opened
  if (declaredRows === undefined) return []
  await opened.confirm?.(signal)
  const total = String(declaredRows)
  const place = { ...placeOf(of), table: scope.label, column: '' }
  const reason = 'rows of all tables of the file, as it declares them'
  return [{ ...place, measure: 'declared_rows', state: 'equal', source: total, target: total, reason }]
}

async function linesOf(
  scope: TableScope,
  { writer, changed }: { readonly writer: TableWriter; readonly changed: ReadonlySet<string> },
  setting: WitnessSetting,
): Promise<readonly WitnessLine[]> {
  const { of } = writer
  const columns = witnessColumns(writer, { target: scope.relation.columns, zone: of.tenant?.zone ?? null })
  const place = { ...placeOf(of), table: scope.label }
  const none = (column: string, reason: string): WitnessLine => ({
    ...place,
    column,
    measure: '',
    state: 'none',
    source: null,
    target: null,
    reason,
  })
  const chosen = columns.filter(column => column.reason === '')
  const others = columns.filter(column => column.reason !== '').map(({ column, reason }) => none(column, reason))
  const obstacle = setting.isSample
    ? 'the target holds a sample of the rows'
    : of.facts.isAbsent
      ? 'the source has no such relation'
      : scope.writers.length > 1
        ? 'several entities or tenants fill the table'
        : chosen.length === 0
          ? null
          : await keyObstacle(of, setting)
  if (obstacle !== null || chosen.length === 0) return [...others, ...chosen.map(({ column }) => none(column, obstacle ?? ''))]
  const name = (column: string): string => `${of.facts.entity.name} ${scope.label}.${column}`
  // Replacements nobody asked for are the program's fault, and count.
  const isChanged = (one: WitnessColumn): boolean =>
    changed.has(`other ${name(one.column)}`) || ('mayReplace' in one && one.mayReplace && changed.has(`value ${name(one.column)}`))
  const clean = chosen.filter(column => !isChanged(column))
  const replaced = chosen.filter(isChanged).map(({ column }) => none(column, 'values were replaced, rounded or moved as declared'))
  const plain = clean.filter(column => !isComputed(column))
  const isPartial = whereOf(writer) !== undefined
  const isPlain = plain.length === clean.length && !isPartial
  const compared = await compare(scope, { writer, columns: clean }, setting)
    .catch(error => (isPlain ? onNoStaging(error) : onRefused(error)))
    .catch(onNoStaging)
  if (compared === REFUSED) {
    const left = isPartial ? [] : await compare(scope, { writer, columns: plain }, setting)
    const refused = clean
      .filter(column => isPartial || isComputed(column))
      .map(({ column }) => none(column, 'an expression the server would not compute for every row'))
    return [...(left ?? []), ...refused, ...replaced, ...others]
  }
  if (compared === NO_STAGING) return [...others, ...replaced, ...clean.map(({ column }) => none(column, NO_STAGING))]
  if (compared === null) return [...others, ...replaced, ...clean.map(({ column }) => none(column, 'an engine that computes no sums'))]
  return [...compared, ...replaced, ...others]
}

const REFUSED = Symbol('refused')

/** An expression fails for a row the program did not load, or on a server of its own ways. */
function onRefused(error: unknown): typeof REFUSED {
  if (error instanceof Refusal || (error instanceof RehouseError && error.code === 'SOURCE_REFUSED')) return REFUSED
  throw error
}

const NO_STAGING = 'its rows cannot be staged: the built-in PostgreSQL does not run here'

/** A machine without the built-in server verifies all the same, but for this. */
function onNoStaging(error: unknown): typeof NO_STAGING {
  if (error instanceof RehouseError && error.code === 'EMBEDDED_FAILED') return NO_STAGING
  throw error
}

/** Why the rows that were set aside cannot be left out of a sum. */
async function keyObstacle(of: VerifiedEntity, { factsOf }: WitnessSetting): Promise<string | null> {
  const counts = factsOf(of)?.counts
  if (counts === undefined || (counts.quarantined + counts.excluded === 0 && !mayMerge(of.facts.entity))) return null
  if (counts.quarantined + counts.excluded + counts.merged > MOST_ASIDE) return 'too many rows were set aside'
  const { key, relation } = of.facts
  const isPlain = key.names.every(name => {
    const column = relation.columns.find(c => c.name === name)
    return (
      column !== undefined &&
      PLAIN_KEYS.has(column.type.name) &&
      (column.collation?.equality ?? 'bytes') === 'bytes' &&
      column.collation?.isDeterministic !== false
    )
  })
  return isPlain ? null : 'rows were set aside whose keys cannot be named to the source'
}

async function compare(
  scope: TableScope,
  { writer, columns }: { readonly writer: TableWriter; readonly columns: readonly WitnessColumn[] },
  setting: WitnessSetting,
): Promise<readonly WitnessLine[] | null> {
  const { of } = writer
  const snapshot = await setting.snapshot(of)
  if (snapshot.aggregates === undefined) return null
  const hash = await sharedHash(snapshot, setting.reader(scope.service))
  const rowSum = rowSumOf(columns, { keyNames: of.facts.key.names, hash })
  const hashed = (measure: Measure): Measure => (hash !== undefined && measure.as === 'length' ? { ...measure, hash } : measure)
  const pairs = columns.flatMap(column =>
    'source' in column ? column.source.map((source, i) => ({ source: hashed(source), target: hashed(column.target[i] as Measure) })) : [],
  )
  const aside = await asideKeys(of, setting)
  if (aside === null)
    return columns.map(({ column }) => ({
      ...placeOf(of),
      table: scope.label,
      column,
      measure: '',
      state: 'none',
      source: null,
      target: null,
      reason: 'copies of a doubled key were set aside',
    }))
  const without = { columns: of.facts.key.names, keys: aside }
  const where = whereOf(writer)
  const only = where === undefined ? {} : { where }
  const ask = async (asked: readonly MeasurePair[]): Promise<readonly Both[] | null> => {
    const [source, target] = await allSettled([
      snapshot.aggregates?.({ relation: of.facts.relation, measures: asked.map(pair => pair.source), without, ...only }) ?? null,
      setting.reader(scope.service).aggregates(
        scope.rows,
        asked.map(pair => pair.target),
      ),
    ])
    return source === null || target === null
      ? null
      : asked.map((pair, i) => ({ of, pair, source: source[i] ?? null, target: target[i] ?? null }))
  }
  const told = await ask([{ source: ROWS, target: ROWS }, ...pairs, ...(rowSum === null ? [] : [rowSum.all])])
  if (told === null) return null
  const rows = aside.length === 0 && where === undefined ? (told[0]?.source ?? null) : null
  if (await hasMoved(of, { rows, snapshot, setting })) return []
  const lines = told.map(both => lineOf(scope, both, setting))
  if (rowSum === null) return lines
  return [...lines.slice(0, -1), ...(await rowLines(rowSum, { line: lines.at(-1), columns, scope, ask }, setting))]
}

/** The hash functions both engines have. Undefined: only those every engine has. */
async function sharedHash(snapshot: SourceSnapshot, reader: TargetReader): Promise<string | undefined> {
  const [source, target] = await allSettled([snapshot.rowHash?.(), reader.rowHash?.()])
  return source === target ? source : undefined
}

/** Of whole rows: equal, or the columns whose values are not where they should be. */
async function rowLines(
  rowSum: RowSum,
  of: {
    readonly line: WitnessLine | undefined
    readonly columns: readonly WitnessColumn[]
    readonly scope: TableScope
    readonly ask: (asked: readonly MeasurePair[]) => Promise<readonly Both[] | null>
  },
  setting: WitnessSetting,
): Promise<readonly WitnessLine[]> {
  if (of.line === undefined) return []
  const line = { ...of.line, reason: rowSum.covers }
  if (line.state === 'equal') return [line]
  const single = differingValues(of.columns, rowSum)
  const told = (await of.ask(single.map(({ pair }) => pair))) ?? []
  const columns = told.flatMap((both, i) => {
    const one = lineOf(of.scope, both, setting)
    return one.state === 'equal' ? [] : [{ ...one, column: single[i]?.column ?? '' }]
  })
  return [line, ...columns]
}

/** Legacy keys of rows that are not in the target, or only as other rows; null: some cannot be named. */
async function asideKeys(of: VerifiedEntity, { ledger, factsOf }: WitnessSetting): Promise<readonly (readonly string[])[] | null> {
  const counts = factsOf(of)?.counts
  const own = ledger(of.facts.entity.service)
  const keys: (readonly string[])[] = []
  if ((counts !== undefined && counts.excluded > 0) || mayMerge(of.facts.entity)) {
    for await (const chunk of own.knownKeys(of.number, of.tenant?.number ?? 0))
      for (const { key, state } of chunk) if (state !== 'loaded') keys.push(key)
  } else if ((await heldKeys(own, of)).size > 0) {
    const { entity, tenant } = placeOf(of)
    const { rows } = await own.quarantine({ entity, ...(tenant === null ? {} : { tenant }), limit: null })
    const held = rows.filter(row => row.part === null && row.tenant === tenant).map(row => row.key)
    const known = await own.known(of.number, of.tenant?.number ?? 0, held)
    keys.push(...held.filter((_, i) => known[i]?.state !== 'loaded'))
  }
  // Of what is excluded they were among the known keys already.
  if (mayMerge(of.facts.entity) && (counts?.excluded ?? 0) === 0)
    for await (const chunk of own.merged(of.number, of.tenant?.number ?? 0)) keys.push(...chunk.map(({ key }) => key))
  return keys.every(key => key.length === of.facts.key.names.length) ? keys : null
}

/** Rows that came or went since the run: then sums say nothing of it. `rows`: how many the source has, where that is known. */
async function hasMoved(
  of: VerifiedEntity,
  { rows, snapshot, setting }: { readonly rows: string | null; readonly snapshot: SourceSnapshot; readonly setting: WitnessSetting },
): Promise<boolean> {
  const task = setting.factsOf(of)?.task
  if (task?.sourceCount == null || task.marker === snapshot.marker) return false
  const now = rows ?? String(await snapshot.count(of.facts.relation))
  if (now === task.sourceCount) return false
  const message = `expected ${task.sourceCount} rows in the source, as when it was read, got ${now}`
  setting.differences.reason({ code: 'source_moved_on', ...placeOf(of), table: null, message })
  return true
}

interface Both {
  readonly of: VerifiedEntity
  readonly pair: MeasurePair
  readonly source: string | null
  readonly target: string | null
}

function lineOf(scope: TableScope, { of, pair, source, target }: Both, { showValues }: WitnessSetting): WitnessLine {
  const { column, as, of: measure } = pair.target
  const isValue = (measure === 'min' || measure === 'max') && (as === 'number' || as === 'integer' || as === 'moment') && !showValues
  const shown = (text: string | null): string | null => (text === null || !isValue ? text : 'a value')
  const place = { ...placeOf(of), table: scope.label, column }
  const state = source === target ? 'equal' : 'different'
  return {
    ...place,
    measure: as === 'rows' ? 'rows' : as === 'row' ? 'row_sum' : measure,
    state,
    source: shown(source),
    target: shown(target),
    reason: '',
  }
}
