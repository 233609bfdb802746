import { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { fieldDecoder, fieldEncoder } from '../cast/field-codec.ts'
import { jsonbArray, jsonbObjectFrom } from '../cast/jsonb-form.ts'
import { jsonScalar } from '../cast/jsonb-text.ts'
import { valueText } from '../cast/value-text.ts'
import type { MappingValue } from '../model/mapping.ts'
import type { CompileContext, ParentKey, SettledReference, ValueWanted } from './compile-context.ts'
import { compileExpressionSource } from './compile-expression-source.ts'
import { QUARANTINED } from './outcome-registry.ts'
import { NULL_KEY } from './parent-key.ts'
import type { RowState, ValueSource } from './row-state.ts'

type Collection = Extract<MappingValue, { kind: 'collect' }>

/** A JSON array or object of a list of related rows, in the list’s order. In an object a key that is NULL or stands twice seals the row’s fate. */
export function compileCollect(value: Collection, wanted: ValueWanted, context: CompileContext): ValueSource | null {
  const entry = context.slots.list(value.list)
  const inner = context.members.get(value.list)
  if (entry === null || inner === undefined) {
    context.problems.error('MAPPING_UNKNOWN_COLUMN', `expected the name of a list to collect, got ${value.list}`, {
      at: value.at,
      next: 'Lists are the names under `with` that have `many: true`.',
    })
    return null
  }
  const { list, found } = entry
  const settled = inner.settled.length
  const member = context.compilers.value(value.value, { type: null, column: wanted.column }, inner)
  const key = value.key === null ? null : compileExpressionSource(value.key, inner)
  if (member === null || (value.key !== null && key === null)) return null
  const members: SettledReference['members'] = (row, visit) => {
    if (row.value(found) === null) return
    list.each(row, state => {
      visit(state)
      return true
    })
  }
  for (const reference of inner.settled.splice(settled)) context.settled.push(ofMember(reference, members))
  const textOf = fieldReader(member, jsonOf(member), 'null')
  const keyOf = key && fieldReader(key, valueText(key.type), null)
  const type = builtinType('jsonb')
  const encode = fieldEncoder(type)
  const write: ValueSource['write'] = (row, out) => {
    if (row.value(found) === null) return out.null()
    const items: string[] = []
    const entries = new Map<string, string>()
    const isWhole = list.each(row, state => {
      const text = textOf(state)
      if (text === false || text === null) return false
      if (keyOf === null) return items.push(text) > 0
      const name = keyOf(state)
      if (name === false) return false
      if (name === null) return row.seal(QUARANTINED, 'null_member', wanted.column)
      if (entries.has(name)) return row.seal(QUARANTINED, 'duplicate_member', wanted.column)
      entries.set(name, text)
      return true
    })
    if (!isWhole) return false
    encode(keyOf === null ? jsonbArray(items) : jsonbObjectFrom(entries), out)
    return true
  }
  return { type, slot: null, write }
}

/** A reference in each member: whether a member has it is asked of the member, whether the row has it at all of the row (`when`, set by who writes it). */
function ofMember({ when, key, ...reference }: SettledReference, members: SettledReference['members']): SettledReference {
  const read: ParentKey['read'] = when === null ? key.read : row => (when(row) ? key.read(row) : NULL_KEY)
  return { ...reference, key: { ...key, read }, when: null, members }
}

function jsonOf(source: ValueSource): (data: Buffer, start: number, length: number) => string {
  const decode = fieldDecoder(source.type)
  const scalar = jsonScalar(source.type)
  return (data, start, length) => scalar(decode(data, start, length))
}

/** The text of a member’s value; `none` for NULL, false where the fate is sealed. */
function fieldReader(
  source: ValueSource,
  toText: (data: Buffer, start: number, length: number) => string,
  none: string | null,
): (state: RowState) => string | null | false {
  const scratch = new TupleWriter(64)
  return state => {
    scratch.reset()
    if (!source.write(state, scratch)) return false
    const length = scratch.buf.readInt32BE(0)
    return length < 0 ? none : toText(scratch.buf, 4, length)
  }
}
