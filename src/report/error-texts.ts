import type { Code } from '../errors.ts'
import { FINDING_TEXTS } from './finding-texts.ts'

/** What docs/errors.md says about a code, beside its title and exit status. */
export interface ErrorText {
  readonly means: string
  /** Whether data is lost, doubled or half there. */
  readonly risk: string
  readonly next: string
}

const NOTHING_BEGAN = 'None. Nothing was written.'
const BATCHES_WHOLE = 'None. Every batch is one transaction: what was committed is complete and in the ledger, the rest was rolled back.'

export const ERROR_TEXTS: Readonly<Record<Code, ErrorText>> = {
  ...FINDING_TEXTS,
  USAGE: {
    means: 'The command, a flag or its value is unknown, missing, or not supported yet, or flags contradict each other.',
    risk: NOTHING_BEGAN,
    next: 'Read the sentence: it names the word and, where one is near, the word probably meant. `rehouse COMMAND --help` lists what there is.',
  },
  CONFIG_MISSING: {
    means:
      'The manifest refers to an environment variable, a file or an option that has no value. Flags win over the environment, the environment over the `.env` file, that over the manifest.',
    risk: NOTHING_BEGAN,
    next: 'Set the variable the message names, or name the file that has it with `--env-file`. Secrets are never written into a manifest, only references: `env:NAME`, `file:PATH`.',
  },
  CONFIG_INVALID: {
    means: 'A line of the `.env` file, an address, a salt or a file a reference names is there but has not the form it must have.',
    risk: NOTHING_BEGAN,
    next: 'Correct what the message names. The value itself is never shown: it may be a secret.',
  },
  MANIFEST_UNREADABLE: {
    means: 'The file does not exist, may not be read, is not UTF-8, or is not YAML.',
    risk: NOTHING_BEGAN,
    next: 'Check the path after `-m` (default `rehouse.yaml`), or the line and column in the message. In YAML, an expression with a comma inside `{ … }` must be quoted.',
  },
  MANIFEST_UNKNOWN_KEY: {
    means:
      'A key is not in the language, at least not at this place. Unknown keys are refused, because a key that is silently ignored would be a mapping that silently does something else.',
    risk: NOTHING_BEGAN,
    next: 'Use the nearest known key, which the message names. `rehouse schema` prints the JSON Schema with which editors show what is known.',
  },
  MANIFEST_INVALID: {
    means:
      'The manifest is YAML with known keys, but says something that cannot be: a value of the wrong kind, a name that is used and never declared, two things that exclude each other.',
    risk: NOTHING_BEGAN,
    next: 'Correct the line and column in the message.',
  },
  MANIFEST_NOT_SUPPORTED: {
    means: 'The language has this construct, this version of Rehouse does not. It is refused by name and never ignored.',
    risk: NOTHING_BEGAN,
    next: 'Say it another way, leave the entity out with `exclude` and a reason, or wait for a version that has it.',
  },
  FUNCTION_INVALID: {
    means:
      'A file of mapping functions cannot be run, has no function of that name, or a function answered differently when it was asked twice. Functions run without a clock, chance, imports or the world outside.',
    risk: NOTHING_BEGAN,
    next: 'Export functions by name, import nothing but types, and let everything a function needs come through `uses`. Two answers to the same question: look for something it keeps between calls.',
  },
  FINISH_FAILED: {
    means:
      'All rows are there, and a materialized view named under `finish` could not be refreshed: it is missing, belongs to somebody else, has no unique index or was never filled (for CONCURRENTLY), or its query fails.',
    risk: 'None for the rows. The view shows what it showed before.',
    next: 'Mend what the message names, then run with --resume: only the view is refreshed.',
  },
  MANIFEST_SECRET: {
    means: 'A warning: an address in the manifest has a password in it. Manifests are kept in version control and sent around.',
    risk: 'None for the rows. Whoever reads the manifest can read the password.',
    next: 'Write `env:NAME` or `file:PATH` for the whole address, or in the place of the password: `postgres://reader:env:READER_PASSWORD@host/database`. Change the password if the manifest was shared.',
  },
  EXPRESSION_INVALID: {
    means:
      'The text of an expression is not SQL, or is SQL outside the subset: only scalar expressions over the row, without queries, casts and arbitrary functions.',
    risk: NOTHING_BEGAN,
    next: 'Rewrite the expression at the place in the message; docs/manifest.md lists what the subset has. Types are changed with `as`, not with `::`.',
  },
  EXPRESSION_TYPE: {
    means:
      'An expression is well formed but does not fit the types of the columns it reads, in the catalogue of at least one tenant: a number compared with a text, a condition that is not boolean.',
    risk: NOTHING_BEGAN,
    next: 'Compare with values of the column’s type. If only one tenant differs, look at that tenant’s table first.',
  },
  MAPPING_UNKNOWN_COLUMN: {
    means: 'The mapping names a table or a column that the source or the target does not have, or that the role may not see.',
    risk: NOTHING_BEGAN,
    next: 'Correct the name, create the missing table (`--create-target`), name columns some tenants lack under `may_lack`, or grant the role the right to see it.',
  },
  MAPPING_NOT_COVERED: {
    means:
      'A table or column of a source is not read by any entity and not excluded. Left alone, its data would be lost without anybody having decided so.',
    risk: 'None yet. Going on without deciding would leave data behind.',
    next: 'Map it, or add it under `exclude` with a `reason`.',
  },
  MAPPING_TYPE: {
    means:
      'There is no cast from the type of the source column to that of the target column, or only one that loses something the manifest does not allow.',
    risk: NOTHING_BEGAN,
    next: 'Allow a loss that is meant with `on_loss`, go through another type with `as`, translate values with `map`, or change the target column. docs/engines/postgres.md has the table of casts.',
  },
  MAPPING_INCOMPLETE: {
    means: 'A target column must have a value (NOT NULL without default, or part of the key) and the mapping does not give it one.',
    risk: NOTHING_BEGAN,
    next: 'Fill the column in the entity’s `into`.',
  },
  MAPPING_CHANGED: {
    means:
      'The mapping, or an option chosen with `--set`, is not the one the run or the rows already loaded were made with. Going on would mix rows of two mappings.',
    risk: BATCHES_WHOLE,
    next: 'Resume with the manifest the run began with (its hash is in the ledger and in `rehouse plan`), or begin a new migration into an empty target.',
  },
  SALT_CHANGED: {
    means:
      'The secret salt for identifiers is not the one the ledger was made with. The same legacy key would get another identifier and every row would arrive twice.',
    risk: 'None: it is noticed before anything is written.',
    next: 'Give the salt the ledger was made with. The fingerprint in the message tells salts apart without revealing them. A lost salt cannot be recovered: keep it where you keep other secrets.',
  },
  TENANT_INVALID: {
    means:
      'A tenant has no code, a code used twice, an identifier that is not a UUID or belongs to another tenant, or no time zone where a local time needs one.',
    risk: NOTHING_BEGAN,
    next: 'Correct the tenant’s line in the list or `tenants.csv`; for local times add the `zone`, an IANA name such as `America/Chicago`.',
  },
  SOURCE_UNREACHABLE: {
    means: 'The source’s server, file or folder cannot be reached, or the connection was lost and stayed lost after the retries.',
    risk: BATCHES_WHOLE,
    next: 'Check address, network, certificate and login, then run it again or `--resume`. Other tenants were not held up.',
  },
  SOURCE_REFUSED: {
    means: 'The source answered and refused: the role may not read a table, row-level security hides rows, or a statement is not allowed.',
    risk: `${BATCHES_WHOLE} Rows hidden by row-level security are refused rather than skipped, because a read of nothing would look like an empty table.`,
    next: '`rehouse check --grants` prints the SQL for a role that reads what is needed and nothing more.',
  },
  SOURCE_INVALID: {
    means: 'The source delivered what cannot be: a damaged file, a row that does not fit its table’s description, rows out of key order.',
    risk: BATCHES_WHOLE,
    next: 'Check the file’s hash or export it again. If it comes from a live server, check that nobody altered the table during the run, then resume.',
  },
  RELATED_TOO_LARGE: {
    means: 'The rows an entity looks up under `with` take more memory than is set aside for them.',
    risk: BATCHES_WHOLE,
    next: 'Narrow the related rows down with `where`, or use fewer and shorter columns of them.',
  },
  SOURCE_COUNT_MISMATCH: {
    means:
      'The source itself counted other rows in the same snapshot than were read. Either rows were not delivered, or they were delivered twice.',
    risk: 'Possible. What was written is written and in the ledger, but the table is not proven complete.',
    next: 'Do not go live with this tenant. Report it with the audit file; look for row-level security, damaged indexes and files cut short in the source.',
  },
  ROWS_EXCLUDED: {
    means: 'The manifest leaves this table out, with a reason, and asks for its rows to be counted (`rows: count`).',
    risk: 'No: nothing of it was to come over.',
    next: 'Nothing, if the reason still holds for so many rows.',
  },
  SOURCE_ROWS_CHANGED: {
    means:
      'Rows that were loaded before have changed in the source since, so that the mapping would now make other rows of them. The target keeps what was loaded.',
    risk: 'No: nothing was altered. The target is as the source was, not as it is.',
    next: 'Carry the changes over with `rehouse migrate --top-up` (see docs/top-up.md). After a top-up run these are rows the mapping now sets aside, and conflicts the manifest says to skip.',
  },
  SOURCE_ROWS_GONE: {
    means: 'A top-up run found rows in the target that were loaded from source rows which are no longer there.',
    risk: 'No: without --delete-gone nothing is removed. With it only rows that are as they were loaded are removed, and what was removed is kept in the ledger.',
    next: 'Remove them with `rehouse migrate --top-up --delete-gone`, or keep them. The message says why rows were kept although they were to go.',
  },
  TARGET_ROWS_CHANGED: {
    means:
      'A top-up run found rows that somebody changed or removed in the target after they were loaded, while the source stayed as it was.',
    risk: 'No: what is in the target is kept. The rows count as unchanged.',
    next: 'Nothing, if the application did it. When the source changes the same rows too, `on_conflict` of the entity decides.',
  },
  CONSISTENCY_MIXED: {
    means:
      'The run was interrupted and taken up again while the source was being written to, so its rows come from more than one snapshot. A catch-up pass has read every row again under the last one.',
    risk: 'No: rows that were added have been loaded, rows that changed are listed as SOURCE_ROWS_CHANGED.',
    next: 'Nothing, if no row changed. To have one snapshot from the start, freeze the source or run without interruption.',
  },
  SOURCE_CHANGED: {
    means:
      'The source is not the one the run began with: another file, another server, a marker that says it was written to although it was declared frozen, or a table that was altered between planning and reading.',
    risk: BATCHES_WHOLE,
    next: 'Resume with the source the run began with, or begin a new run, which reads everything again and changes nothing where nothing changed.',
  },
  TARGET_UNREACHABLE: {
    means: 'The target’s server cannot be reached, or the connection was lost and stayed lost after the retries.',
    risk: BATCHES_WHOLE,
    next: 'Check address, network, certificate and login, then `rehouse migrate --resume`.',
  },
  TARGET_REFUSED: {
    means:
      'The target answered and refused something that is not about a single row: a missing table, a missing right, a lock not granted in time, a full disk.',
    risk: BATCHES_WHOLE,
    next: 'Do what the message asks for, then `rehouse migrate --resume`. `rehouse check --grants` prints the SQL for a role with the rights needed.',
  },
  TARGET_POLICY_DENIED: {
    means:
      'The role may not write these tables: a right is missing or row-level security is in force for it. COPY is refused under row-level security even for the owner where it is forced.',
    risk: 'None. The refusal is recorded in the audit (`policy_denied`), in the file where the database does not take it.',
    next: 'Run the SQL of `rehouse check --grants` as an administrator, or migrate as a role that row-level security does not bind.',
  },
  TARGET_HOLDS_SAMPLE: {
    means:
      'Rows were drawn into this target by `migrate --sample`. With all rows beside them nobody could say any more what is a rehearsal and what is meant to stay.',
    risk: NOTHING_BEGAN,
    next: 'Point the services at empty databases for the whole migration, or add `--sample` to go on with the sample.',
  },
  TARGET_HOLDS_ROWS: {
    means: 'A sample goes into a target of its own: into this one a run migrated whole tables.',
    risk: NOTHING_BEGAN,
    next: 'Point the services at empty databases, for example `embedded:rehearsal`, or add `--dry-run` to rehearse without writing.',
  },
  TARGET_HELD: {
    means: 'Another run holds the target. Two runs at once would be kept apart by fences, but would only waste each other’s work.',
    risk: NOTHING_BEGAN,
    next: 'The message names the holder. Wait for it, with `--wait` if you like; its lock goes with its session, however that ends.',
  },
  TARGET_TRANSIENT: {
    means:
      'The target failed in a way that passes (a deadlock, a serialisation failure, a restart, too many connections), and did so again after every retry.',
    risk: BATCHES_WHOLE,
    next: 'Find out what keeps the server busy, then `rehouse migrate --resume`. `retries` and `timeout` can be set per entity.',
  },
  TARGET_ROWS_LOST: {
    means: 'The target stored other rows than were sent: a BEFORE trigger or a rule dropped or redirected some.',
    risk: 'None: the batch was rolled back when the numbers differed.',
    next: 'Set `triggers: disable` for the service, or change the trigger or rule so that it leaves migrated rows alone.',
  },
  TARGET_UNSUITED: {
    means:
      'The target cannot be migrated into as it is: a version that is too old, a server in recovery, a pooler in transaction mode in between, a table that is a view, a trigger nobody said what to do with.',
    risk: NOTHING_BEGAN,
    next: 'The message names what is in the way. Connect to the server itself rather than through a transaction pooler.',
  },
  FENCE_LOST: {
    means:
      'Another process took this task over while this one was thought dead. This one noticed before its commit and wrote nothing more.',
    risk: 'None: only the process with the newer fence can commit.',
    next: 'Nothing, if the other run goes on: `rehouse status` shows it. Otherwise `rehouse migrate --resume`.',
  },
  LEDGER_INVALID: {
    means:
      'The schema `rehouse` in the target is not as it must be: made by a newer version, by another migration, changed by hand, or in contradiction with itself.',
    risk: 'Possible, if it was changed by hand: the ledger says what is where. Nothing further was written.',
    next: 'Use the version that made it, or the right target. Restore the schema from a backup rather than repairing it by hand.',
  },
  ID_COLLISION: {
    means: 'Two different legacy keys gave the same identifier. With the bits used this is not expected to happen by chance.',
    risk: 'None: it is fatal before the second row is written.',
    next: 'The message names both keys. Choose another `id` strategy for the entity, and report it.',
  },
  EMBEDDED_FAILED: {
    means:
      'The built-in PostgreSQL is not installed for this platform, could not be started or stopped, or is not running although its address was asked for.',
    risk: 'None. Its data lies under `.rehouse` beside the manifest and stays there.',
    next: '`rehouse embedded status` says whether it runs, `rehouse embedded start` starts it. The message ends with the last lines of the server’s log, or names what is missing.',
  },
  STOPPED: {
    means: 'A stop rule ended a tenant: the share of its rows in quarantine, or of errors, was above the limit of the manifest’s `stop`.',
    risk: `${BATCHES_WHOLE} Other tenants went on.`,
    next: '`rehouse quarantine list --tenant CODE` shows the reasons. Correct the mapping’s rules or the source; or raise the limit if this is how the data is. Then `--resume`.',
  },
  COULD_NOT_VERIFY: {
    means:
      'What was asked could not be proven, one way or the other: the source changed meanwhile, a side could not be read, a time ran out. This is never reported as equal.',
    risk: 'Not known: that is what it says.',
    next: 'Remove the reason the message names and verify again.',
  },
  INTERRUPTED: {
    means: 'Ctrl-C, SIGTERM, or the time given with `--until` ended the command. Running batches were finished or rolled back.',
    risk: BATCHES_WHOLE,
    next: '`rehouse migrate --resume` goes on after the last committed batch.',
  },
  BUG: {
    means: 'Rehouse met a state its authors held to be impossible.',
    risk: `${BATCHES_WHOLE} Whether what was committed is right, \`rehouse status\` and your own checks have to say.`,
    next: 'Report it with the file the message names: it holds the stack, passwords masked. Look through it before you pass it on.',
  },
}
