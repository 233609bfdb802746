import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CODES } from '../../../src/errors.ts'
import { ERROR_TEXTS } from '../../../src/report/error-texts.ts'
import { renderErrorsDoc } from '../../../src/report/errors-doc.ts'

const SRC = fileURLToPath(new URL('../../../src/', import.meta.url))

test('every code in the registry has a text, and every text a code', () => {
  assert.deepEqual(Object.keys(ERROR_TEXTS).sort(), Object.keys(CODES).sort())
  for (const [code, { means, risk, next }] of Object.entries(ERROR_TEXTS)) {
    for (const text of [means, risk, next]) assert.match(text, /^[A-Z`].*[.`]$/s, code)
  }
})

test('docs/errors.md has exactly one section per code', () => {
  const sections = [...renderErrorsDoc().matchAll(/^## (.*)$/gm)].map(match => match[1])
  assert.deepEqual(sections, Object.keys(CODES))
})

test('every code used in src is in the registry', () => {
  const used = /(?:new RehouseError\(|\bcode: )\s*'([A-Z][A-Z_]+)'/g
  const unknown = globSync('**/*.ts', { cwd: SRC }).flatMap(file =>
    [...readFileSync(SRC + file, 'utf8').matchAll(used)].flatMap(match =>
      Object.hasOwn(CODES, match[1] ?? '') ? [] : [`${file}: ${match[1]}`],
    ),
  )
  assert.deepEqual(unknown, [])
})
