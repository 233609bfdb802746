import { didYouMean } from '../base/did-you-mean.ts'
import { tableLabel } from '../base/table-label.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { type FieldDecoder, fieldDecoder, fieldEncoder } from '../cast/field-codec.ts'
import { jsonbObject, jsonScalar } from '../cast/jsonb-text.ts'
import { parseTypeName } from '../cast/type-name.ts'
import type { MappingValue } from '../model/mapping.ts'
import type { Value } from '../model/value.ts'
import { matchColumn } from './collect-names.ts'
import type { CompileContext, ValueWanted } from './compile-context.ts'
import { compileOutcomes, type TakeOutcome } from './compile-outcome.ts'
import type { RowState, ValueSource } from './row-state.ts'

type RestValue = Extract<MappingValue, { kind: 'rest' }>

const JSONB = builtinType('jsonb')

interface Member {
  readonly name: string
  readonly source: ValueSource
  readonly text: Text
  /** What is said of a column `types` does not name; null = nothing. */
  readonly undeclared: TakeOutcome | null
}

type Text = (data: Buffer, start: number, length: number) => string

/** One document of every column nobody else uses, under its own name: declared columns as the type declared, the others as the source's type. NULL is kept. */
export function compileRest(value: RestValue, wanted: ValueWanted, context: CompileContext): ValueSource | null {
  checkTypes(value, context)
  const members = context.rest.map(name => compileMember(name, { value, wanted }, context)).filter(member => member !== null)
  if (members.length < context.rest.length) return null
  const encode = fieldEncoder(JSONB)
  const scratch = new TupleWriter(256)
  const write: ValueSource['write'] = (row, out) => {
    const entries: (readonly [string, string])[] = []
    for (const member of members) {
      const text = memberText(member, { row, scratch })
      if (text === null) return false
      entries.push([member.name, text])
    }
    encode(jsonbObject(entries), out)
    return true
  }
  return { type: JSONB, slot: null, write }
}

/** Null: the row's fate is sealed. */
function memberText({ source, text, undeclared }: Member, { row, scratch }: { row: RowState; scratch: TupleWriter }): string | null {
  scratch.reset()
  if (!source.write(row, scratch)) return null
  const length = scratch.buf.readInt32BE(0)
  if (length < 0) return 'null'
  if (undeclared === null) return text(scratch.buf, 4, length)
  const own = text(scratch.buf, 4, length)
  scratch.reset()
  const taken = undeclared(row, scratch)
  if (taken === null) return own
  return taken ? JSONB_TEXT(scratch.buf, 4, scratch.buf.readInt32BE(0)) : null
}

function compileMember(name: string, { value, wanted }: { value: RestValue; wanted: ValueWanted }, context: CompileContext): Member | null {
  const field = context.slots.field(name)
  const column = `${wanted.column}.${name}`
  const own: ValueSource = { type: field.type, slot: field.slot, write: (row, out) => row.copySlot(field.slot, out) }
  const declared = value.types?.find(entry => matchColumn(entry.column, context.relation) === name)
  if (declared === undefined) {
    const target = { type: JSONB, column, onLoss: [], at: value.at }
    const isSaid = value.types !== null && value.undeclared.length > 0
    return { name, source: own, text: jsonText(own), undeclared: isSaid ? compileOutcomes(value.undeclared, target, context) : null }
  }
  const type = context.problems.attempt({ ...declared.at }, null, () => parseTypeName(declared.type))
  const { onLoss } = context.mapping.defaults
  const cast = type && context.compilers.cast(own, { type, column, onLoss, at: declared.at }, context)
  return cast && { name, source: cast, text: jsonText(cast), undeclared: null }
}

function jsonText({ type }: ValueSource): Text {
  const decode: FieldDecoder = fieldDecoder(type)
  const scalar: (value: Value) => string = jsonScalar(type)
  return (data, start, length) => scalar(decode(data, start, length))
}

/** A field of jsonb; one of length −1 is a NULL that replaces the value. */
const JSONB_TEXT: Text = (data, start, length) =>
  length < 0 ? 'null' : jsonText({ type: JSONB, slot: null, write: () => true })(data, start, length)

/** A type for a column that is not gathered would say nothing, and nobody would notice. */
function checkTypes(value: RestValue, { entity, relation, rest, problems }: CompileContext): void {
  const table = tableLabel(relation.schema, relation.name)
  const isLacking = (column: string): boolean => entity.mayLack.some(name => name.toLowerCase() === column.toLowerCase())
  for (const { column, at } of value.types ?? []) {
    const name = matchColumn(column, relation)
    if (name === null && !isLacking(column))
      problems.error('MAPPING_UNKNOWN_COLUMN', `expected a column of ${table} under \`types\`, got ${column}${didYouMean(column, rest)}`, {
        at,
        next: 'Correct the name; a column that only some tenants have stands under `from.may_lack` too.',
      })
    if (name !== null && !rest.includes(name))
      problems.error('MANIFEST_INVALID', `expected a column that nothing else uses under \`types\`, got ${column}`, {
        at,
        next: 'Take the line out: `rest` leaves out columns of the key, those other values or rules use, and those under `exclude`.',
      })
  }
  const odd = value.undeclared.find(outcome => outcome.take !== null && 'from' in outcome.take)
  if (odd)
    problems.error('MANIFEST_INVALID', 'expected `value`, `exclude`, `quarantine`, `allow` or `note` under `undeclared`, got `from`', {
      at: odd.at,
      next: 'Name the column in `types`, or give it a place of its own under `columns`.',
    })
}
