import { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { fieldDecoder, fieldEncoder } from '../cast/field-codec.ts'
import { jsonbObject, jsonScalar } from '../cast/jsonb-text.ts'
import type { MappingValue } from '../model/mapping.ts'
import type { CompileContext, ValueWanted } from './compile-context.ts'
import type { ValueSource } from './row-state.ts'

type JsonValue = Extract<MappingValue, { kind: 'json' }>

/** A document put together from values. `nulls: drop` leaves members out whose value is NULL. */
export function compileJson(value: JsonValue, wanted: ValueWanted, context: CompileContext): ValueSource | null {
  const members = value.fields.map(field => {
    const column = `${wanted.column}.${field.name}`
    const source = context.compilers.value(field.value, { type: null, column }, context)
    return source && { name: field.name, source, decode: fieldDecoder(source.type), scalar: jsonScalar(source.type) }
  })
  if (members.some(member => member === null)) return null
  const type = builtinType('jsonb')
  const encode = fieldEncoder(type)
  const scratch = new TupleWriter(256)
  return {
    type,
    slot: null,
    write: (row, out) => {
      const entries: (readonly [string, string])[] = []
      for (const member of members) {
        if (member === null) continue
        scratch.reset()
        if (!member.source.write(row, scratch)) return false
        const length = scratch.buf.readInt32BE(0)
        if (length >= 0) entries.push([member.name, member.scalar(member.decode(scratch.buf, 4, length))])
        else if (value.nulls === 'keep') entries.push([member.name, 'null'])
      }
      encode(jsonbObject(entries), out)
      return true
    },
  }
}
