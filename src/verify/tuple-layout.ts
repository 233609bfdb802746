import { TupleWriter } from '../base/tuple-writer.ts'
import { fieldsAt } from './tuple-stream.ts'

/** The length of a field the writer says nothing of: it is not compared. */
export const UNSAID = -2

/** Lays a writer's tuples out in the columns of its table; columns it does not fill are UNSAID. Null: it fills all of them, in that order. */
export function layoutFor(
  own: readonly string[],
  columns: readonly string[],
): ((data: Buffer, start: number, end: number) => Buffer) | null {
  if (own.length === columns.length && own.every((name, i) => name === columns[i])) return null
  const places = columns.map(name => own.indexOf(name))
  return (data, start, end) => {
    const out = new TupleWriter(end - start + columns.length * 4)
    for (let at = start; at < end; ) {
      const tuple = fieldsAt(data, at)
      out.fieldCount(columns.length)
      for (const place of places) {
        const field = tuple.fields[place]
        if (field === undefined) writeUnsaid(out)
        else if (field.length < 0) out.null()
        else out.field(data, field.start, field.length)
      }
      at = tuple.end
    }
    return out.bytes()
  }
}

function writeUnsaid(out: TupleWriter): void {
  out.ensure(4)
  out.view.setInt32(out.at, UNSAID)
  out.at += 4
}
