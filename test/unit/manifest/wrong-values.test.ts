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
