import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingsOf, manifest } from './support.ts'

/** What a list of shapes gets wrong → what is said, and what to do. */
const WRONG: Readonly<Record<string, { readonly shapes: readonly string[]; readonly says: RegExp; readonly next: RegExp }>> = {
  'a shape nothing can follow': {
    shapes: ['{ columns: { name: a } }', '{ columns: { name: b } }'],
    says: /^expected a `when` in each shape of public\.people but the last, got none in shape 1 of 2: no later one is ever written$/,
    next: /^Say when this shape is meant, or put it last\.$/,
  },
  'a shape that leaves a column out': {
    shapes: ['{ when: x, columns: { name: a, age: b } }', '{ columns: { name: b } }'],
    says: /^expected the same columns in each shape of public\.people, got shape 2 without age$/,
    next: /`<<: \*name`.*`\{ value: null \}`/,
  },
  'a shape with another identifier': {
    shapes: ['{ when: x, columns: { id: { id: hashed } } }', '{ columns: { id: { id: v5 } } }'],
    says: /^expected the same identifier in each shape of public\.people, got another one/,
    next: /alike in all of them/,
  },
  'groups in one of several shapes': {
    shapes: ["{ when: x, each: [{ a: 'b' }], as: g, key: g.a, columns: { name: g.a } }", '{ columns: { name: b } }'],
    says: /^expected one row from each of several shapes of public\.people, got `each` in one of them$/,
    next: /Keep one shape with `each`/,
  },
  'an optional shape beside one that is not': {
    shapes: ['{ when: x, columns: { name: a } }', '{ optional: true, columns: { name: b } }'],
    says: /^expected `optional` to be the same in each shape of core\.parts, got both$/,
    next: /in all of them or in none/,
  },
}

for (const [name, { shapes, says, next }] of Object.entries(WRONG))
  test(`tells of ${name}, with its place and a way out`, () => {
    const table = name.includes('optional') ? 'core.parts' : 'public.people'
    const head = table === 'core.parts' ? '      public.people: { columns: { name: a } }\n' : ''
    const findings = findingsOf(manifest({ into: `${head}      ${table}:\n${shapes.map(shape => `        - ${shape}`).join('\n')}` }))
    assert.equal(findings.length, 1, JSON.stringify(findings, null, 2))
    assert.equal(findings[0]?.code, 'MANIFEST_INVALID')
    assert.match(findings[0]?.message ?? '', says)
    assert.match(findings[0]?.next ?? '', next)
    assert.ok(Number(findings[0]?.where.line) > 1 && findings[0]?.where.entity === 'person')
  })

test('an empty list of shapes is refused', () => {
  const [finding] = findingsOf(manifest({ into: '      public.people: []' }))
  assert.match(finding?.message ?? '', /^expected a list of shapes with at least 1 at .*, got an empty list$/)
})
