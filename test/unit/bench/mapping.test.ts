import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figuresOfMapping, manifestOf, mappingLines } from '../../../bench/mapping.ts'
import { BARE, BOTH_PLAIN, CONSTRUCTS, PLAIN, WITH_MANY } from '../../../bench/mapping-constructs.ts'
import type { Measured } from '../../../bench/rehouse-run.ts'
import { checkManifest } from '../../../src/manifest/read-manifest.ts'

const took = (seconds: number, cpuSeconds: number): Measured => ({ seconds, processSeconds: seconds + 1, cpuSeconds, peakMiB: 100 })

const MEASURED = new Map([
  [BARE, [took(1, 1), took(1, 2)]],
  [PLAIN, [took(1, 1.8), took(1, 2.8)]],
  [WITH_MANY, [took(6, 5), took(9, 6)]],
  [BOTH_PLAIN, [took(4, 1), took(6, 1)]],
])

test('the price of a construct is CPU beyond the bare entity, per row and per time it stands there', () => {
  const [plain] = figuresOfMapping(MEASURED, 1_000_000).constructs
  assert.deepEqual(plain, { name: 'plain column', microsecondsPerRow: 0.1, timesPlain: 1 })
})

test('a list is held against both relations as plain entities in the same round', () => {
  const figures = figuresOfMapping(MEASURED, 1_000_000)
  assert.equal(figures.withManyOfPlain, 1.5)
  assert.equal(figures.constructs.find(({ name }) => name === WITH_MANY.name)?.timesPlain, 40)
})

test('the figures of a table stand under one another', () => {
  const figures = { ...figuresOfMapping(MEASURED, 1_000_000), rows: 1_000_000, rounds: 2, rerunOfMigration: 0.5, rerunRows: 2_000_000 }
  const lines = mappingLines(figures).slice(2, 3 + CONSTRUCTS.length)
  assert.equal(new Set(lines.map(line => line.length)).size, 1)
})

test('every manifest of the bench is one the language accepts', () => {
  const functions = new Map([['functions/same.ts', "export const same = () => ({ value: 'x' })"]])
  for (const construct of [BARE, ...CONSTRUCTS, BOTH_PLAIN]) {
    const checked = checkManifest({ file: 'rehouse.yaml', text: manifestOf(construct), options: { set: {} }, functions })
    assert.deepEqual(checked.findings, [], construct.name)
  }
})
