import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newDatabase, type Version } from '../support/postgres.ts'
import type { PairType } from '../support/type-pair-types.ts'
import {
  allowedPairs,
  castPair,
  openPairServer,
  type Pair,
  type PairOutcome,
  type PairServer,
  type PairValue,
  readValues,
} from '../support/type-pairs.ts'

/** Pairs where Rehouse and PostgreSQL differ on purpose, by their SQL names; docs/engines/postgres.md says why. */
type Names = readonly (readonly [source: RegExp, target: RegExp])[]

const TEXT = /text$|char$|char\(|character|name$|citext|code$/
/** We refuse what PostgreSQL takes. */
const STRICTER: Names = [
  [/./, /\.oid$/],
  [/\.oid$/, /\.int4$/],
  [TEXT, /\."char"$/],
  [TEXT, /interval/],
  [TEXT, /\bbit\(/],
  [TEXT, /\.cidr$/],
  [/\.timestamp(tz)?$/, /timestamp(tz)?\(\d\)$/],
]
/** We take what PostgreSQL refuses. */
const LOOSER: Names = [
  [/character\(/, /bit/],
  // The text of an infinite interval is text to any server; an old one only cannot read it as an interval.
  [/\.interval$/, TEXT],
]
/** Both take it, with another result. */
const DIFFERENT: Names = [[/\.float[48]$/, /numeric|score/]]

function isKnown(names: Names, pair: Pair): boolean {
  return names.some(([source, target]) => source.test(pair.source.sql) && target.test(pair.target.sql))
}

/** What is wrong with one outcome; null = nothing. */
function problem(pair: Pair, outcome: PairOutcome): string | null {
  const { value, result, written, stored, storedText, ownText, back } = outcome
  if (result === 'refused')
    return ownText === null || isKnown(STRICTER, pair) ? null : `refused, but the server's own cast gives ${ownText}`
  if (!written || !stored?.equals(written)) return `sent ${written?.toString('hex')}, but the server sends back ${stored?.toString('hex')}`
  if (ownText === null && !isKnown(LOOSER, pair)) return `stored ${storedText}, but the server's own cast refuses it`
  if (ownText !== null && ownText !== storedText && !isKnown(DIFFERENT, pair))
    return `stored ${storedText}, but the server's own cast gives ${ownText}`
  if (pair.rule.loss !== 'never') return null
  if (result !== 'done') return `${result}, but the rule says that nothing is ever lost`
  if (back && !back.equals(value.field)) return `cast back gives ${back.toString('hex')}, was ${value.field.toString('hex')}`
  return pair.rule.isPassThrough && !written.equals(value.field) ? 'passed through, but in other bytes' : null
}

interface Summary {
  readonly pairs: number
  readonly values: number
  readonly results: Readonly<Record<PairOutcome['result'], number>>
  readonly problems: readonly string[]
}

async function checkPairs(source: PairServer, target: PairServer): Promise<Summary> {
  const known = new Map<PairType, readonly PairValue[]>()
  const problems: string[] = []
  const results = { done: 0, lossy: 0, refused: 0 }
  const pairs = allowedPairs(source, target)
  for (const pair of pairs) {
    const values = known.get(pair.source) ?? (await readValues(source, pair.source))
    known.set(pair.source, values)
    for (const outcome of await castPair(values, { ...pair, versions: [source.version, target.version] }, target.session)) {
      results[outcome.result]++
      const found = problem(pair, outcome)
      if (found !== null) problems.push(`${pair.source.sql} → ${pair.target.sql}, ${JSON.stringify(outcome.value.text)}: ${found}`)
    }
  }
  return { pairs: pairs.length, values: results.done + results.lossy + results.refused, results, problems }
}

for (const [from, to] of [
  ['18', '18'],
  ['15', '18'],
  ['18', '15'],
] satisfies readonly (readonly [Version, Version])[]) {
  test(`every value of every type cast from PostgreSQL ${from} is stored by PostgreSQL ${to} as its own cast would store it, and sent back as we sent it`, async t => {
    const [sourceDatabase, targetDatabase] = [await newDatabase(t, { version: from }), await newDatabase(t, { version: to })]
    // Other numbers of types of our own on either side, so that OIDs have to be translated.
    const source = await openPairServer(sourceDatabase.url, 3)
    const target = await openPairServer(targetDatabase.url, 11)
    try {
      const { pairs, values, results, problems } = await checkPairs(source, target)
      assert.deepEqual(problems, [])
      assert.ok(pairs > 1900 && values > 10_000, `expected over 1900 pairs and 10000 values, got ${pairs} and ${values}`)
      assert.ok(results.lossy > 400 && results.refused > 2500, `expected lossy and refused values, got ${JSON.stringify(results)}`)
    } finally {
      await source.close()
      await target.close()
    }
  })
}
