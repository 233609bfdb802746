import { TupleCursor } from '../base/tuple-cursor.ts'
import type { Relation } from '../model/catalogue.ts'
import type { SourceSnapshot } from '../source/source.ts'

export interface RowsRead {
  readonly rows: number
  /** False: the reading ended before the rows did, as was asked for. */
  readonly isWhole: boolean
}

export interface RowsRequest {
  readonly relation: Relation
  readonly columns: readonly string[]
  /** Null = all. */
  readonly most: number | null
  readonly signal: AbortSignal
  readonly onRow: (data: Buffer, start: Int32Array, length: Int32Array) => void
  /** Rows since it was called last. */
  readonly onProgress: (rows: number) => void
}

const PROGRESS_MS = 250

/** Streams a relation once, in any order, row by row; nothing is held. */
export async function readRows(snapshot: SourceSnapshot, request: RowsRequest): Promise<RowsRead> {
  const { relation, columns, most, signal, onRow, onProgress } = request
  const cursor = new TupleCursor(columns.length)
  let rows = 0
  let told = 0
  let toldMs = performance.now()
  for await (const chunk of snapshot.read({ relation, columns, key: { kind: 'columns', names: [] }, after: null, signal })) {
    cursor.push(chunk)
    while (cursor.next()) {
      if (rows === most) {
        onProgress(rows - told)
        return { rows, isWhole: false }
      }
      rows++
      onRow(cursor.data, cursor.start, cursor.length)
    }
    const now = performance.now()
    if (now - toldMs < PROGRESS_MS) continue
    onProgress(rows - told)
    told = rows
    toldMs = now
  }
  onProgress(rows - told)
  return { rows, isWhole: true }
}
