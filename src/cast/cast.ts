import type { TupleWriter } from '../base/tuple-writer.ts'
import type { GapPolicy, OverlapPolicy } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'

/** What became of one value. `LOSSY`: written, but not all of it survives. `REFUSED`: nothing useful was written; set the writer back. */
export const DONE = 0
export const LOSSY = 1
export const REFUSED = 2
export type CastResult = typeof DONE | typeof LOSSY | typeof REFUSED

/**
 * Writes one field (int32 length and bytes) from the source field at `start`, `length` ≥ 0 (NULL is the caller’s).
 * After REFUSED or an unwanted LOSSY the caller sets `out.at` back.
 */
export type FieldCast = (data: Buffer, start: number, length: number, out: TupleWriter) => CastResult

/**
 * `never`: every value of the source type survives. `sometimes`: checked value by value. `always`: the types differ in what they can say.
 */
export type Loss = 'never' | 'sometimes' | 'always'

export interface CastRule {
  readonly loss: Loss
  /** What can be lost or refused, one sentence; '' for `never`. */
  readonly sentence: string
  /** The bytes of the field are the same on both sides. */
  readonly isPassThrough: boolean
  /** The rule needs the tenant’s time zone. */
  readonly needsZone: boolean
  compile(context: CastContext): FieldCast
}

export interface CastContext {
  /** IANA name; null = none: `compile` of a rule that needs one throws TENANT_INVALID with the manifest line to add. */
  readonly zone: string | null
  readonly gap: GapPolicy
  readonly overlap: OverlapPolicy
  /** Called for each local time that falls in a gap or an overlap of the zone. With the policy `quarantine` the cast answers REFUSED besides. */
  readonly zoneHit: (kind: 'gap' | 'overlap') => void
}

export interface CastSides {
  readonly source: SqlType
  readonly target: SqlType
  /** `server_version_num` of either side; 0 for a source that is not PostgreSQL. */
  readonly sourceVersion: number
  readonly targetVersion: number
}
