import { didYouMean } from '../base/did-you-mean.ts'
import { tableLabel } from '../base/table-label.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { type FieldDecoder, fieldDecoder, fieldEncoder } from '../cast/field-codec.ts'
import { jsonbObject, jsonbObjectOf, jsonScalar } from '../cast/jsonb-text.ts'
import { parseTypeName } from '../cast/type-name.ts'
import { REST_COLUMN, type Relation } from '../model/catalogue.ts'
import type { MappingValue } from '../model/mapping.ts'
import type { Place } from '../model/place.ts'
import type { Value } from '../model/value.ts'
import { matchColumn } from './collect-names.ts'
import type { CompileContext, ValueWanted } from './compile-context.ts'
import { compileOutcomes, type TakeOutcome } from './compile-outcome.ts'
import { RestOfTables } from './rest-of-tables.ts'
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
  const named = context.rest.filter(name => name !== REST_COLUMN)
  const members = named.map(name => compileMember(name, { value, wanted }, context)).filter(member => member !== null)
  const others = compileOthers({ value, wanted }, context)
  if (members.length < named.length || others?.isWhole === false) return null
  const encode = fieldEncoder(JSONB)
  const scratch = new TupleWriter(256)
  const objectOf = jsonbObjectOf(members.map(member => member.name))
  const texts = members.map(() => '')
  const write: ValueSource['write'] = (row, out) => {
    for (let i = 0; i < members.length; i++) {
      const text = memberText(members[i] as Member, { row, scratch })
      if (text === null) return false
      texts[i] = text
    }
    if (others === null) {
      encode(objectOf(texts), out)
      return true
    }
    const entries = members.map(({ name }, i): readonly [string, string] => [name, texts[i] as string])
    for (const member of others.of(row)) {
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

interface RestWanted {
  readonly value: RestValue
  readonly wanted: ValueWanted
}

/** Of many tables: the columns that only some of them have. Null: there are none. */
function compileOthers(rest: RestWanted, context: CompileContext): RestOfTables<Member> | null {
  const { many } = context.relation
  if (many === undefined || !context.rest.includes(REST_COLUMN)) return null
  const { slot } = context.slots.field(REST_COLUMN)
  return new RestOfTables(many, {
    slot,
    compile: ({ name, declared }, source) => memberOf(name, { ...rest, own: source, said: declared }, context),
  })
}

function compileMember(name: string, rest: RestWanted, context: CompileContext): Member | null {
  const field = context.slots.field(name)
  const own: ValueSource = { type: field.type, slot: field.slot, write: (row, out) => row.copySlot(field.slot, out) }
  const said = context.relation.restTypes?.get(context.entity.name)?.types.get(name)
  return memberOf(name, { ...rest, own, said }, context)
}

interface MemberWanted extends RestWanted {
  readonly own: ValueSource
  /** The type rows declare; null = a word no type belongs to; undefined = none. */
  readonly said: string | null | undefined
}

function memberOf(name: string, { value, wanted, own, said }: MemberWanted, context: CompileContext): Member | null {
  const column = `${wanted.column}.${name}`
  const declared = declaredFor(name, { value, said }, context)
  if (declared === null) {
    const target = { type: JSONB, column, onLoss: [], at: value.at }
    const isSaid = value.types !== null || value.typesFrom !== null
    const outcomes = said === null ? (value.typesFrom?.otherwise ?? []) : isSaid ? value.undeclared : []
    return { name, source: own, text: jsonText(own), undeclared: outcomes.length > 0 ? compileOutcomes(outcomes, target, context) : null }
  }
  const type = context.problems.attempt({ ...declared.at }, null, () => parseTypeName(declared.type))
  const { onLoss } = context.mapping.defaults
  const cast = type && context.compilers.cast(own, { type, column, onLoss, at: declared.at }, context)
  return cast && { name, source: cast, text: jsonText(cast), undeclared: null }
}

/** Null: no type is declared. */
function declaredFor(
  name: string,
  { value, said }: Pick<MemberWanted, 'value' | 'said'>,
  { relation }: CompileContext,
): { readonly type: string; readonly at: Place } | null {
  if (value.typesFrom !== null) return said == null ? null : { type: said, at: value.typesFrom.at }
  const gathered = { columns: gatheredColumns(relation) }
  return value.types?.find(entry => matchColumn(entry.column, gathered) === name) ?? null
}

function jsonText({ type }: ValueSource): Text {
  const decode: FieldDecoder = fieldDecoder(type)
  const scalar: (value: Value) => string = jsonScalar(type)
  return (data, start, length) => scalar(decode(data, start, length))
}

/** A field of jsonb; one of length −1 is a NULL that replaces the value. */
const JSONB_TEXT: Text = (data, start, length) =>
  length < 0 ? 'null' : jsonText({ type: JSONB, slot: null, write: () => true })(data, start, length)

/** Every column there is to be gathered; of many tables also those that only some have. */
function gatheredColumns({ columns, many }: Pick<Relation, 'columns' | 'many'>): readonly { readonly name: string }[] {
  const others = new Set(many?.shapes.flat().map(column => column.name))
  return many === undefined ? columns : [...columns, ...[...others].map(name => ({ name }))]
}

/** A type for a column that is not gathered would say nothing, and nobody would notice. */
function checkTypes(value: RestValue, { entity, relation: { schema, name: of, ...other }, rest: named, problems }: CompileContext): void {
  const relation = { schema, name: of, columns: gatheredColumns(other) }
  const rest = [...named, ...(other.many?.shapes.flat() ?? []).map(column => column.name)].filter(name => name !== REST_COLUMN)
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
  const odd = [...value.undeclared, ...(value.typesFrom?.otherwise ?? [])].find(outcome => outcome.take !== null && 'from' in outcome.take)
  if (odd)
    problems.error('MANIFEST_INVALID', 'expected `value`, `exclude`, `quarantine`, `allow` or `note` under `undeclared`, got `from`', {
      at: odd.at,
      next: 'Name the column in `types`, or give it a place of its own under `columns`.',
    })
}
