import type { Measured } from './rehouse-run.ts'

/** One round: each contestant once, one after the other on the same machine. */
export interface Round {
  readonly rehouse: Measured
  readonly floorSeconds: number
  readonly pgloaderSeconds: number | null
}

export interface Figures {
  readonly rows: number
  readonly rounds: number
  /** 1 = as fast as the floor; ratios within a round, the median of the rounds. */
  readonly ofFloor: number
  /** How many times as fast as pgloader's plain copy, process against process; null where it is not installed. */
  readonly vsPgloader: number | null
  readonly rowsPerSecond: number
  readonly cpuSecondsPerMillionRows: number
  /** The most of all rounds. */
  readonly peakMiB: number
  readonly rehouseSeconds: readonly number[]
  readonly rehouseProcessSeconds: readonly number[]
  readonly floorSeconds: readonly number[]
  readonly pgloaderSeconds: readonly number[] | null
}

export function figuresOf(rows: number, rounds: readonly Round[]): Figures {
  const seconds = rounds.map(round => round.rehouse.seconds)
  const pgloader = rounds.flatMap(round => (round.pgloaderSeconds === null ? [] : [round.pgloaderSeconds]))
  const cpu = median(rounds.map(round => round.rehouse.cpuSeconds))
  return {
    rows,
    rounds: rounds.length,
    ofFloor: rounded(median(rounds.map(round => round.floorSeconds / round.rehouse.seconds))),
    vsPgloader:
      pgloader.length === 0 ? null : rounded(median(rounds.map(round => (round.pgloaderSeconds ?? 0) / round.rehouse.processSeconds))),
    rowsPerSecond: Math.round(rows / median(seconds)),
    cpuSecondsPerMillionRows: rounded((cpu / rows) * 1e6),
    peakMiB: Math.round(Math.max(...rounds.map(round => round.rehouse.peakMiB))),
    rehouseSeconds: seconds.map(rounded),
    rehouseProcessSeconds: rounds.map(round => rounded(round.rehouse.processSeconds)),
    floorSeconds: rounds.map(round => rounded(round.floorSeconds)),
    pgloaderSeconds: pgloader.length === 0 ? null : pgloader.map(rounded),
  }
}

/** Of an even number of values, the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
