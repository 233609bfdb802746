import { TupleWriter } from '../../base/tuple-writer.ts'
import { BcpInput } from './bcp-input.ts'
import { refusedFile } from './file-errors.ts'
import type { RowProgram } from './row-program.ts'
import type { ZipPart, ZipParts } from './zip-parts.ts'

/** Where the rows of a table lie. */
export interface TableData {
  readonly zip: ZipParts
  /** `schema.table`, for errors. */
  readonly label: string
  readonly parts: readonly ZipPart[]
}

const CHUNK_BYTES = 1 << 16

/** Reads every row of a table, in file order, as chunks of whole tuples. `onEnd`: called with the count once the last row was read. */
export async function* readTable(
  data: TableData,
  program: RowProgram,
  options: { readonly signal: AbortSignal; readonly onEnd: (rows: number) => void },
): AsyncGenerator<Buffer> {
  const input = new BcpInput({ file: data.zip.path, table: data.label })
  let out = new TupleWriter(CHUNK_BYTES + SLACK)
  for (const part of data.parts) {
    input.begin(part.name, part.bytes)
    for await (const chunk of data.zip.read(part, options.signal)) {
      input.push(chunk)
      while (nextRows(input, program, out)) {
        options.signal.throwIfAborted()
        yield out.bytes()
        out = new TupleWriter(CHUNK_BYTES + SLACK)
      }
    }
    input.end()
  }
  options.onEnd(input.rows)
  if (out.at > 0) yield out.bytes()
}

/** Rows up to this length fit behind a chunk that is almost full. */
const SLACK = 1 << 12

/** Reads rows until a chunk is full (true) or the window is used up (false). */
function nextRows(input: BcpInput, program: RowProgram, out: TupleWriter): boolean {
  while (input.isReady) {
    input.beginRow()
    if (!program(input, out)) {
      input.undoRow()
      return false
    }
    // A model whose rows have no bytes would never come to an end.
    if (!input.hasMoved) throw input.failure('a row of at least one byte', 'one of none')
    input.rows++
    if (out.at >= CHUNK_BYTES) return true
  }
  return false
}

/** Counts rows by their lengths alone. */
export async function countRows(data: TableData, program: RowProgram, signal: AbortSignal): Promise<number> {
  let counted = 0
  const walk = readTable(data, program, {
    signal,
    onEnd: rows => {
      counted = rows
    },
  })
  for await (const _ of walk) signal.throwIfAborted()
  return counted
}

export function unreadable(data: Pick<TableData, 'zip' | 'label'>, refusal: string): Error {
  return refusedFile(
    `expected a table whose rows can be read, got ${refusal}`,
    { file: data.zip.path, table: data.label },
    'Exclude the table in the manifest with a reason, or move its data by other means.',
  )
}
