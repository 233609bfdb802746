import { auditCommands } from './audit-commands.ts'
import type { Command, ExitDoc, Group, NotBuilt } from './command-shape.ts'
import { embeddedCommands } from './embedded-commands.ts'
import { lookingCommands } from './looking-commands.ts'
import { reportCommand } from './report-command.ts'
import { DEFAULT_MANIFEST, JSON_FLAG, MANIFEST_FLAGS, OPERATOR_FLAG, QUARANTINE_FILTERS } from './shared-flags.ts'
import { verifyCommand } from './verify-command.ts'

/** Every command and flag, once: commander, `--help` and docs/cli.md are made from these tables. Plain data, so that starting up loads nothing else. */
const DONE: ExitDoc = { status: 0, when: 'done' }

export const COMMANDS: readonly Command[] = [
  ...lookingCommands(JSON_FLAG),
  {
    name: 'check',
    doc: 'Check the manifest against sources and targets, without writing',
    flags: [
      ...MANIFEST_FLAGS,
      { name: 'grants', type: 'switch', doc: 'Print the SQL that makes least-privilege roles for reading and writing' },
      { name: 'examples', type: 'switch', doc: 'Check the examples typed into the manifest' },
    ],
    examples: ['rehouse check', 'rehouse check --json -m district.yaml'],
    exits: [
      { status: 0, when: 'no finding is an error' },
      { status: 1, when: 'at least one finding is an error' },
    ],
  },
  {
    name: 'plan',
    doc: 'Show what would fill every column, what can be lost and in which order it runs',
    flags: [
      ...MANIFEST_FLAGS,
      {
        name: 'compat',
        type: 'switch',
        doc: 'Show of every legacy column whether views in the target could give it back, and be written to',
      },
    ],
    examples: ['rehouse plan'],
    exits: [
      { status: 0, when: 'no finding is an error' },
      { status: 1, when: 'at least one finding is an error' },
    ],
  },
  {
    name: 'types',
    doc: 'Print the TypeScript types of what mapping functions are given',
    flags: [
      ...MANIFEST_FLAGS,
      { name: 'out', type: 'text', value: 'FILE', doc: 'Write them to this file instead, over one that is there' },
    ],
    examples: ['rehouse types --out functions/rehouse.d.ts'],
    exits: [
      { status: 0, when: 'no finding is an error' },
      { status: 1, when: 'at least one finding is an error' },
    ],
  },
  {
    name: 'migrate',
    doc: 'Move the data',
    more: 'A rerun does nothing where nothing changed. Ctrl-C finishes or rolls back the running batches and leaves a run that --resume continues; a second Ctrl-C ends at once, which loses nothing either.',
    flags: [
      ...MANIFEST_FLAGS,
      { name: 'dry-run', type: 'switch', doc: 'Go the whole way in read-only transactions' },
      { name: 'create-target', type: 'switch', doc: 'Apply target.sql where tables are missing; always done for embedded: targets' },
      { name: 'tenant', type: 'list', value: 'CODE', doc: 'Only this tenant; repeatable' },
      { name: 'entity', type: 'list', value: 'NAME', doc: 'Only this entity; repeatable' },
      { name: 'phase', type: 'text', value: 'NAME', doc: 'Only this phase' },
      {
        name: 'resume',
        type: 'optional text',
        value: 'RUN',
        doc: 'Continue an interrupted or stopped run, the latest one where none is named',
      },
      { name: 'wait', type: 'switch', doc: 'Wait while another run holds the target instead of exiting with 5' },
      { name: 'batch-rows', type: 'count', value: 'N', doc: 'Close a batch at this many source rows, whatever the manifest says' },
      { name: 'until', type: 'time', value: 'HH:MM', doc: 'Stop at this local time as if interrupted' },
      {
        name: 'audit',
        type: 'text',
        value: 'FILE',
        doc: 'Where the audit of a dry run and refusals go; default is .rehouse/audit/RUN.jsonl',
      },
      {
        name: 'keep-staging',
        type: 'switch',
        doc: 'Keep what was staged of files, for a later run or verify; else it is dropped when the run is finished',
      },
      OPERATOR_FLAG,
      { name: 'top-up', type: 'switch', doc: 'Update rows that changed in the source since they were loaded' },
      { name: 'delete-gone', type: 'switch', doc: 'With --top-up: remove rows that are gone from the source' },
      {
        name: 'sample',
        type: 'count',
        value: 'N',
        doc: 'Move only about so many rows of each entity and tenant, and all they refer to: a rehearsal, dry or into empty targets of its own',
      },
    ],
    examples: ['rehouse migrate --dry-run', 'rehouse migrate --tenant springfield --entity student', 'rehouse migrate --resume'],
    exits: [
      { status: 0, when: 'done and clean, or nothing to resume' },
      { status: 1, when: 'finished with findings: rows in quarantine, or a finding that is an error' },
      { status: 6, when: 'a stop rule ended at least one tenant' },
      { status: 130, when: 'interrupted; can be resumed' },
    ],
  },
  {
    name: 'status',
    doc: 'Show runs: state, counts, rate and time left per tenant and entity',
    arguments: [{ name: 'RUN', doc: 'A run; all runs where none is named', isRequired: false }],
    flags: [...MANIFEST_FLAGS, { name: 'watch', type: 'switch', doc: 'Show it anew every 2 seconds until no run is going on' }],
    examples: ['rehouse status', 'rehouse status --watch'],
    exits: [DONE],
  },
  verifyCommand(MANIFEST_FLAGS),
  {
    name: 'lookup',
    doc: 'Say where a legacy row went, or where a row came from',
    arguments: [{ name: 'ENTITY', doc: 'The entity', isRequired: true }],
    flags: [
      ...MANIFEST_FLAGS,
      { name: 'tenant', type: 'text', value: 'CODE', doc: 'The tenant; left out for rows shared by all tenants' },
      { name: 'legacy', type: 'list', value: 'KEY', doc: 'A legacy key; repeatable; a composite key is comma-separated, quoted as in CSV' },
      { name: 'id', type: 'list', value: 'UUID', doc: 'An identifier in the target; repeatable' },
      OPERATOR_FLAG,
    ],
    examples: [
      'rehouse lookup student --tenant springfield --legacy 4711',
      'rehouse lookup enrolment --tenant springfield --legacy 4711,2024',
    ],
    exits: [
      { status: 0, when: 'at least one match' },
      { status: 1, when: 'no match' },
    ],
  },
  {
    name: 'quarantine list',
    doc: 'List the rows that were refused, and why',
    flags: [
      ...MANIFEST_FLAGS,
      ...QUARANTINE_FILTERS,
      {
        name: 'limit',
        type: 'count or all',
        value: 'N',
        doc: 'At most this many rows, or all; default is 100 as text and all with --json',
      },
    ],
    examples: ['rehouse quarantine list', 'rehouse quarantine list --tenant springfield --code orphan'],
    exits: [DONE],
  },
  {
    name: 'quarantine show',
    doc: 'Show everything known about refused rows',
    flags: [
      ...MANIFEST_FLAGS,
      ...QUARANTINE_FILTERS,
      { name: 'limit', type: 'count or all', value: 'N', doc: 'At most this many rows, or all', default: '20' },
      OPERATOR_FLAG,
    ],
    examples: ['rehouse quarantine show --entity student --tenant springfield --key 4711'],
    exits: [DONE],
  },
  {
    name: 'quarantine retry',
    doc: 'Try refused rows again',
    more: 'After the data or the mapping was corrected: a run that loads the refused rows and those that waited for them, and nothing else. Another mapping is accepted if it leaves the loaded rows as they are. Refused parts of loaded rows stay as they are.',
    flags: [
      ...MANIFEST_FLAGS,
      { name: 'tenant', type: 'list', value: 'CODE', doc: 'Only this tenant; repeatable' },
      { name: 'entity', type: 'list', value: 'NAME', doc: 'Only this entity; repeatable' },
      { name: 'wait', type: 'switch', doc: 'Wait while another run holds the target instead of exiting with 5' },
      { name: 'batch-rows', type: 'count', value: 'N', doc: 'Close a batch at this many source rows, whatever the manifest says' },
      OPERATOR_FLAG,
    ],
    examples: ['rehouse quarantine retry', 'rehouse quarantine retry --tenant springfield --entity student'],
    exits: [
      { status: 0, when: 'nothing is left in quarantine of what was tried, or nothing was there' },
      { status: 1, when: 'rows are still in quarantine' },
      { status: 130, when: 'interrupted; `rehouse migrate --resume` goes on' },
    ],
  },
  {
    name: 'quarantine export',
    doc: 'Write the refused rows to a file',
    more: 'CSV is RFC 4180 in UTF-8; a field a spreadsheet would take for a formula is led by an apostrophe.',
    flags: [
      ...MANIFEST_FLAGS,
      ...QUARANTINE_FILTERS,
      { name: 'format', type: 'choice', value: 'FORMAT', choices: ['csv', 'json'], doc: 'The form of the file', default: 'csv' },
      { name: 'out', type: 'text', value: 'FILE', doc: 'The file; stdout where none is named' },
      OPERATOR_FLAG,
    ],
    examples: [
      'rehouse quarantine export --out refused.csv',
      'rehouse quarantine export --format json --tenant springfield --out refused.json',
    ],
    exits: [DONE],
  },
  reportCommand(MANIFEST_FLAGS),
  ...auditCommands(MANIFEST_FLAGS),
  {
    name: 'schema',
    doc: 'Print the JSON Schema of the manifest, or of a command’s output',
    flags: [
      {
        name: 'output',
        type: 'text',
        value: 'COMMAND',
        doc: 'The command whose --json output is described; `error` is the form of errors',
      },
      { ...JSON_FLAG, doc: 'The same: a schema is one JSON object' },
    ],
    examples: ['rehouse schema > rehouse.schema.json', 'rehouse schema --output migrate'],
    exits: [DONE],
  },
  ...embeddedCommands({ manifest: DEFAULT_MANIFEST, json: JSON_FLAG }),
]

/** What a command with subcommands is about. */
export const GROUPS: readonly Group[] = [
  { name: 'quarantine', doc: 'Rows that were refused' },
  { name: 'audit', doc: 'Who did what: the chain of entries in the ledger' },
  { name: 'embedded', doc: 'The built-in PostgreSQL' },
]

/** Part of the contract, answered with one sentence until they are built. */
export const NOT_BUILT: readonly NotBuilt[] = [
  { name: 'rollback', doc: 'Take back a run, batch, tenant, entity or phase' },
  { name: 'checkpoint', doc: 'Name moments to return to' },
  { name: 'backup', doc: 'Keep and restore copies' },
  { name: 'identity', doc: 'Bring people together' },
  { name: 'worker', doc: 'Run tasks for a run on another machine' },
  { name: 'pause', doc: 'Pause a run' },
  { name: 'resume', doc: 'Go on with a paused run' },
  { name: 'set', doc: 'Change how a run goes on' },
]

/** Exit statuses, the gravest first where several apply. */
export const EXIT_STATUSES: readonly ExitDoc[] = [
  { status: 70, when: 'a bug in Rehouse' },
  { status: 130, when: 'interrupted, can be resumed' },
  { status: 2, when: 'the command line or the manifest cannot be followed' },
  { status: 4, when: 'a source cannot be reached or refused' },
  { status: 5, when: 'a target cannot be reached or refused, or another run holds it' },
  { status: 6, when: 'a stop rule ended a tenant' },
  { status: 3, when: 'it could not be verified' },
  { status: 1, when: 'finished with findings' },
  { status: 0, when: 'done and clean' },
]
