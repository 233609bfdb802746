import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Differences } from '../../../src/verify/differences.ts'
import { tellWitness } from '../../../src/verify/tell-witness.ts'
import type { WitnessColumn } from '../../../src/verify/witness-plan.ts'
import { differingValues, rowSumOf } from '../../../src/verify/witness-rows.ts'

function column(source: string, target: string, as: 'number' | 'text' | null): WitnessColumn {
  const value = (name: string) => ({ column: name, as: as ?? 'text', zone: null }) as const
  const of = as === null ? null : { source: value(source), target: value(target) }
  return { column: target, source: [], target: [], value: of, mayReplace: false, reason: '' }
}

const COLUMNS = [
  column('id', 'legacy_id', 'number'),
  column('NAME', 'name', 'text'),
  column('doc', 'doc', null),
  column('n', 'n', 'number'),
]

test('a row sum is over all columns both sides write alike, the same on both sides', () => {
  const sum = rowSumOf(COLUMNS, { keyNames: ['id'] })
  assert.deepEqual(
    [sum?.all.source.parts?.map(part => part.column), sum?.all.target.parts?.map(part => part.column), sum?.covers],
    [['id', 'NAME', 'n'], ['legacy_id', 'name', 'n'], 'of legacy_id, name, n'],
  )
  assert.equal(rowSumOf([column('doc', 'doc', null), { column: 'x', reason: 'a constant' }], { keyNames: ['id'] }), null)
})

test('where the target keeps the legacy key, each other column has a sum of its own beside it', () => {
  const sum = rowSumOf(COLUMNS, { keyNames: ['id'] })
  assert.ok(sum)
  const told = differingValues(COLUMNS, sum).map(one => [one.column, one.pair.source.parts?.map(part => part.column)])
  assert.deepEqual(told, [
    ['name', ['id', 'NAME']],
    ['n', ['id', 'n']],
  ])
})

test('where it does not keep the whole key, rows are known by their columns together, and that is said', () => {
  const sum = rowSumOf(COLUMNS, { keyNames: ['id', 'doc'] })
  assert.ok(sum)
  assert.deepEqual([sum.key, sum.covers], [[], 'of legacy_id, name, n; the target does not keep the legacy key'])
  assert.deepEqual(differingValues(COLUMNS, sum), [])
})

test('a row sum that differs is told where nothing says it better: not beside rows that came or went, nor beside another sum of the column', () => {
  const line = { entity: 'e', tenant: null, table: 't', state: 'different', source: '1', target: '2', reason: '' } as const
  const toldOf = (...lines: readonly (readonly [column: string, measure: string])[]): readonly string[] => {
    const differences = new Differences(null)
    tellWitness(
      lines.map(([column, measure]) => ({ ...line, column, measure })),
      differences,
    )
    return differences.first.map(one => `${one.column} ${one.expected}`)
  }
  assert.deepEqual(toldOf(['', 'row_sum']), ['null row_sum 1'])
  assert.deepEqual(toldOf(['', 'row_sum'], ['a', 'row_sum']), ['a row_sum 1'])
  assert.deepEqual(toldOf(['a', 'sum'], ['', 'row_sum'], ['a', 'row_sum'], ['b', 'row_sum']), ['a sum 1', 'b row_sum 1'])
  assert.deepEqual(toldOf(['', 'rows'], ['', 'row_sum'], ['a', 'row_sum']), ['null rows 1'])
})
