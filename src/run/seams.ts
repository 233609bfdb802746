/**
 * The named instants at which a caller may be told (and, in a fault test, may end everything). Public: `migrate({ hooks })`.
 * Each comes with the place it happens at; a hook that throws makes the run fail there as any error would.
 */
export const SEAMS = [
  'run_recorded',
  'steps_applied',
  'task_claimed',
  'batch_filled',
  'rows_copied',
  'before_batch_commit',
  'after_batch_commit',
  'before_settle',
  'before_correction_commit',
  'after_correction_commit',
  'before_rebuild',
  'between_rebuilds',
  'after_rebuild',
  'before_refresh_commit',
  'after_refresh_commit',
  'before_finish',
] as const

export type Seam = (typeof SEAMS)[number]

export interface SeamPlace {
  readonly entity?: string
  readonly tenant?: string | null
  readonly service?: string
  readonly batch?: string
}

export interface Hooks {
  at?(seam: Seam, place: SeamPlace): Promise<void> | void
}

export async function atSeam(hooks: Hooks, seam: Seam, place: SeamPlace): Promise<void> {
  await hooks.at?.(seam, place)
}
