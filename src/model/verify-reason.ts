/** Why something could not be verified. */
export interface VerifyReason {
  readonly code:
    | 'read_refused'
    | 'source_unreachable'
    | 'other_manifest'
    | 'source_moved_on'
    | 'table_missing'
    | 'not_compiled'
    | 'run_unfinished'
    | 'not_migrated'
  readonly entity: string | null
  readonly tenant: string | null
  readonly table: string | null
  readonly message: string
}
