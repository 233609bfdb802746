import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EMPTY, JsonElements, LIST, OTHER } from '../../../src/base/json-elements.ts'

function elementsOf(text: string): { kind: number; elements: readonly string[] } {
  const data = Buffer.from(`??${text}??`)
  const walk = new JsonElements()
  const kind = walk.begin(data, 2, data.length - 2)
  const elements: string[] = []
  if (kind === LIST) while (walk.next()) elements.push(data.toString('utf8', walk.start, walk.start + walk.length))
  return { kind, elements }
}

test('every element of a JSON array is found, whatever is in it and however it is written', () => {
  const json = fc.array(fc.jsonValue({ maxDepth: 3 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(json, fc.constantFrom(0, 1, '\t'), (list, indent) => {
      const { kind, elements } = elementsOf(JSON.stringify(list, null, indent))
      assert.equal(kind, LIST)
      assert.deepEqual(
        elements.map(text => JSON.parse(text)),
        JSON.parse(JSON.stringify(list)),
      )
    }),
  )
})

test('brackets, quotes and commas inside strings end nothing', () => {
  const list = ['[', '}', '\\"', 'a,b', '\\\\', '"', { ']': ['}', ','] }]
  assert.deepEqual(
    elementsOf(JSON.stringify(list)).elements.map(text => JSON.parse(text)),
    list,
  )
})

test('null and a list without elements are empty; anything else is no list', () => {
  for (const text of ['null', '[]', ' [ ] ', '\nnull']) assert.equal(elementsOf(text).kind, EMPTY, text)
  for (const text of ['{}', '"[]"', '1', 'true', 'false', '{"a": [1]}']) assert.equal(elementsOf(text).kind, OTHER, text)
})
