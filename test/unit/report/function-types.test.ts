import assert from 'node:assert/strict'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import { renderFunctionTypes } from '../../../src/report/function-types.ts'
import { TYPES } from './sample-results.ts'

test('what each function is given is declared once, as the one or the other where it is used in several places', () => {
  const text = renderFunctionTypes(TYPES)
  assert.ok(
    text.includes('export type CriteriaUses = { readonly words: readonly (string | null)[] | null } | { readonly words: Json }'),
    text,
  )
  assert.ok(text.includes('/** What `criteria` is given: task, other. */'))
})

test('the context names the options there are and the entities whose identifiers can be asked for', () => {
  const text = renderFunctionTypes(TYPES)
  assert.ok(text.includes('readonly option: { readonly mode: string }'), text)
  assert.ok(text.includes("ref(entity: 'task' | 'other', ...key: readonly (string | bigint | number)[]): Uuid"), text)
})

test('the declarations are TypeScript that leaves no code behind', () => {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    const left = stripTypeScriptTypes(renderFunctionTypes({ functions: [], entities: [], options: [] })).replace(/\/\*[\s\S]*?\*\//g, '')
    assert.equal(left.trim(), '')
  } finally {
    process.emitWarning = emitWarning
  }
})
