import type { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { literalEncoder } from '../cast/literal-encoder.ts'
import { parseTypeName } from '../cast/type-name.ts'
import { RehouseError } from '../errors.ts'
import type { JsonLiteral, MappingValue } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { CompileContext, ValueWanted } from './compile-context.ts'
import { compileGiven, type Given } from './compile-given.ts'
import { literalOf } from './function-carriers.ts'
import { bindFunction, type CallFunction, nameOf, type Primitive } from './function-realm.ts'
import { compileFunctionRef } from './function-ref.ts'
import { CallStopped, type StoppedCall } from './function-watch.ts'
import { EXCLUDED, QUARANTINED } from './outcome-registry.ts'
import type { RowState, ValueSource } from './row-state.ts'

type FunctionValue = Extract<MappingValue, { kind: 'fn' }>

/** So many calls of each program are made twice: a function that keeps something between calls, or makes something up, shows. */
const CALLED_TWICE = 100

/** A value made by a function of a file: its own outcomes decide about the row; what it throws, and a call that does not end, refuses the row under the function's name. */
export function compileFunction(value: FunctionValue, wanted: ValueWanted, context: CompileContext): ValueSource | null {
  const uses = value.uses.map(use => ({ name: use.name, given: compileGiven(use.value, context) }))
  const given = uses.flatMap(use => (use.given === null ? [] : [use.given]))
  if (given.length < uses.length) return null
  context.functions.push({
    file: value.file,
    name: value.name,
    uses: uses.map(({ name }, i) => ({ name, type: given[i]?.typescript ?? 'unknown' })),
  })
  const as = value.as === null ? null : context.problems.attempt<SqlType | null>(value.at, null, () => parseTypeName(value.as as string))
  const type = as ?? wanted.type ?? builtinType('jsonb')
  const file = context.mapping.functions.find(one => one.file === value.file)
  if (file === undefined) return null
  const call = context.problems.attempt<CallFunction | null>(value.at, null, () =>
    bindFunction(file, {
      name: value.name,
      keys: uses.map(({ name }) => name),
      shapes: given.map(({ shape }) => shape),
      options: context.mapping.options,
      ref: compileFunctionRef(context),
    }),
  )
  checkInverse(value, context)
  return call && { type, slot: null, write: new WatchedCall(call, { value, wanted, given, type }, context).write }
}

/** A way back that is not there is found when the mapping is checked, not when it is needed. */
function checkInverse({ inverse, at }: FunctionValue, { mapping, problems }: CompileContext): void {
  const [name = '', of] = inverse?.split('#') ?? []
  const file = mapping.functions.find(one => one.file === name)
  if (file === undefined || of === undefined) return
  problems.attempt<CallFunction | null>(at, null, () =>
    bindFunction(file, { name: of, keys: [], shapes: [], options: {}, ref: () => ({ wrong: 'UnknownEntity' }) }),
  )
}

interface CallParts {
  readonly value: FunctionValue
  readonly wanted: ValueWanted
  readonly given: readonly Given[]
  readonly type: SqlType
}

class WatchedCall {
  readonly #call: CallFunction
  readonly #parts: CallParts
  readonly #tenant: { readonly key: string; readonly zone: string }
  readonly #watch: CompileContext['watch']
  readonly #answer: Answer
  #twice = CALLED_TWICE

  constructor(call: CallFunction, parts: CallParts, { tenant, watch }: CompileContext) {
    this.#call = call
    this.#parts = parts
    this.#tenant = { key: tenant?.code ?? '', zone: tenant?.zone ?? '' }
    this.#watch = watch
    this.#answer = new Answer(parts.value, { column: parts.wanted.column, type: parts.type })
  }

  readonly write: ValueSource['write'] = (row, out) => {
    const values: Primitive[] = []
    for (const one of this.#parts.given) {
      const read = one.read(row)
      if (read === undefined) return false
      values.push(read)
    }
    try {
      return this.#watch.call(this.#answer.stopped, () => this.#take(values, row, out))
    } catch (error) {
      if (error instanceof CallStopped) return this.#answer.refuse(row, STOPPED)
      throw error
    }
  }

  /** Watched to the end: what looks at an answer may run its code. */
  #take(values: readonly Primitive[], row: RowState, out: TupleWriter): boolean {
    let answered: unknown
    try {
      answered = this.#call(values, this.#tenant)
    } catch (error) {
      return this.#answer.refuse(row, `threw ${nameOf(error)}`)
    }
    if (this.#twice > 0) {
      this.#twice--
      if (!isSame(answered, () => this.#call(values, this.#tenant))) throw impure(this.#parts.value)
    }
    return this.#answer.take(answered, row, out)
  }
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

const STOPPED = 'did not come to an end'
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

  /** How a row is refused whose call is stopped. */
  get stopped(): StoppedCall {
    const { file, name } = this.#value
    return { code: this.#code, column: this.#column, detail: `${file}#${name} ${STOPPED}` }
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
