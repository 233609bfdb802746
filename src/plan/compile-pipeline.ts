import { TupleWriter } from '../base/tuple-writer.ts'
import { literalEncoder } from '../cast/literal-encoder.ts'
import { parseTypeName } from '../cast/type-name.ts'
import { valueText } from '../cast/value-text.ts'
import type { MappingValue } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'
import { compileCast } from './compile-cast.ts'
import { compileCleanse } from './compile-cleanse.ts'
import type { CastWanted, CompileContext, ValueWanted } from './compile-context.ts'
import { compileCondition, compileExpressionSource } from './compile-expression-source.ts'
import { compileOutcomes, isAllow } from './compile-outcome.ts'
import { naturalType } from './natural-type.ts'
import { QUARANTINED } from './outcome-registry.ts'
import type { ValueSource, WriteField } from './row-state.ts'

type Pipeline = Extract<MappingValue, { kind: 'pipeline' }>

/** `from`, `when`, `cleanse`, `if_null`, `map` (`else`), `as` (`on_loss`), in that order; a replacement skips the rest and is brought to the wanted type at once. */
export function compilePipeline(value: Pipeline, wanted: ValueWanted, context: CompileContext): ValueSource | null {
  const read = compileExpressionSource(value.from, context)
  if (read === null) return null
  const clean =
    value.cleanse.length === 0 ? null : compileCleanse(value.cleanse, { source: read, column: wanted.column, at: value.at }, context)
  if (clean === null && value.cleanse.length > 0) return null
  const from = clean?.whole ?? read
  const onLoss = value.onLoss.length > 0 ? value.onLoss : context.mapping.defaults.onLoss
  const as = value.as === null ? null : context.problems.attempt<SqlType | null>(value.at, null, () => parseTypeName(value.as as string))
  const type = wanted.type ?? as ?? (value.map ? naturalType(value.map[0]?.to ?? null) : from.type)
  const target: CastWanted = { type, column: wanted.column, onLoss, at: value.at }
  const steps = { ...value, onLoss }
  const written = value.map !== null ? mapped(from, { value: steps, target }, context) : cast(from, { as, target }, context)
  if (written === null) return null
  const source =
    value.when === null && value.ifNull.length === 0
      ? written
      : withNull(written, { from: clean?.forNull ?? from, value: steps, target }, context)
  return { type, slot: source.slot, write: source.write, ...(written.lost === undefined ? {} : { lost: written.lost }) }
}

function cast(from: ValueSource, { as, target }: { as: SqlType | null; target: CastWanted }, context: CompileContext): ValueSource | null {
  const middle = as === null ? from : compileCast(from, { ...target, type: as }, context)
  return middle && compileCast(middle, target, context)
}

/** Looks the value's canonical text up in a table of constants, each encoded beforehand. */
function mapped(
  from: ValueSource,
  { value, target }: { value: Pipeline; target: CastWanted },
  context: CompileContext,
): ValueSource | null {
  const encoders = new Map<string, ((out: TupleWriter) => void) | null>()
  for (const { from: key, to } of value.map ?? []) {
    const encode = context.problems.attempt({ ...value.at }, null, () => (to === null ? null : literalEncoder(to, target.type)))
    encoders.set(key, encode)
  }
  if (value.otherwise.some(isAllow))
    context.problems.error(
      'MANIFEST_INVALID',
      'expected another outcome for `else` than `allow`, which would let a value be that has no constant, got `allow`',
      { at: value.at, next: 'Write `else: { from: … }` to take the value itself, or leave `else` out.' },
    )
  const text = valueText(from.type)
  const otherwise = value.otherwise.length > 0 ? compileOutcomes(value.otherwise, target, context) : null
  const scratch = new TupleWriter(64)
  const write: WriteField = (row, out) => {
    scratch.reset()
    if (!from.write(row, scratch)) return false
    const length = scratch.buf.readInt32BE(0)
    if (length < 0) {
      out.null()
      return true
    }
    const encode = encoders.get(mapKey(from.type, text(scratch.buf, 4, length)))
    if (encode === undefined) return otherwise?.(row, out) ?? row.seal(QUARANTINED, 'unmapped_value', target.column)
    if (encode === null) out.null()
    else encode(out)
    return true
  }
  return { type: target.type, slot: null, write }
}

/** Keys compare as canonical text; PostgreSQL prints booleans as t and f, people write true and false. */
function mapKey(type: SqlType, text: string): string {
  if (type.name !== 'bool') return text
  return text === 't' || text === 'true' ? 'true' : 'false'
}

function withNull(
  written: ValueSource,
  { from, value, target }: { from: ValueSource; value: Pipeline; target: CastWanted },
  context: CompileContext,
): ValueSource {
  const when = value.when === null ? null : compileCondition(value.when, context)
  const take = value.ifNull.length === 0 ? null : compileOutcomes(value.ifNull, target, context)
  const scratch = new TupleWriter(64)
  const isNull = from.slot === null ? nullOfComputed(from, scratch) : nullOfSlot(from.slot)
  const write: WriteField = (row, out) => {
    if (when === null || when(row)) {
      const empty = isNull(row)
      if (empty === null) return false
      if (!empty) return written.write(row, out)
    }
    const taken = take === null ? null : take(row, out)
    if (taken !== null) return taken
    out.null()
    return true
  }
  return { type: written.type, slot: null, write }
}

/** True, false, or null when the row's fate was sealed on the way. */
type IsNull = (row: Parameters<WriteField>[0]) => boolean | null

function nullOfSlot(slot: number): IsNull {
  return row => (row.cursor.length[slot] as number) < 0
}

function nullOfComputed(from: ValueSource, scratch: TupleWriter): IsNull {
  return row => {
    scratch.reset()
    return from.write(row, scratch) ? scratch.buf.readInt32BE(0) < 0 : null
  }
}
