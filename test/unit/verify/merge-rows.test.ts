import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TupleWriter } from '../../../src/base/tuple-writer.ts'
import type { ExpectedRows } from '../../../src/verify/expected-rows.ts'
import { type MergeListener, MergeRows, type Tuple } from '../../../src/verify/merge-rows.ts'
import { TupleStream } from '../../../src/verify/tuple-stream.ts'

interface Row {
  readonly key: number
  readonly value: string
}

/** Tuples (key as four bytes, value as text) one after the other, and where each ends. */
function tuples(rows: readonly Row[]): { readonly bytes: Buffer; readonly ends: readonly number[] } {
  const out = new TupleWriter(64)
  const ends = rows.map(({ key, value }) => {
    out.fieldCount(2)
    out.int32(key)
    out.text(value)
    return out.at
  })
  return { bytes: Buffer.from(out.bytes()), ends }
}

function expectedRows(rows: readonly Row[]): ExpectedRows {
  const { bytes, ends } = tuples(rows)
  return {
    buf: bytes,
    size: rows.length,
    isMixed: false,
    startOf: row => (row === 0 ? 0 : (ends[row - 1] ?? 0)),
    endOf: row => ends[row] ?? 0,
    tuples: (from, to) => to - from,
    writerOf: () => 0,
    keyOf: row => [String(rows[row]?.key)],
    hashOf: () => '0',
  }
}

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

class Told implements MergeListener {
  equalTuples = 0
  readonly lines: string[] = []

  equal(count: number): void {
    this.equalTuples += count
  }

  missing({ key }: { readonly key: readonly string[] }): void {
    this.lines.push(`missing ${key}`)
  }

  extra(actual: Tuple): void {
    this.lines.push(`extra ${keyOf(actual)}`)
  }

  doubled(actual: Tuple): void {
    this.extra(actual)
  }

  different({ key }: { readonly key: readonly string[] }): void {
    this.lines.push(`different ${key}`)
  }

  settle(): Promise<void> {
    return Promise.resolve()
  }
}

function keyOf({ data, fields }: Tuple): number {
  return data.readInt32BE(fields[0]?.start)
}

async function merge(expected: readonly (readonly Row[])[], actual: readonly Row[], chunk: number): Promise<Told> {
  const told = new Told()
  const bytes = Buffer.concat([tuples(actual).bytes, Buffer.from([0xff, 0xff])])
  const rows = new MergeRows(new TupleStream(chunksOf(bytes, chunk), { fields: 2, what: 'test' }), {
    key: { field: 0, form: 'bytes' },
    listener: told,
  })
  for (const part of expected) if (part.length > 0) await rows.push(expectedRows(part))
  await rows.finish()
  return told
}

/** What a comparison by look-ups would say. */
function naive(expected: readonly Row[], actual: readonly Row[]): { readonly equal: number; readonly lines: readonly string[] } {
  const lines: string[] = []
  let equal = 0
  for (const key of [...new Set([...expected, ...actual].map(row => row.key))]) {
    const wanted = expected.filter(row => row.key === key).map(row => row.value)
    const found = actual.filter(row => row.key === key).map(row => row.value)
    for (const value of [...wanted]) {
      if (!found.includes(value)) continue
      found.splice(found.indexOf(value), 1)
      wanted.splice(wanted.indexOf(value), 1)
      equal++
    }
    while (wanted.length > 0 && found.length > 0) {
      lines.push(`different ${key}`)
      wanted.pop()
      found.pop()
    }
    lines.push(...wanted.map(() => `missing ${key}`), ...found.map(() => `extra ${key}`))
  }
  return { equal, lines: lines.toSorted() }
}

test('finds what a comparison by look-ups finds, whatever differs and however the bytes are cut', async () => {
  const row = fc.record({ key: fc.integer({ min: 0, max: 60 }), value: fc.constantFrom<string>('', 'a', 'b', 'a longer value') })
  const unique = fc.uniqueArray(row, { selector: one => one.key, maxLength: 40 })
  const change = fc.array(fc.record({ at: fc.nat(50), what: fc.constantFrom('drop', 'change', 'double', 'add') }), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(unique, change, fc.integer({ min: 1, max: 90 }), fc.nat(40), async (rows, changes, chunk, cut) => {
      const expected = rows.toSorted((a, b) => a.key - b.key)
      const actual = [...expected]
      for (const { at, what } of changes) {
        const one = actual[at % Math.max(1, actual.length)]
        if (what === 'add') actual.push({ key: 100 + at, value: 'new' })
        else if (one === undefined) continue
        else if (what === 'drop') actual.splice(actual.indexOf(one), 1)
        else if (what === 'change') actual[actual.indexOf(one)] = { ...one, value: `${one.value}!` }
        else actual.push(one)
      }
      actual.sort((a, b) => a.key - b.key)
      const told = await merge([expected.slice(0, cut), expected.slice(cut)], actual, chunk)
      const wanted = naive(expected, actual)
      assert.deepEqual([told.equalTuples, told.lines.toSorted()], [wanted.equal, wanted.lines])
    }),
    { numRuns: 300 },
  )
})
