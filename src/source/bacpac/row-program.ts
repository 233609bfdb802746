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

/** Fields go to scratch space in the file’s order, then from there in runs. */
function reordered(steps: readonly FieldStep[], wanted: readonly number[]): RowProgram {
  const scratch = new TupleWriter(1 << 12)
  const starts = new Int32Array(steps.length + 1)
  const runs = runsOf(wanted)
  return (input, out) => {
    scratch.reset()
    for (let i = 0; i < steps.length; i++) {
      starts[i] = scratch.at
      if (!(steps[i] as FieldStep)(input, scratch)) return false
    }
    starts[steps.length] = scratch.at
    out.fieldCount(wanted.length)
    for (const [first, last] of runs) copyBytes(scratch, starts[first] as number, starts[last + 1] as number, out)
    return true
  }
}

/** Wanted columns that lie behind each other in scratch space, as first and last of each run: columns not wanted take no room there. */
function runsOf(wanted: readonly number[]): readonly (readonly [first: number, last: number])[] {
  const sorted = [...new Set(wanted)].sort((a, b) => a - b)
  const runs: [number, number][] = []
  for (const column of wanted) {
    const run = runs.at(-1)
    if (run !== undefined && sorted.indexOf(column) === sorted.indexOf(run[1]) + 1) run[1] = column
    else runs.push([column, column])
  }
  return runs
}

/** Below this a loop is faster than the call that copies a block. */
const SHORT = 24

function copyBytes(from: TupleWriter, start: number, end: number, out: TupleWriter): void {
  const length = end - start
  out.ensure(length)
  const { buf, at } = out
  if (length <= SHORT) for (let i = 0; i < length; i++) buf[at + i] = from.buf[start + i] as number
  else buf.set(from.buf.subarray(start, end), at)
  out.at = at + length
}
