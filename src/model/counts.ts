/** The accounting equation: read = loaded + updated + unchanged + merged + skipped + excluded + quarantined. Parts are counted beside it. */
export interface Counts {
  readonly read: number
  readonly loaded: number
  readonly updated: number
  readonly unchanged: number
  readonly merged: number
  readonly skipped: number
  readonly excluded: number
  readonly quarantined: number
  readonly partsQuarantined: number
}

export const NO_COUNTS: Counts = {
  read: 0,
  loaded: 0,
  updated: 0,
  unchanged: 0,
  merged: 0,
  skipped: 0,
  excluded: 0,
  quarantined: 0,
  partsQuarantined: 0,
}

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    read: a.read + b.read,
    loaded: a.loaded + b.loaded,
    updated: a.updated + b.updated,
    unchanged: a.unchanged + b.unchanged,
    merged: a.merged + b.merged,
    skipped: a.skipped + b.skipped,
    excluded: a.excluded + b.excluded,
    quarantined: a.quarantined + b.quarantined,
    partsQuarantined: a.partsQuarantined + b.partsQuarantined,
  }
}

/** Whether every row read has exactly one outcome. */
export function isBalanced(c: Counts): boolean {
  return c.read === c.loaded + c.updated + c.unchanged + c.merged + c.skipped + c.excluded + c.quarantined
}
