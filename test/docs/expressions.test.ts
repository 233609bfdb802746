import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compileExpression } from '../../src/expression/compile-expression.ts'
import { loadParser, parseExpression } from '../../src/expression/parse-expression.ts'
import { scopeOf, typeExpression } from '../../src/expression/type-expression.ts'
import type { SqlType } from '../../src/model/sql-type.ts'
import type { Value } from '../../src/model/value.ts'

const PAGE = readFileSync(new URL('../../docs/expressions.md', import.meta.url), 'utf8')
const FEWEST_EXAMPLES = 15

const ROW: readonly (readonly [name: string, type: string, text: string, value: Value])[] = [
  ['FirstName', 'varchar', 'character varying', 'Ada '],
  ['Email', 'varchar', 'character varying', null],
  ['Count', 'int4', 'integer', 5],
  ['IsActive', 'bool', 'boolean', true],
  ['Price', 'numeric', 'numeric', '1.50'],
  ['Doc', 'jsonb', 'jsonb', '{"path": ["a", 1.10]}'],
]

function typeOf(name: string, text: string): SqlType {
  return { kind: 'base', schema: 'pg_catalog', name, modifier: -1, text, oid: 0 }
}

test('every example of docs/expressions.md has the type and value it says', async () => {
  await loadParser()
  const scope = scopeOf(ROW.map(([name, type, text], slot) => ({ name: [name], slot, type: typeOf(type, text) })))
  const examples = PAGE.slice(PAGE.indexOf('## Examples')).matchAll(/^\| `(.+)` \| ([a-z ]+) \| (?:`(.*)`|NULL) \|$/gm)
  let count = 0
  for (const [, written = '', type, value = null] of examples) {
    const typed = typeExpression(parseExpression({ text: written.replaceAll('\\|', '|'), at: { file: 'docs', line: 1, column: 1 } }), scope)
    const result = compileExpression(typed)({ value: slot => ROW[slot]?.[3] ?? null })
    assert.equal(typed.type.text, type, written)
    assert.equal(result === null ? null : String(result), value, written)
    count++
  }
  assert.ok(count >= FEWEST_EXAMPLES, `expected ${FEWEST_EXAMPLES} examples, got ${count}`)
})
