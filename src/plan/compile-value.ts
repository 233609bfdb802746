import { literalEncoder } from '../cast/literal-encoder.ts'
import type { JsonLiteral, MappingValue } from '../model/mapping.ts'
import type { Place } from '../model/place.ts'
import type { SqlType } from '../model/sql-type.ts'
import { compileCollect } from './compile-collect.ts'
import type { CompileContext, ValueWanted } from './compile-context.ts'
import { compileExpressionSource } from './compile-expression-source.ts'
import { compileFunction } from './compile-function.ts'
import { compileJson } from './compile-json.ts'
import { compileId } from './compile-own-id.ts'
import { compilePipeline } from './compile-pipeline.ts'
import { compileRef } from './compile-ref.ts'
import { compileRest } from './compile-rest.ts'
import { naturalType } from './natural-type.ts'
import type { ValueSource } from './row-state.ts'

/** Any form of value. Null, with an error found: it does not compile. */
export function compileValue(value: MappingValue, wanted: ValueWanted, context: CompileContext): ValueSource | null {
  switch (value.kind) {
    case 'expression':
      return compileExpressionSource(value.expression, context)
    case 'constant':
      return compileConstant(value.value, wanted.type ?? naturalType(value.value), { context, at: value.at })
    case 'pipeline':
      return compilePipeline(value, wanted, context)
    case 'ref':
      return compileRef(value, wanted, context)
    case 'id':
      return compileId(value, wanted, context)
    case 'fn':
      return compileFunction(value, wanted, context)
    case 'rest':
      return compileRest(value, wanted, context)
    case 'collect':
      return compileCollect(value, wanted, context)
    case 'json':
      return compileJson(value, wanted, context)
  }
}

function compileConstant(literal: JsonLiteral, type: SqlType, { context, at }: { context: CompileContext; at: Place }): ValueSource | null {
  if (literal === null) return { type, slot: null, write: (_row, out) => out.null() }
  const encode = context.problems.attempt({ ...at }, null, () => literalEncoder(literal, type))
  return (
    encode && {
      type,
      slot: null,
      write: (_row, out) => {
        encode(out)
        return true
      },
    }
  )
}

export function placeOf(value: MappingValue): Place {
  return value.kind === 'expression' ? value.expression.at : value.at
}
