import type { TupleWriter } from '../base/tuple-writer.ts'
import { literalEncoder } from '../cast/literal-encoder.ts'
import type { JsonLiteral, Outcome } from '../model/mapping.ts'
import type { CastWanted, CompileContext } from './compile-context.ts'
import { compileExpressionSource } from './compile-expression-source.ts'
import { EXCLUDED, QUARANTINED } from './outcome-registry.ts'
import type { RowState } from './row-state.ts'

/** True: a value was written. False: the row's fate is sealed. Null: nothing replaces what there is (`allow`, or a `from` that is NULL and the end of the list). */
export type TakeOutcome = (row: RowState, out: TupleWriter) => boolean | null

/** Outcomes of one place, tried in turn; none after `allow`. `wanted.onLoss` holds for values they bring in. */
export function compileOutcomes(outcomes: readonly Outcome[], wanted: CastWanted, context: CompileContext): TakeOutcome {
  const end = outcomes.findIndex(isAllow)
  const takes = outcomes.slice(0, end < 0 ? outcomes.length : end + 1).map(outcome => compileOne(outcome, wanted, context))
  if (takes.length === 1) return takes[0] as TakeOutcome
  return (row, out) => {
    for (const take of takes) {
      const done = take(row, out)
      if (done !== null) return done
    }
    return null
  }
}

export function isAllow(outcome: Outcome): boolean {
  return outcome.take !== null && 'allow' in outcome.take
}

function compileOne(outcome: Outcome, wanted: CastWanted, context: CompileContext): TakeOutcome {
  const { take } = outcome
  const noted = outcome.note
  const after = (row: RowState): void => {
    if (noted !== null) row.notes.push({ code: noted, column: wanted.column })
  }
  if (take === null)
    return row => {
      after(row)
      return null
    }
  if ('allow' in take) {
    const allowed = context.state.registry.number('value', wanted.column, noted ?? 'allowed')
    return row => {
      row.taken.push(allowed)
      after(row)
      return null
    }
  }
  if ('exclude' in take) return row => row.seal(EXCLUDED, take.exclude, wanted.column)
  if ('quarantine' in take) return row => row.seal(QUARANTINED, take.quarantine, wanted.column)
  if ('value' in take) return constantOutcome({ literal: take.value, noted }, wanted, context)
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
  { literal, noted }: { literal: JsonLiteral; noted: string | null },
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
