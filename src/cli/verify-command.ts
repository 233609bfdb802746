import type { Command, Flag } from './command-shape.ts'

/** `rehouse verify`, a row of the command table. */
export function verifyCommand(manifestFlags: readonly Flag[]): Command {
  return {
    name: 'verify',
    doc: 'Prove that the target holds what the sources say',
    more: 'basic: counts, constraints, references, tenants. standard: also whether rows are as they were loaded, the id map, sums both engines compute by themselves, and the examples of the manifest. rigorous: also every row and field, computed again from the source. forensic: also a bundle of evidence. Nothing is written to the tables of the target, but by --repair.',
    flags: [
      ...manifestFlags,
      {
        name: 'level',
        type: 'choice',
        value: 'LEVEL',
        choices: ['basic', 'standard', 'rigorous', 'forensic'],
        doc: 'How much is looked at',
        default: 'standard',
      },
      { name: 'tenant', type: 'list', value: 'CODE', doc: 'Only this tenant; repeatable' },
      { name: 'entity', type: 'list', value: 'NAME', doc: 'Only this entity, and those that fill the same tables; repeatable' },
      {
        name: 'sample',
        type: 'count',
        value: 'N',
        doc: 'Compare only about so many rows of each entity and tenant, evenly spread, with the source; says nothing of extra rows but their number',
      },
      { name: 'resume', type: 'switch', doc: 'Go on with the newest verification that was cut off' },
      {
        name: 'repair',
        type: 'switch',
        doc: 'With --level rigorous: put the rows that differ right, then verify again. Asks nothing; what it overwrites is kept in the ledger',
      },
      { name: 'show-values', type: 'switch', doc: 'Show values that differ, which may be personal data' },
      { name: 'report', type: 'text', value: 'DIR', doc: 'Where differences and the report go; default is .rehouse/verify/ID' },
      { name: 'operator', type: 'text', value: 'NAME', doc: 'Who the ledger says did it; default is the login name' },
    ],
    examples: ['rehouse verify', 'rehouse verify --level rigorous --tenant springfield', 'rehouse verify --level rigorous --report proof'],
    exits: [
      { status: 0, when: 'equal' },
      { status: 1, when: 'different' },
      { status: 3, when: 'something could not be verified, whatever else was found' },
    ],
  }
}
