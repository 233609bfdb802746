import { TupleWriter } from '../../base/tuple-writer.ts'
import type { BcpInput } from './bcp-input.ts'
import type { ColumnForm } from './column-form.ts'
import { type FieldStep, readStep, skipStep } from './row-steps.ts'

/** Reads one row and writes its tuple; false: bytes are missing, nothing was written. */
export type RowProgram = (input: BcpInput, out: TupleWriter) => boolean

/** `wanted`: the columns to deliver, by their place in the row; any order, any of them several times, or none. A program holds scratch space: one per reader. */
export function compileRows(forms: readonly ColumnForm[], wanted: readonly number[]): RowProgram {
  const steps = forms.map((form, i) => (wanted.includes(i) ? readStep(form) : skipStep(form)))
  const isInOrder = wanted.every((column, i) => i === 0 || column > (wanted[i - 1] as number))
  return isInOrder ? inOrder(steps, wanted.length) : reordered(steps, wanted)
}

function inOrder(steps: readonly FieldStep[], fields: number): RowProgram {
  const count = steps.length
  return (input, out) => {
    const mark = out.at
    out.fieldCount(fields)
    for (let i = 0; i < count; i++) {
      if ((steps[i] as FieldStep)(input, out)) continue
      out.at = mark
      return false
    }
    return true
  }
}

function reordered(steps: readonly FieldStep[], wanted: readonly number[]): RowProgram {
  const scratch = new TupleWriter(1 << 12)
  const starts = new Int32Array(steps.length + 1)
  return (input, out) => {
    scratch.reset()
    for (let i = 0; i < steps.length; i++) {
      starts[i] = scratch.at
      if (!(steps[i] as FieldStep)(input, scratch)) return false
    }
    starts[steps.length] = scratch.at
    out.fieldCount(wanted.length)
    for (const column of wanted) copyField(scratch, starts[column] as number, starts[column + 1] as number, out)
    return true
  }
}

function copyField(from: TupleWriter, start: number, end: number, out: TupleWriter): void {
  out.ensure(end - start)
  from.buf.copy(out.buf, out.at, start, end)
  out.at += end - start
}
