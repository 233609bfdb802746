import type { TupleWriter } from '../base/tuple-writer.ts'
import { literalEncoder } from '../cast/literal-encoder.ts'
import type { Outcome } from '../model/mapping.ts'
import type { CastWanted, CompileContext } from './compile-context.ts'
import { compileExpressionSource } from './compile-expression-source.ts'
import { EXCLUDED, QUARANTINED } from './outcome-registry.ts'
import type { RowState } from './row-state.ts'

/** True: a value was written. False: the row's fate is sealed. Null: no outcome applied (a list is tried in turn; a `from` that is NULL passes on). */
export type TakeOutcome = (row: RowState, out: TupleWriter) => boolean | null

/** Outcomes of one place, tried in turn. `wanted.onLoss` holds for values they bring in. */
export function compileOutcomes(outcomes: readonly Outcome[], wanted: CastWanted, context: CompileContext): TakeOutcome {
  const takes = outcomes.map(outcome => compileOne(outcome, wanted, context))
  if (takes.length === 1) return takes[0] as TakeOutcome
  return (row, out) => {
    for (const take of takes) {
      const done = take(row, out)
      if (done !== null) return done
    }
    return null
  }
}

function compileOne(outcome: Outcome, wanted: CastWanted, context: CompileContext): TakeOutcome {
  const { take } = outcome
  const noted = outcome.note
  const after = (row: RowState): void => {
    if (noted !== null) row.notes.push({ code: noted, column: wanted.column })
  }
  if (take === null || 'allow' in take)
    return row => {
      after(row)
      return null
    }
  if ('exclude' in take) return row => row.seal(EXCLUDED, take.exclude, wanted.column)
  if ('quarantine' in take) return row => row.seal(QUARANTINED, take.quarantine, wanted.column)
  if ('value' in take) return constantOutcome(take.value, noted, wanted, context)
  const counted = context.state.registry.number('value', wanted.column, noted ?? 'from')
  const inner = compileExpressionSource(take.from, context)
  const source = inner && context.compilers.cast(inner, { ...wanted, onLoss: context.mapping.defaults.onLoss }, context)
  if (source === null) return () => null
  return (row, out) => {
    const mark = out.at
    if (!source.write(row, out)) return false
    if (out.buf.readInt32BE(mark) < 0) {
      out.at = mark
      return null
    }
    row.taken.push(counted)
    after(row)
    return true
  }
}

function constantOutcome(
  literal: Parameters<typeof literalEncoder>[0],
  noted: string | null,
  wanted: CastWanted,
  context: CompileContext,
): TakeOutcome {
  const counted = context.state.registry.number('value', wanted.column, noted ?? 'default')
  const encode = context.problems.attempt({ ...wanted.at }, null, () => (literal === null ? null : literalEncoder(literal, wanted.type)))
  return (row, out) => {
    if (encode === null) out.null()
    else encode(out)
    row.taken.push(counted)
    if (noted !== null) row.notes.push({ code: noted, column: wanted.column })
    return true
  }
}
