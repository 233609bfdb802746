import type { Command, Flag } from './command-shape.ts'
import { OPERATOR_FLAG } from './shared-flags.ts'

/** `rehouse report`, a row of the command table. */
export function reportCommand(manifestFlags: readonly Flag[]): Command {
  return {
    name: 'report',
    doc: 'Write the report of a run, to be signed',
    more: 'What ran, what became of every row, what was refused, left out and lost, whether it was verified, and the head of the audit. Keys of rows are in it, values never. Signed is the SHA-256 of report.json, which the audit remembers. md and csv come with a reconciliation of source and target.',
    arguments: [{ name: 'RUN', doc: 'A run, or latest; default is latest', isRequired: false }],
    flags: [
      ...manifestFlags,
      {
        name: 'format',
        type: 'choice',
        value: 'FORMAT',
        choices: ['md', 'html', 'csv', 'json', 'text'],
        doc: 'How it is written; default is text on stdout, and every format with --out',
      },
      { name: 'out', type: 'text', value: 'DIR', doc: 'The folder to write into; made where it is not there; csv needs one' },
      OPERATOR_FLAG,
    ],
    examples: [
      'rehouse report latest --out report',
      'rehouse report latest --format html > report.html',
      'rehouse report --format json | sha256sum',
    ],
    exits: [{ status: 0, when: 'done, whatever the report says' }],
  }
}
