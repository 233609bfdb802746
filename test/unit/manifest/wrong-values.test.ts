import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingsOf, manifest } from './support.ts'

/** What a value gets wrong → the manifest, what is said, and what to do. */
const WRONG: Readonly<Record<string, { readonly text: string; readonly code?: string; readonly says: RegExp; readonly next: RegExp }>> = {
  '`rest` in two places': {
    text: manifest({ into: '      public.people: { columns: { a: { rest: true }, b: { json: { c: { rest: true } } } } }' }),
    says: /^expected `rest` in one place of `person`, got it in public\.people\.a and in public\.people\.b$/,
    next: /^Keep one of them/,
  },
  '`rest: false`': {
    text: manifest({ columns: '{ a: { rest: false } }' }),
    says: /^expected true at .*rest`, got false$/,
    next: /true/,
  },
  '`undeclared` without `types`': {
    text: manifest({ columns: '{ a: { rest: true, undeclared: { note: x } } }' }),
    says: /^expected types beside `undeclared` at /,
    next: /^Add types, or take `undeclared` out\.$/,
  },
  'a cleansing rule nobody defined': {
    text: manifest({ top: 'cleanse: { tidy: [trim] }', columns: '{ a: { from: b, cleanse: tidi } }' }),
    says: /^expected the name of a cleansing rule, got `tidi`, which the manifest does not define; did you mean `tidy`\?$/,
    next: /^Known: tidy, trim, /,
  },
  'a cleansing rule with the name of a step': {
    text: manifest({ top: 'cleanse: { trim: [lower] }' }),
    says: /^expected a name of its own for a cleansing rule, got `trim`, which is a step$/,
    next: /^Choose another name/,
  },
  'a regular expression with a fault': {
    text: manifest({ top: "cleanse: { odd: [{ regex: '(' }] }" }),
    says: /^expected a regular expression of ECMAScript in the rule `odd`, got one with a fault: /,
    next: /backslash/,
  },
  'a number in the map of a cleansing rule': {
    text: manifest({ top: 'cleanse: { odd: [{ map: { a: 1 } }] }' }),
    says: /^expected texts or null in the map of the rule `odd`, got something else$/,
    next: /^Put numbers, true and false in quotes/,
  },
  'an unknown cleansing step': {
    text: manifest({ top: 'cleanse: { odd: [trimm] }' }),
    says: /^expected one of trim, collapse, lower, upper, null_if_blank at .*, got 'trimm'; did you mean trim\?$/,
    next: /trim/,
  },
  '`rows: audit` for tables by pattern': {
    text: manifest({ top: 'exclude: { tables: { public.*: { reason: old, rows: audit } } }' }),
    says: /^expected the name of one table for `rows: audit`, got `public\.\*`, which may mean several$/,
    next: /^Name each table by itself/,
  },
  '`rows` beside a column': {
    text: manifest({ top: 'exclude: { columns: { public.a.b: { reason: old, rows: count } } }' }),
    says: /^expected `rows` only beside an excluded table, got `rows: count` beside a column$/,
    next: /^Take `rows` out/,
  },
  'a file of functions that is not there': {
    text: manifest({ columns: '{ a: { fn: functions/none.ts#work, uses: [b] } }' }),
    says: /^expected the file functions\/none\.ts below the manifest’s folder, got none that can be read$/,
    next: /^Correct the path/,
  },
  'a way back that is no function': {
    text: manifest({ columns: '{ a: { fn: functions/work.ts#work, uses: [b], inverse: back } }' }),
    says: /^expected a file and a function as functions\/file\.ts#name, or none at .*, got 'back'$/,
    next: /./,
  },
  'a function named without its file': {
    text: manifest({ columns: '{ a: { fn: work, uses: [b] } }' }),
    says: /^expected a file and a function as functions\/file\.ts#name at .*, got 'work'$/,
    next: /^Write a path from the manifest’s folder down/,
  },
  'a file of functions outside the manifest’s folder': {
    text: manifest({ columns: '{ a: { fn: ../work.ts#work, uses: [b] } }' }),
    says: /^expected a file and a function as functions\/file\.ts#name at /,
    next: /^Write a path from the manifest’s folder down/,
  },
}

for (const [name, { text, code, says, next }] of Object.entries(WRONG))
  test(`tells of ${name}, with its place and a way out`, () => {
    const findings = findingsOf(text)
    assert.equal(findings.length, 1, JSON.stringify(findings, null, 2))
    assert.equal(findings[0]?.code, code ?? 'MANIFEST_INVALID')
    assert.match(findings[0]?.message ?? '', says)
    assert.match(findings[0]?.next ?? '', next)
    assert.ok(Number(findings[0]?.where.line) > 1)
  })
