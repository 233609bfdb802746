/** What `audit verify` and `audit export` answer, as `--json` prints it. */

/** A chain of audit entries per service; heads are `service:entries:hash`, several joined by commas. */
export interface AuditVerifyResult {
  readonly outcome: 'intact' | 'broken' | 'could_not_verify'
  /** Chains that were recomputed. */
  readonly services: readonly { readonly service: string; readonly entries: number; readonly audit_head: string }[]
  readonly findings: readonly AuditFindingResult[]
  /** Why a chain could not be recomputed. */
  readonly reasons: readonly { readonly service: string; readonly message: string }[]
  readonly audit_head: string
}

/**
 * `altered`: its HMAC does not fit. `removed`: a number without entry. `inserted`: an entry more than the chain has. `moved`: it stands under another number. `tail_missing`: the chain ends before a head that is known.
 * `head`: the recorded head, or one that was given, is not what the chain says. `run`: the ledger has a run the chain does not know so.
 * `ledger`: batches, counts, outcomes or before-images are not as they were when the entry sealed them.
 */
export interface AuditFindingResult {
  /** Null: a bare hash that is in none of several chains. */
  readonly service: string | null
  readonly kind: 'altered' | 'removed' | 'inserted' | 'moved' | 'tail_missing' | 'head' | 'run' | 'ledger'
  /** Numbers of the first and last entry concerned; '' = none. */
  readonly from: string
  readonly to: string
  readonly run: string | null
  readonly message: string
}

export interface AuditExportResult {
  readonly entries: number
  readonly rows: readonly {
    readonly service: string
    readonly id: string
    readonly at: string
    readonly who: string
    readonly action: string
    readonly run: string | null
    /** As it was signed, when written without blanks. */
    readonly detail: Readonly<Record<string, unknown>>
    readonly previous: string
    readonly hash: string
  }[]
  readonly audit_head: string
}
