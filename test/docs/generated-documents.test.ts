import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const DOCS = fileURLToPath(new URL('../../scripts/docs.ts', import.meta.url))

test('every generated document is in step with the code', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [DOCS, '--check'], { encoding: 'utf8' })
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
})
