import type { Seam } from '../../src/index.ts'

/** What may happen to a run at a seam. */
export const FAULTS = ['throw', 'kill', 'backend', 'cut', 'server'] as const
export type Fault = (typeof FAULTS)[number]

export const FAULT_TEXTS: Readonly<Record<Fault, string>> = {
  throw: 'a bug of ours: the hook throws an error nobody expects',
  kill: 'SIGKILL to the process',
  backend: '`pg_terminate_backend` to every session of the run but the one that holds the lock',
  cut: 'every connection to both services is cut at once, without a word',
  server: 'SIGKILL to the server of both services, and a restart',
}

/** How a migration came to its end after a fault. */
export const OUTCOMES = {
  'went on': 'the run itself went on and ended as if nothing had happened',
  resumed: 'the run ended early; `--resume` finished it',
} as const
export type Outcome = keyof typeof OUTCOMES

export const SEAM_TEXTS: Readonly<Record<Seam, string>> = {
  run_recorded: 'the run is in the ledger, nothing else',
  steps_applied: 'keys, indexes and triggers of a service are set aside',
  task_claimed: 'a task is claimed under a new fence',
  batch_filled: 'rows are read and made, nothing of them is sent',
  rows_copied: 'in the transaction of a batch: after COPY',
  before_batch_commit: 'in the transaction of a batch: rows, id map and ledger are there',
  after_batch_commit: 'a batch is committed, nobody has been told',
  before_settle: 'a circle is loaded, its references are unchecked',
  before_correction_commit: 'in a correcting transaction: rows are taken back',
  after_correction_commit: 'a correcting transaction is committed',
  before_rebuild: 'all rows are there, no key is',
  between_rebuilds: 'some keys are back, some are not',
  after_rebuild: 'all keys of a service are back',
  before_refresh_commit: 'in the transaction of a statement under `finish`: the view is refreshed',
  after_refresh_commit: 'the refreshed view is committed',
  before_finish: 'everything is done but the word that it is',
}

const RESUMED = ['resumed'] as const
const WENT_ON = ['went on'] as const
const EITHER = ['went on', 'resumed'] as const

type Row = Readonly<Record<Fault, readonly Outcome[]>>

/** A bug and the end of the process need a resume everywhere; a lost session is passed over where work can be tried again; losing the lock ends the run. */
const LOADING: Row = { throw: RESUMED, kill: RESUMED, backend: WENT_ON, cut: RESUMED, server: RESUMED }

/** What each fault at each seam leads to. The crash matrix holds every cell; where two outcomes stand, the moment decides. */
export const EXPECTED: Readonly<Record<Seam, Row>> = {
  run_recorded: LOADING,
  steps_applied: LOADING,
  task_claimed: LOADING,
  batch_filled: LOADING,
  rows_copied: LOADING,
  before_batch_commit: LOADING,
  after_batch_commit: LOADING,
  before_settle: LOADING,
  before_correction_commit: LOADING,
  after_correction_commit: LOADING,
  before_rebuild: LOADING,
  between_rebuilds: LOADING,
  after_rebuild: { ...LOADING, cut: EITHER },
  before_refresh_commit: { ...LOADING, cut: EITHER },
  after_refresh_commit: { ...LOADING, cut: EITHER, server: EITHER },
  before_finish: { ...LOADING, cut: WENT_ON, server: WENT_ON },
}
