import type { Command, Flag } from './command-shape.ts'

/** The commands that look at sources before there is a manifest. */
export function lookingCommands(json: Flag): readonly Command[] {
  return [
    {
      name: 'init',
      doc: 'Write a first manifest, target and list of tenants from the sources',
      more: 'Reads the catalogues of one or many sources: postgres://…, bacpac:FILE, pgdump:FILE, csv:FOLDER or env:NAME. A pattern (bacpac:exports/*.bacpac, in quotes) makes one tenant of each match. Writes rehouse.yaml, target.sql and tenants.csv, with which migrate works as they are; see docs/init.md.',
      arguments: [{ name: 'SOURCE', doc: 'A source, or a pattern of files; repeatable', isRequired: true, isMany: true }],
      flags: [
        { name: 'out', type: 'text', value: 'DIR', doc: 'The folder to write into; made where it is not there' },
        { name: 'target', type: 'text', value: 'URL', doc: 'Where the rows are to go', default: 'embedded:' },
        { name: 'force', type: 'switch', doc: 'Replace files that are there' },
        {
          name: 'profile',
          type: 'switch',
          doc: 'Look at the rows, too: findings about them, and profile.md, profile.html and profile.json beside the manifest',
        },
        json,
      ],
      examples: [
        "rehouse init 'bacpac:exports/*.bacpac' --out shop",
        'rehouse init postgres://reader@host/north postgres://reader@host/south --out shop',
      ],
      exits: [{ status: 0, when: 'done' }],
    },
    {
      name: 'profile',
      doc: 'Look at the rows of the sources: what they really hold, and what a mapping has to say about it',
      more: 'Takes sources as init does. Each table is read at most twice, in bounded memory; nothing is written to a source. Values of columns that may be about a person are never shown. See docs/profile.md.',
      arguments: [{ name: 'SOURCE', doc: 'A source, or a pattern of files; repeatable', isRequired: true, isMany: true }],
      flags: [
        {
          name: 'format',
          type: 'choice',
          value: 'FORMAT',
          choices: ['md', 'html', 'json', 'text'],
          doc: 'The form of the report; default is text, with --out all of md, html and json',
        },
        {
          name: 'out',
          type: 'text',
          value: 'DIR',
          doc: 'The folder the report goes to, as profile.md, .html, .json or .txt; stdout where none is named',
        },
        { name: 'tenant', type: 'list', value: 'CODE', doc: 'Only this source, by the code init gives it; repeatable' },
        { name: 'rows', type: 'count', value: 'N', doc: 'Read at most so many rows of each table' },
        json,
      ],
      examples: [
        "rehouse profile 'bacpac:exports/*.bacpac' --out profile",
        'rehouse profile postgres://reader@host/north --rows 100000 --format md',
      ],
      exits: [
        { status: 0, when: 'done, whatever was found' },
        { status: 1, when: 'a table could not be read to its end' },
      ],
    },
  ]
}
