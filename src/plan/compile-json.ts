import { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { type FieldDecoder, fieldDecoder, fieldEncoder } from '../cast/field-codec.ts'
import { jsonbObjectOf, jsonScalar } from '../cast/jsonb-text.ts'
import type { MappingValue } from '../model/mapping.ts'
import type { Value } from '../model/value.ts'
import type { CompileContext, ValueWanted } from './compile-context.ts'
import type { ValueSource } from './row-state.ts'

type JsonValue = Extract<MappingValue, { kind: 'json' }>

interface Member {
  readonly name: string
  readonly source: ValueSource
  readonly decode: FieldDecoder
  readonly scalar: (value: Value) => string
}

/** A document put together from values. `nulls: drop` leaves members out whose value is NULL. */
export function compileJson(value: JsonValue, wanted: ValueWanted, context: CompileContext): ValueSource | null {
  const members = value.fields.map((field): Member | null => {
    const column = `${wanted.column}.${field.name}`
    const source = context.compilers.value(field.value, { type: null, column }, context)
    return source && { name: field.name, source, decode: fieldDecoder(source.type), scalar: jsonScalar(source.type) }
  })
  if (members.some(member => member === null)) return null
  const type = builtinType('jsonb')
  const encode = fieldEncoder(type)
  const scratch = new TupleWriter(256)
  const objectOf = jsonbObjectOf(members.map(member => member?.name ?? ''))
  const texts: (string | null)[] = members.map(() => null)
  const ofNull = value.nulls === 'keep' ? 'null' : null
  return {
    type,
    slot: null,
    write: (row, out) => {
      for (let i = 0; i < members.length; i++) {
        const { source, decode, scalar } = members[i] as Member
        scratch.reset()
        if (!source.write(row, scratch)) return false
        const length = scratch.buf.readInt32BE(0)
        texts[i] = length < 0 ? ofNull : scalar(decode(scratch.buf, 4, length))
      }
      encode(objectOf(texts), out)
      return true
    },
  }
}
