import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EntityOrder } from '../../../src/plan/order.ts'
import { referenceGroups } from '../../../src/plan/reference-groups.ts'

/** Of an order only names and references are looked at. */
const orderOf = (references: Readonly<Record<string, readonly string[]>>): readonly EntityOrder[] =>
  Object.entries(references).map(([name, dependsOn]) => ({ entity: { name }, dependsOn }) as unknown as EntityOrder)

test('who refers comes before what it refers to; entities in a circle are one group', () => {
  const groups = referenceGroups(
    orderOf({ school: [], student: ['school'], staff: ['staff', 'school'], team: ['member'], member: ['team'] }),
  )
  assert.deepEqual(
    groups.map(({ names, isCircle }) => [names.join(), isCircle]),
    [
      ['student', false],
      ['staff', true],
      ['school', false],
      ['team,member', true],
    ],
  )
})

test('every entity is in one group, and no group refers to one before it', () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const references = fc.record(Object.fromEntries(names.map(name => [name, fc.subarray(names)])))
  fc.assert(
    fc.property(references, of => {
      const groups = referenceGroups(orderOf(of))
      assert.deepEqual(groups.flatMap(group => group.names).toSorted(), names)
      for (const [i, group] of groups.entries())
        for (const name of group.names)
          for (const parent of of[name] ?? []) assert.ok(groups.findIndex(other => other.names.includes(parent)) >= i)
    }),
  )
})
