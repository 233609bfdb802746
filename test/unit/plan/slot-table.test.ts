import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import { OutcomeRegistry } from '../../../src/plan/outcome-registry.ts'
import { RowState } from '../../../src/plan/row-state.ts'
import { SlotTable } from '../../../src/plan/slot-table.ts'

test('the names told to who misspells one are those that can be written: values nobody asked for too, none of the program’s own', () => {
  const slots = new SlotTable(new RowState(new OutcomeRegistry()), ['id', 'name'])
  slots.addColumns([{ name: 'id', type: builtinType('int4') }])
  slots.addComputed('\u0000grade', builtinType('int4'), () => true)
  slots.addComputed('grade.title', builtinType('text'), () => true)
  slots.addUnused('grade.year')
  assert.deepEqual(slots.known(), ['id', 'grade.title', 'name', 'grade.year'])
  assert.equal(slots.resolve(['grade', 'year']), null)
})
