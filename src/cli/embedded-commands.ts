import type { Command, ExitDoc, Flag } from './command-shape.ts'

const DONE: ExitDoc = { status: 0, when: 'done' }

/** Of the built-in PostgreSQL. `manifest`: the default one. */
export function embeddedCommands({ manifest, json }: { readonly manifest: string; readonly json: Flag }): readonly Command[] {
  const flags: readonly Flag[] = [
    {
      name: 'manifest',
      short: 'm',
      type: 'text',
      value: 'FILE',
      doc: 'The manifest beside which .rehouse lies; it need not exist',
      default: manifest,
    },
    json,
  ]
  return [
    { name: 'embedded start', doc: 'Start the built-in PostgreSQL, if it is not running', flags, exits: [DONE] },
    { name: 'embedded stop', doc: 'Stop the built-in PostgreSQL; its data stays', flags, exits: [DONE] },
    { name: 'embedded status', doc: 'Say whether the built-in PostgreSQL runs', flags, exits: [DONE] },
    {
      name: 'embedded url',
      doc: 'Print the URL of a database on the built-in PostgreSQL, and nothing else',
      arguments: [{ name: 'NAME', doc: 'The database; default is rehouse', isRequired: false }],
      flags,
      examples: ['psql "$(rehouse embedded url)"'],
      exits: [DONE, { status: 5, when: 'it is not running' }],
    },
  ]
}
