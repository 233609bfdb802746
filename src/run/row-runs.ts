/** Loaded rows of a batch as ascending ranges [from, to). */
export interface RowRun {
  readonly from: number
  readonly to: number
}

export function rowsIn(runs: readonly RowRun[]): number {
  return runs.reduce((sum, run) => sum + run.to - run.from, 0)
}

/** The first half and the rest, in order. */
export function halve(runs: readonly RowRun[]): readonly [readonly RowRun[], readonly RowRun[]] {
  let left = Math.floor(rowsIn(runs) / 2)
  const first: RowRun[] = []
  const rest: RowRun[] = []
  for (const run of runs) {
    const take = Math.min(left, run.to - run.from)
    if (take > 0) first.push({ from: run.from, to: run.from + take })
    if (take < run.to - run.from) rest.push({ from: run.from + take, to: run.to })
    left -= take
  }
  return [first, rest]
}

/** Ranges of the rows for which `holds`. */
export function runsWhere(rows: number, holds: (row: number) => boolean): readonly RowRun[] {
  const runs: RowRun[] = []
  let from = -1
  for (let row = 0; row <= rows; row++) {
    const isIn = row < rows && holds(row)
    if (isIn && from < 0) from = row
    if (!isIn && from >= 0) {
      runs.push({ from, to: row })
      from = -1
    }
  }
  return runs
}

/** Whether a row is in one of the ranges. */
export function rowTest(runs: readonly RowRun[]): (row: number) => boolean {
  return row => {
    let low = 0
    let high = runs.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((runs[middle] as RowRun).to <= row) low = middle + 1
      else high = middle
    }
    return low < runs.length && (runs[low] as RowRun).from <= row
  }
}
