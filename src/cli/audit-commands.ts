import type { Command, Flag } from './command-shape.ts'

/** Of the audit chain. `manifest`: the flags of every command that reads one. */
export function auditCommands(manifest: readonly Flag[]): readonly Command[] {
  return [
    {
      name: 'audit verify',
      doc: 'Recompute the audit chain and name every entry that was altered, removed or inserted',
      more: 'Every entry is signed with a key made from the salt. A chain whose end was cut off, head and all, is whole as far as it goes: it shows only against a head that was kept, as migrate, verify and report print it.',
      flags: [
        ...manifest,
        {
          name: 'head',
          type: 'list',
          value: 'HEAD',
          doc: 'A head that was printed: service:entries:hash, several joined by commas, or a hash; repeatable',
        },
      ],
      examples: [
        'rehouse audit verify',
        'rehouse audit verify --head main:42:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      ],
      exits: [
        { status: 0, when: 'the chain is whole' },
        { status: 1, when: 'entries were altered, removed or inserted, or a head that was given is not in the chain' },
        { status: 3, when: 'it could not be verified: no ledger, or it was signed with another salt' },
      ],
    },
    {
      name: 'audit export',
      doc: 'Write every entry of the audit to a file',
      more: 'jsonl: one JSON object a line. csv: RFC 4180 in UTF-8; a field a spreadsheet would take for a formula is led by an apostrophe. The hashes are in it, so that the holder of the salt can recompute the chain.',
      flags: [
        ...manifest,
        { name: 'format', type: 'choice', value: 'FORMAT', choices: ['jsonl', 'csv'], doc: 'The form of the file', default: 'jsonl' },
        { name: 'out', type: 'text', value: 'FILE', doc: 'The file; stdout where none is named' },
      ],
      examples: ['rehouse audit export --out audit.jsonl', 'rehouse audit export --format csv --out audit.csv'],
      exits: [{ status: 0, when: 'done' }],
    },
  ]
}
