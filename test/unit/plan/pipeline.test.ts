import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Program, valuesOf } from '../../support/row-program.ts'

test('an expression passes a value on', () => {
  const program = new Program({ columns: { name: 'name' } })
  assert.deepEqual(
    valuesOf(program, 'name', [
      [1, 'a'],
      [2, null],
    ]),
    ['a', null],
  )
})
