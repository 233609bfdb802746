import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { checkForm } from '../../../src/manifest/check-form.ts'
import { FORMS, MANIFEST } from '../../../src/manifest/grammar.ts'
import { manifestJsonSchema } from '../../../src/manifest/json-schema.ts'
import { renderManifestDoc } from '../../../src/manifest/manifest-doc.ts'
import { Problems } from '../../../src/manifest/problems.ts'
import type { Entry, Tree } from '../../../src/manifest/tree.ts'
import { isValid } from '../../support/json-schema-validator.ts'
import { EXAMPLES, example, findingsOf } from './support.ts'

const SCHEMA = manifestJsonSchema()
const AT = { file: 'f', line: 1, column: 1 }

/** The tree YAML would give for a JSON value. */
function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(treeOf), at: AT }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, inner]): [string, Entry] => [
      key,
      { key, keyAt: AT, keyType: 'text', isKeyPlain: false, value: treeOf(inner) },
    ])
    return { kind: 'map', entries: new Map(entries), at: AT }
  }
  const type = value === null ? 'null' : typeof value === 'string' ? 'text' : typeof value === 'boolean' ? 'boolean' : 'number'
  return { kind: 'scalar', type, text: String(value), isPlain: type !== 'text', isInFlow: false, at: AT }
}

function readerAccepts(value: unknown): boolean {
  const problems = new Problems()
  checkForm(treeOf(value), MANIFEST, problems)
  return problems.errors === 0
}

type Json = Readonly<Record<string, unknown>> | readonly unknown[]

/** Every value below this one, as the whole document with that value replaced. */
function* variants(value: unknown, replacements: readonly unknown[]): Generator<unknown> {
  yield* replacements
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield { ...value, unknown_key: 'x' }
  for (const key of Object.keys(value)) {
    yield without(value as Json, key)
    for (const inner of variants((value as Readonly<Record<string, unknown>>)[key], replacements)) yield withKey(value as Json, key, inner)
  }
}

function without(value: Json, key: string): unknown {
  if (Array.isArray(value)) return value.filter((_, i) => i !== Number(key))
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
}

function withKey(value: Json, key: string, inner: unknown): unknown {
  return Array.isArray(value) ? value.map((item, i) => (i === Number(key) ? inner : item)) : { ...value, [key]: inner }
}

const REPLACEMENTS: readonly unknown[] = [
  'word',
  'Two Words',
  'a.b',
  '',
  5,
  0.5,
  -1,
  true,
  false,
  null,
  [],
  ['a'],
  {},
  { value: 1 },
  { ref: 'a', from: 'b' },
  { from: 'a', when: 'b' },
  { quarantine: 'x' },
  { value: 1, exclude: 'x' },
  { fn: 'a', uses: [] },
]

for (const name of EXAMPLES)
  test(`the schema accepts the example ${name}, as the reader does`, () => {
    const value: unknown = parse(example(name), { merge: true })
    assert.ok(readerAccepts(value))
    assert.ok(isValid(SCHEMA, value))
  })

/** Of the large example every eleventh variant: a prime, so that every kind of replacement meets every part. */
for (const [name, stride] of [
  ['smallest', 1],
  ['districts', 11],
] as const)
  test(`the schema and the reader agree on variants of the example ${name}`, () => {
    const value: unknown = parse(example(name), { merge: true })
    let [accepted, refused, seen] = [0, 0, 0]
    for (const variant of variants(value, REPLACEMENTS)) {
      if (seen++ % stride !== 0) continue
      const isAccepted = readerAccepts(variant)
      assert.equal(isValid(SCHEMA, variant), isAccepted, JSON.stringify(variant))
      if (isAccepted) accepted++
      else refused++
    }
    assert.ok(accepted > 20 && refused > 300, `${accepted} accepted, ${refused} refused`)
  })

test('every key of the schema has a description', () => {
  const check = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    for (const [name, inner] of Object.entries(schema)) {
      if (name === 'properties')
        for (const [key, property] of Object.entries(inner as Readonly<Record<string, Readonly<Record<string, unknown>>>>))
          assert.ok(String(property.description ?? '').length > 5, `${path}.${key}`)
      check(inner, `${path}.${name}`)
    }
  }
  check(SCHEMA, '')
})

test('the schema knows nothing of what is not supported', () => {
  const text = JSON.stringify(SCHEMA)
  for (const word of ['"id_map"']) assert.ok(!text.includes(word), word)
})

test('every named form is used', () => {
  const text = JSON.stringify(SCHEMA)
  for (const name of Object.keys(FORMS)) assert.ok(text.includes(`"#/definitions/${name}"`), name)
})

test('docs/manifest.md is in step with the grammar', () => {
  assert.equal(readFileSync(new URL('../../../docs/manifest.md', import.meta.url), 'utf8'), renderManifestDoc())
})

test('docs/manifest.md names every supported key and everything that is not supported', () => {
  const text = renderManifestDoc()
  for (const form of [MANIFEST, ...Object.values(FORMS)])
    if (form.kind === 'object') for (const key of Object.keys(form.keys)) assert.ok(text.includes(`\`${key}\``), key)
})

test('the examples are manifests without a finding', () => {
  for (const name of EXAMPLES) assert.deepEqual(findingsOf(example(name)), [])
})
