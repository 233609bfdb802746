import { isUtf8 } from 'node:buffer'
import { TupleWriter } from '../../base/tuple-writer.ts'
import { NumericValue } from '../../cast/numeric-value.ts'
import { familyOf } from '../../cast/sql-family.ts'
import { RowError } from './copy-rows.ts'
import { InsertHeads } from './insert-head.ts'
import { BITS_VALUE, BOOL_VALUE, DEFAULT_VALUE, NotConstant, NULL_VALUE, NUMBER_VALUE, TEXT_VALUE } from './insert-kinds.ts'
import { InsertRows } from './insert-statement.ts'
import { appendField, BadValue, FieldProbe, NULL_FIELD, type Output, type RowPlan, writeDefault } from './row-plan.ts'
import { ScriptScanner } from './script-scanner.ts'

const CHUNK_BYTES = 1 << 17
const NUMBERS = new Set(['int', 'float', 'numeric', 'oid'])

/** Rows of the INSERT statements of one table into tuples; statements for other tables are passed over. */
export class InsertDecoder {
  readonly #plan: RowPlan
  readonly #isOwn: (table: readonly string[], columns: readonly string[] | null) => boolean
  readonly #isAlone: boolean
  readonly #scanner = new ScriptScanner()
  readonly #values = new InsertRows()
  readonly #heads = new InsertHeads()
  /** Those a number is written into as it stands. */
  readonly #numbers: ReadonlySet<Output>
  readonly #probe = new FieldProbe()
  readonly #number = new NumericValue()
  readonly #hasStandardStrings: boolean
  #out = new TupleWriter(CHUNK_BYTES + 4096)
  rows = 0
  isPast: boolean

  constructor(
    plan: RowPlan,
    options: {
      readonly isPast: boolean
      readonly hasStandardStrings: boolean
      /** There is nothing but statements of the block; anything else is an error. */
      readonly isAlone: boolean
      /** Whether a statement’s rows are those of the block. */
      readonly isOwn: (table: readonly string[], columns: readonly string[] | null) => boolean
    },
  ) {
    this.#plan = plan
    const outputs = [...plan.outputs, ...(plan.after ?? []).map(part => part.output)]
    this.#numbers = new Set(outputs.filter(({ column }) => NUMBERS.has(familyOf(column.type))))
    this.isPast = options.isPast
    this.#isOwn = options.isOwn
    this.#isAlone = options.isAlone
    this.#hasStandardStrings = options.hasStandardStrings
    this.#scanner.hasStandardStrings = options.hasStandardStrings
  }

  *push(chunk: Buffer): Generator<Buffer> {
    this.#scanner.push(chunk)
    yield* this.#statements()
  }

  *finish(): Generator<Buffer> {
    this.#scanner.end()
    yield* this.#statements()
    if (this.#out.at > 0) yield this.#taken()
  }

  *#statements(): Generator<Buffer> {
    for (let piece = this.#scanner.next(); piece !== null; piece = this.#scanner.next()) {
      if (piece.kind !== 'statement') continue
      const statement = this.#scanner.bytes(piece)
      const head = this.#heads.of(statement)
      if (head === null || !this.#isOwn(head.table, head.columns)) {
        if (this.#isAlone)
          throw new RowError('expected INSERTs of constants into one table and the same columns, got another statement', {
            row: this.rows + 1,
            at: piece.start,
          })
        continue
      }
      if (!isUtf8(statement) || statement.includes(0))
        throw new RowError('expected text in UTF-8 without NUL, got other bytes', { row: this.rows + 1, at: piece.start })
      if (head.isDefaults) this.#row(piece.start, 0)
      else {
        this.#values.open(statement, head.at, { hasStandardStrings: this.#hasStandardStrings })
        while (this.#next(piece.start)) {
          this.#row(piece.start + this.#values.rowAt, this.#values.fields)
          if (this.#out.at >= CHUNK_BYTES) yield this.#taken()
        }
      }
      if (this.#out.at >= CHUNK_BYTES) yield this.#taken()
    }
  }

  #taken(): Buffer {
    const bytes = this.#out.bytes()
    this.#out = new TupleWriter(CHUNK_BYTES + 4096)
    return bytes
  }

  #next(start: number): boolean {
    try {
      return this.#values.next()
    } catch (error) {
      if (error instanceof NotConstant)
        throw new RowError(`expected constants, got more: ${error.message}`, { row: this.rows + 1, at: start + error.at })
      throw error
    }
  }

  #row(at: number, fields: number): void {
    this.rows++
    // A list of values may be shorter than the columns: the rest are defaults.
    if (fields > this.#plan.fields)
      throw new RowError(`expected ${this.#plan.fields} values in a row, got ${fields}`, { row: this.rows, at })
    for (const { field, sequence } of this.#plan.numbered) if (this.#kindOf(field, fields) === DEFAULT_VALUE) sequence?.advance()
    try {
      if (!this.isPast) this.isPast = this.#isWanted(fields)
      else {
        this.#out.fieldCount(this.#plan.outputs.length)
        for (const output of this.#plan.outputs) this.#field(output, fields, this.#out)
      }
    } catch (error) {
      if (error instanceof BadValue) throw new RowError(error.message, { row: this.rows, at, column: error.column.name })
      throw error
    }
  }

  #isWanted(fields: number): boolean {
    return (this.#plan.after ?? []).every(part => this.#probe.textOf(part, out => this.#field(part.output, fields, out)) === part.wanted)
  }

  #field(output: Output, fields: number, out: TupleWriter): void {
    const { field, column } = output
    const kind = this.#kindOf(field, fields)
    if (kind === NULL_VALUE) {
      appendField(NULL_FIELD, out)
      return
    }
    if (kind === DEFAULT_VALUE) {
      writeDefault(output, out)
      return
    }
    const { text, start, end } = this.#values
    const [from, to] = [start[field] as number, end[field] as number]
    const mark = out.at
    const isDirect = kind === TEXT_VALUE || this.#isPlainNumber(kind, output)
    if (isDirect && output.read(text, from, to, out)) return
    out.at = mark
    const isRead =
      kind !== TEXT_VALUE && this.#converted(output, { kind: kind ?? TEXT_VALUE, text: text.toString('latin1', from, to) }, out)
    if (!isRead) throw new BadValue(column, `${to - from} bytes that are none`)
  }

  #kindOf(field: number, fields: number): number | undefined {
    return field < 0 || field >= fields ? DEFAULT_VALUE : this.#values.kind[field]
  }

  #isPlainNumber(kind: number | undefined, output: Output): boolean {
    return kind === NUMBER_VALUE && this.#numbers.has(output)
  }

  /** What an assignment of the constant’s own type to the column gives. */
  #converted(output: Output, value: { readonly kind: number; readonly text: string }, out: TupleWriter): boolean {
    const family = familyOf(output.column.type)
    const isText = family === 'text' || family === 'bpchar'
    const allowed =
      value.kind === BOOL_VALUE ? isText || family === 'bool' : value.kind === BITS_VALUE ? family === 'bits' : isText || family === 'int'
    if (!allowed) return false
    const text = value.kind === NUMBER_VALUE ? this.#numberText(value.text, family) : value.text
    if (text === null) return false
    const bytes = Buffer.from(text)
    return output.read(bytes, 0, bytes.length, out)
  }

  #numberText(text: string, family: string): string | null {
    if (!this.#number.parse(text)) return null
    if (family === 'int') this.#number.round(0)
    return this.#number.text()
  }
}
