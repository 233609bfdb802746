import { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { literalEncoder } from '../cast/literal-encoder.ts'
import { parseTypeName } from '../cast/type-name.ts'
import { RehouseError } from '../errors.ts'
import type { JsonLiteral, MappingValue } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { CompileContext, ValueWanted } from './compile-context.ts'
import { compileExpressionSource } from './compile-expression-source.ts'
import { carrierOf, literalOf } from './function-carriers.ts'
import { bindFunction, type CallFunction, nameOf, type Primitive } from './function-realm.ts'
import { EXCLUDED, QUARANTINED } from './outcome-registry.ts'
import type { RowState, ValueSource } from './row-state.ts'

type FunctionValue = Extract<MappingValue, { kind: 'fn' }>

/** So many calls of each program are made twice: a function that keeps something between calls, or makes something up, shows. */
const CALLED_TWICE = 100

/** A value made by a function of a file: its own outcomes decide about the row; what it throws refuses the row under the function's name. */
export function compileFunction(value: FunctionValue, wanted: ValueWanted, context: CompileContext): ValueSource | null {
  const arguments_ = value.uses.map(use => ({ name: use.name, source: compileExpressionSource(use.value, context) }))
  if (arguments_.some(({ source }) => source === null)) return null
  const sources = arguments_.flatMap(({ source }) => (source === null ? [] : [source]))
  const carriers = sources.map(source => carrierOf(source.type))
  context.functions.push({
    file: value.file,
    name: value.name,
    uses: arguments_.map(({ name }, i) => ({ name, type: carriers[i]?.typescript ?? 'unknown' })),
  })
  const as = value.as === null ? null : context.problems.attempt<SqlType | null>(value.at, null, () => parseTypeName(value.as as string))
  const type = as ?? wanted.type ?? builtinType('jsonb')
  const file = context.mapping.functions.find(one => one.file === value.file)
  if (file === undefined) return null
  const call = context.problems.attempt<CallFunction | null>(value.at, null, () =>
    bindFunction(file, {
      name: value.name,
      keys: arguments_.map(({ name }) => name),
      documents: carriers.map(({ isDocument }) => isDocument),
      options: context.mapping.options,
    }),
  )
  if (call === null) return null
  const tenant = { key: context.tenant?.code ?? '', zone: context.tenant?.zone ?? '' }
  const scratch = new TupleWriter(256)
  const answer = new Answer(value, { column: wanted.column, type })
  let left = CALLED_TWICE
  const write: ValueSource['write'] = (row, out) => {
    const values: Primitive[] = []
    for (const [i, source] of sources.entries()) {
      scratch.reset()
      if (!source.write(row, scratch)) return false
      const length = scratch.buf.readInt32BE(0)
      values.push(length < 0 ? null : (carriers[i]?.carry(scratch.buf, 4, length) ?? null))
    }
    let answered: unknown
    try {
      answered = call(values, tenant)
    } catch (error) {
      return answer.refuse(row, `threw ${nameOf(error)}`)
    }
    if (left > 0) {
      left--
      if (!isSame(answered, () => call(values, tenant))) throw impure(value)
    }
    return answer.take(answered, row, out)
  }
  return { type, slot: null, write }
}

function isSame(first: unknown, again: () => unknown): boolean {
  try {
    return shown(again()) === shown(first)
  } catch {
    return false
  }
}

/** What can be told of an answer; one that holds itself is refused for what it is. */
function shown(answer: unknown): string {
  try {
    return String(JSON.stringify(answer, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)))
  } catch {
    return ''
  }
}

function impure({ file, name, at }: FunctionValue): RehouseError {
  return new RehouseError('FUNCTION_INVALID', `expected ${file}#${name} to answer the same for the same values, got two answers`, {
    where: { file: at.file, line: at.line, column: at.column },
    next: 'Let it keep nothing between calls: everything it needs comes through `uses`.',
  })
}

const CODE = /^[a-z][a-z0-9_]{0,62}$/

/** What becomes of an answer: `{ value, note? }`, `{ exclude }` or `{ quarantine, column? }`. Anything else refuses the row. */
class Answer {
  readonly #value: FunctionValue
  readonly #code: string
  readonly #column: string
  readonly #type: SqlType

  constructor(value: FunctionValue, { column, type }: { readonly column: string; readonly type: SqlType }) {
    this.#value = value
    this.#code = `function_${value.name
      .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .replaceAll(/[^a-z0-9_]/g, '_')}`.slice(0, 63)
    this.#column = column
    this.#type = type
  }

  /** In quarantine; the detail has the function's name, never what it was given. */
  refuse(row: RowState, what: string): false {
    row.seal(QUARANTINED, this.#code, this.#column)
    row.fateDetail = `${this.#value.file}#${this.#value.name} ${what}`
    return false
  }

  take(answered: unknown, row: RowState, out: TupleWriter): boolean {
    if (typeof answered !== 'object' || answered === null) return this.refuse(row, 'answered no outcome')
    if ('exclude' in answered) return this.#seal(row, EXCLUDED, answered.exclude)
    if ('quarantine' in answered) return this.#seal(row, QUARANTINED, answered.quarantine)
    if (!('value' in answered)) return this.refuse(row, 'answered no outcome')
    const literal = literalOf(answered.value)
    if (literal === undefined) return this.refuse(row, 'answered a value that cannot be kept')
    if ('note' in answered && !this.#note(row, answered.note)) return this.refuse(row, 'answered a note without a code')
    return this.#write(literal, row, out)
  }

  #seal(row: RowState, fate: number, code: unknown): false {
    if (typeof code !== 'string' || !CODE.test(code)) return this.refuse(row, 'answered a code that is not in snake_case')
    return row.seal(fate, code, this.#column)
  }

  #note(row: RowState, note: unknown): boolean {
    for (const one of Array.isArray(note) ? note : note === undefined ? [] : [note]) {
      const code: unknown = typeof one === 'object' && one !== null && 'code' in one ? one.code : null
      if (typeof code !== 'string' || !CODE.test(code)) return false
      row.notes.push({ code, column: this.#column })
    }
    return true
  }

  #write(literal: JsonLiteral, row: RowState, out: TupleWriter): boolean {
    if (literal === null) return out.null()
    try {
      literalEncoder(literal, this.#type)(out)
      return true
    } catch (error) {
      if (!(error instanceof RehouseError)) throw error
      return this.refuse(row, `answered a value ${this.#type.text} cannot hold`)
    }
  }
}
