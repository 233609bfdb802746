import { TupleWriter } from '../../base/tuple-writer.ts'
import type { FieldText } from '../../cast/container-text.ts'
import { valueText } from '../../cast/value-text.ts'
import type { Column } from '../../model/catalogue.ts'
import type { TextField } from './field-reader.ts'
import { textField } from './text-field.ts'

/** How the fields of a block’s rows become the columns asked for. */
export interface RowPlan {
  /** Fields each row has. */
  readonly fields: number
  /** The columns to write, in order. */
  readonly outputs: readonly Output[]
  /** Parts of the key whose row ends the part that is passed over; null = nothing is. */
  readonly after: readonly KeyPart[] | null
  /** Columns, asked for or of the key, whose defaults are numbered. */
  readonly numbered: readonly Output[]
}

export interface Output {
  readonly column: Column
  /** Which field of the row; −1: none, `constant` stands in for it. */
  readonly field: number
  readonly read: TextField
  /** The field’s length and bytes for rows that do not give the column; null = such rows cannot be read. */
  readonly constant: Buffer | null
  /** Numbers such rows by itself. */
  readonly sequence: RowSequence | null
}

/** The numbers a server would give rows that leave the column out, in their order. */
export class RowSequence {
  #next: bigint
  readonly #step: bigint
  current = ''

  constructor(start: bigint, step: bigint) {
    this.#next = start
    this.#step = step
  }

  advance(): void {
    this.current = String(this.#next)
    this.#next += this.#step
  }
}

export interface KeyPart {
  readonly output: Output
  readonly text: FieldText
  readonly wanted: string
}

/** A value that is none of its column’s. The writer of the message knows the row. */
export class BadValue extends Error {
  readonly column: Column

  constructor(column: Column, got: string) {
    super(`expected a value of type ${column.type.text} in ${column.name}, got ${got}`)
    this.column = column
  }
}

export function outputOf(column: Column, given: Pick<Output, 'field' | 'constant' | 'sequence'>): Output {
  return { ...given, column, read: textField(column.type) }
}

export function keyPart(output: Output, wanted: string): KeyPart {
  return { output, wanted, text: valueText(output.column.type) }
}

/** What a row gets that does not give the column. Throws BadValue. */
export function writeDefault({ column, constant, sequence, read }: Output, out: TupleWriter): void {
  if (constant !== null) {
    appendField(constant, out)
    return
  }
  const text = Buffer.from(sequence?.current ?? '')
  if (sequence === null || !read(text, 0, text.length, out)) throw new BadValue(column, 'a default that only a server computes')
}

export const NULL_FIELD = Buffer.of(0xff, 0xff, 0xff, 0xff)

export function appendField(bytes: Buffer, out: TupleWriter): void {
  out.ensure(bytes.length)
  bytes.copy(out.buf, out.at)
  out.at += bytes.length
}

/** Reads one field by itself, outside the row being written. */
export class FieldProbe {
  readonly #out = new TupleWriter(256)

  /** The value’s text in PostgreSQL’s form; null: it is NULL. */
  textOf(part: KeyPart, write: (out: TupleWriter) => void): string | null {
    this.#out.reset()
    write(this.#out)
    const length = this.#out.buf.readInt32BE(0)
    return length < 0 ? null : part.text(this.#out.buf, 4, length)
  }
}
