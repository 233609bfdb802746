import { TupleWriter } from '../base/tuple-writer.ts'
import { DONE, type FieldCast, LOSSY } from '../cast/cast.ts'
import { findCast } from '../cast/find-cast.ts'
import { maskValue } from '../cast/mask-value.ts'
import { valueText } from '../cast/value-text.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { CastSource, CastWanted, CompileContext } from './compile-context.ts'
import { compileOutcomes, isAllow, type TakeOutcome } from './compile-outcome.ts'
import { QUARANTINED } from './outcome-registry.ts'
import type { RowState, ValueSource } from './row-state.ts'

/** Brings a value to a target type; what the type cannot hold goes the way `onLoss` says. Null, with an error found: no cast leads there. */
export function compileCast(source: ValueSource, wanted: CastWanted, context: CompileContext): CastSource | null {
  const { type, column, at } = wanted
  const rule = findCast({ source: source.type, target: type, sourceVersion: context.sourceVersion, targetVersion: context.targetVersion })
  if (rule === null) {
    context.problems.error('MAPPING_TYPE', `expected a cast from ${source.type.text} to ${type.text} for ${column}, got none`, {
      at,
      next: `Map ${column} from a value of a type that leads to ${type.text}; docs/engines/postgres.md lists the pairs.`,
    })
    return null
  }
  if (rule.isPassThrough)
    return { ...source, type, how: 'bytes', loss: source.lost === undefined ? 'never' : 'sometimes', sentence: source.lost ?? '' }
  const { state } = context
  const cast = context.problems.attempt<FieldCast | null>({ ...at }, null, () =>
    rule.compile({
      zone: context.tenant?.zone ?? null,
      gap: context.mapping.time.gap,
      overlap: context.mapping.time.overlap,
      zoneHit: zoneCounter(state, column),
    }),
  )
  if (cast === null) return null
  const onLost = compileLoss(source.type, wanted, context)
  const write = source.slot === null ? castComputed(source, cast, onLost) : castSlot(source.slot, cast, onLost)
  const sentences = [source.lost, rule.sentence].filter(text => text !== undefined && text !== '')
  const lost = sentences.length === 0 ? {} : { lost: sentences.join(' ') }
  return {
    type,
    slot: null,
    write,
    how: 'cast',
    loss: sentences.length === 0 ? rule.loss : 'sometimes',
    sentence: sentences.join(' '),
    ...lost,
  }
}

function zoneCounter(state: RowState, column: string): (kind: 'gap' | 'overlap') => void {
  const gap = state.registry.number('zone_gap', column, 'time_gap')
  const overlap = state.registry.number('zone_overlap', column, 'time_overlap')
  return kind => {
    state.zoneHit = kind
    state.taken.push(kind === 'gap' ? gap : overlap)
  }
}

type Lost = (
  row: RowState,
  out: TupleWriter,
  lost: { mark: number; isRefused: boolean; data: Buffer; start: number; length: number },
) => boolean

/** What happens to a value its target cannot hold whole (lossy) or at all (refused): the outcomes in turn. `allow` keeps a lossy value and counts it; it cannot help a refused one. */
function compileLoss(sourceType: SqlType, wanted: CastWanted, context: CompileContext): Lost {
  const at = wanted.onLoss.findIndex(isAllow)
  const allow = wanted.onLoss[at] ?? null
  const before = compileSome(at < 0 ? wanted.onLoss : wanted.onLoss.slice(0, at), wanted, context)
  const after = compileSome(at < 0 ? [] : wanted.onLoss.slice(at + 1), wanted, context)
  const allowed = context.state.registry.number('loss', wanted.column, allow?.note ?? 'lossy_cast')
  const text = valueText(sourceType)
  return (row, out, { mark, isRefused, data, start, length }) => {
    const isKept = !isRefused && allow !== null
    const written = isKept && before !== null ? Buffer.from(out.buf.subarray(mark, out.at)) : null
    if (!isKept || written !== null) out.at = mark
    const taken = takeLost(row, out, { isRefused, column: wanted.column, takes: isKept ? [before] : [before, after] })
    if (taken === true) return true
    if (taken === null && isKept) {
      if (written !== null) restore(written, out)
      row.taken.push(allowed)
      if (allow.note !== null) row.notes.push({ code: allow.note, column: wanted.column })
      return true
    }
    if (taken === null) row.seal(QUARANTINED, 'not_representable', wanted.column)
    if (row.fate === QUARANTINED) row.fateValue = maskValue(sourceType, text(data, start, length))
    return false
  }
}

function compileSome(outcomes: CastWanted['onLoss'], wanted: CastWanted, context: CompileContext): TakeOutcome | null {
  return outcomes.length === 0 ? null : compileOutcomes(outcomes, wanted, context)
}

/** A local time that the zone's policy refuses has its own code, whatever `on_loss` says. */
function takeLost(
  row: RowState,
  out: TupleWriter,
  { isRefused, column, takes }: { isRefused: boolean; column: string; takes: readonly (TakeOutcome | null)[] },
): boolean | null {
  if (isRefused && row.zoneHit !== null) return row.seal(QUARANTINED, `time_${row.zoneHit}`, column)
  for (const take of takes) {
    const taken = take === null ? null : take(row, out)
    if (taken !== null) return taken
  }
  return null
}

function restore(field: Buffer, out: TupleWriter): void {
  out.ensure(field.length)
  field.copy(out.buf, out.at)
  out.at += field.length
}

function castSlot(slot: number, cast: FieldCast, lost: Lost): ValueSource['write'] {
  return (row, out) => {
    const { cursor } = row
    const length = cursor.length[slot] as number
    if (length < 0) {
      out.null()
      return true
    }
    const mark = out.at
    row.zoneHit = null
    const start = cursor.start[slot] as number
    const result = cast(cursor.data, start, length, out)
    return result === DONE || lost(row, out, { mark, isRefused: result !== LOSSY, data: cursor.data, start, length })
  }
}

function castComputed(source: ValueSource, cast: FieldCast, lost: Lost): ValueSource['write'] {
  const scratch = new TupleWriter(64)
  return (row, out) => {
    scratch.reset()
    if (!source.write(row, scratch)) return false
    const length = scratch.buf.readInt32BE(0)
    if (length < 0) {
      out.null()
      return true
    }
    const mark = out.at
    row.zoneHit = null
    const result = cast(scratch.buf, 4, length, out)
    return result === DONE || lost(row, out, { mark, isRefused: result !== LOSSY, data: scratch.buf, start: 4, length })
  }
}
