import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CODES } from '../../../src/errors.ts'
import { ERROR_TEXTS } from '../../../src/report/error-texts.ts'
import { renderErrorsDoc } from '../../../src/report/errors-doc.ts'
import { OUTCOME_CODE_TEXTS, QUARANTINE_CODE_TEXTS } from '../../../src/report/row-code-texts.ts'

const SRC = fileURLToPath(new URL('../../../src/', import.meta.url))

test('every code in the registry has a text, and every text a code', () => {
  assert.deepEqual(Object.keys(ERROR_TEXTS).sort(), Object.keys(CODES).sort())
  for (const [code, { means, risk, next }] of Object.entries(ERROR_TEXTS)) {
    for (const text of [means, risk, next]) assert.match(text, /^[A-Z`].*[.`]$/s, code)
  }
})

test('docs/errors.md has exactly one section per code', () => {
  const [registry = ''] = renderErrorsDoc().split('# Codes of rows')
  const sections = [...registry.matchAll(/^## (.*)$/gm)].map(match => match[1])
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

test('every code Rehouse itself gives to a row has a text', () => {
  const read = (pattern: string): string =>
    globSync(pattern, { cwd: SRC })
      .map(file => readFileSync(SRC + file, 'utf8'))
      .join('\n')
  const found = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map(match => match[1] ?? '')
  const sealed = found(read('plan/*.ts'), /seal\(QUARANTINED, '([a-z_]+)'/g)
  const refused = found(read('run/refusal-code.ts'), /'([a-z]+_[a-z_]+)'/g)
  const errors = found(read('run/stop-rules.ts'), /'([a-z]+_[a-z_]+)'/g)
  const counted = found(read('plan/*.ts'), /registry\.number\('[a-z_]+', [^,]+, (?:[^'\n]*\?\? )?'([a-z_]+)'\)/g)
  assert.ok(sealed.length > 3 && refused.length > 3 && counted.length > 3)
  assert.deepEqual(
    [...new Set([...sealed, ...refused, ...errors])].filter(code => !Object.hasOwn(QUARANTINE_CODE_TEXTS, code)),
    [],
  )
  assert.deepEqual(
    counted.filter(code => !Object.hasOwn(OUTCOME_CODE_TEXTS, code)),
    [],
  )
})
