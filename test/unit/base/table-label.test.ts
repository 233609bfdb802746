import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitName, tableLabel } from '../../../src/base/table-label.ts'

test('plain names are joined by a dot, odd ones stand in quotes', () => {
  assert.equal(tableLabel('dbo', 'Student'), 'dbo.Student')
  assert.equal(tableLabel('a.b', 'c'), '"a.b".c')
  assert.equal(tableLabel('a', 'b.c'), 'a."b.c"')
  assert.equal(tableLabel('x', 'say "hi"'), 'x."say ""hi"""')
})

test('no two tables have the same label, and a label says which table it is', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'B', '.', '"', '/', ' ', '*', 'é'), minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(name, name, (schema, table) => {
      const { source, parts } = splitName(tableLabel(schema, table))
      assert.equal(source, null)
      assert.deepEqual(
        parts.map(part => part.text),
        [schema, table],
      )
    }),
  )
})
