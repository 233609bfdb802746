import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { type Code, RehouseError } from '../../../src/errors.ts'

/** A folder of its own for a test file, gone afterwards. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rehouse-config-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function write(folder: string, name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** The RehouseError that `work` throws, which must have this code, one sentence and a way out. */
export function errorOf(code: Code, work: () => unknown): RehouseError {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof RehouseError, String(error))
    assert.equal(error.code, code, error.message)
    assert.ok(error.next.length > 5)
    assert.ok(!/[\n\r]/.test(error.message))
    return error
  }
  return assert.fail(`expected ${code}, got no error`)
}
