import { TupleCursor } from '../../../src/base/tuple-cursor.ts'
import { TupleWriter } from '../../../src/base/tuple-writer.ts'
import { valueText } from '../../../src/cast/value-text.ts'
import { BcpInput } from '../../../src/source/bacpac/bcp-input.ts'
import { type ColumnForm, columnForm } from '../../../src/source/bacpac/column-form.ts'
import type { ModelColumn, ModelType } from '../../../src/source/bacpac/model-facts.ts'
import { compileRows } from '../../../src/source/bacpac/row-program.ts'

/** Reads bytes as columns of a data file, without a file around them. */

/** `int`, `char(4)`, `varchar(max)`, `decimal(9,2)`, `datetime2(7)`, `sys.geography`; with `!` it cannot be NULL. */
export function formOf(
  text: string,
  collation = 'SQL_Latin1_General_CP1_CI_AS',
  types: ReadonlyMap<string, ModelType> = new Map(),
): ColumnForm {
  const [, name = '', first, second, mark] = /^([\w.]+)(?:\((\w+)(?:,(\d+))?\))?(!?)$/.exec(text) ?? []
  const bracketed = name
    .split('.')
    .map(part => `[${part}]`)
    .join('.')
  const isScaled = /^(time|datetime2|datetimeoffset)$/.test(name)
  const isDecimal = /^(decimal|numeric|float)$/.test(name)
  const number = first === undefined || first === 'max' ? null : Number(first)
  const type: ModelType = {
    name: bracketed,
    length: isScaled || isDecimal ? null : number,
    precision: isDecimal ? number : null,
    scale: isScaled ? number : second === undefined ? null : Number(second),
    isMax: first === 'max',
  }
  const column: ModelColumn = {
    name: 'c',
    kind: 'plain',
    isNullable: mark !== '!',
    isIdentity: false,
    hasDefault: false,
    type,
    collation: null,
    isEncrypted: false,
  }
  const form = columnForm(column, types, collation)
  if (form === null) throw new Error(`expected a type that is read, got ${text}`)
  return form
}

/** The rows in the bytes, which come in pieces of `pieceBytes`, each field as text; `wanted`: places of columns. */
export function readFields(
  forms: readonly ColumnForm[],
  bytes: Buffer,
  options: { readonly pieceBytes?: number; readonly wanted?: readonly number[] } = {},
) {
  const wanted = options.wanted ?? forms.map((_, i) => i)
  return rawFields(forms, bytes, { ...options, wanted }).map(row =>
    row.map((field, i) => (field === null ? null : valueText((forms[wanted[i] as number] as ColumnForm).type)(field, 0, field.length))),
  )
}

/** The same as bytes of PostgreSQL’s binary format. */
export function rawFields(
  forms: readonly ColumnForm[],
  bytes: Buffer,
  {
    pieceBytes = bytes.length,
    wanted = forms.map((_, i) => i),
  }: { readonly pieceBytes?: number; readonly wanted?: readonly number[] } = {},
): readonly (readonly (Buffer | null)[])[] {
  const input = new BcpInput({ file: 'file.bacpac', table: 'dbo.t' })
  const program = compileRows(forms, wanted)
  const out = new TupleWriter(16)
  input.begin('Data/dbo.t/TableData-000-00000.BCP', bytes.length)
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    input.push(bytes.subarray(at, at + pieceBytes))
    while (input.isReady) {
      input.beginRow()
      if (program(input, out)) input.rows++
      else {
        input.undoRow()
        break
      }
    }
  }
  input.end()
  const cursor = new TupleCursor(wanted.length)
  cursor.push(out.bytes())
  const rows: (Buffer | null)[][] = []
  while (cursor.next())
    rows.push(
      wanted.map((_, i) => {
        const start = cursor.start[i] as number
        const length = cursor.length[i] as number
        return length < 0 ? null : Buffer.from(cursor.data.subarray(start, start + length))
      }),
    )
  return rows
}
