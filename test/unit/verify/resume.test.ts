import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { uuidText } from '../../../src/base/uuid-text.ts'
import { RehouseError } from '../../../src/errors.ts'
import type { Migration } from '../../../src/run/migration.ts'
import type { Bed } from '../../support/memory-migration.ts'
import { told, verifyOpened } from '../../support/verify-bed.ts'
import { schoolBed } from '../run/school.ts'

function newParent(t: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'rehouse-test-verify-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  return parent
}

/** Each tenant’s first student has another name in the target. */
async function damaged(): Promise<Bed> {
  const bed = schoolBed()
  await bed.run()
  const table = { schema: 'core', name: 'students' }
  const writer = await bed.target('app').openWriter()
  const tx = await writer.begin()
  const rows = bed.target('app').rows(table)
  const pairs = [rows[0], rows[3]].map(row => ({ id: uuidText(row?.[0] ?? Buffer.alloc(16), 0), value: 'Eve' }))
  await tx.updateColumn({ table, where: 'id', set: 'name', pairs })
  await tx.commit({ durable: false })
  await writer.close()
  return bed
}

/** The source of the second tenant goes away once its rows are about to be compared. */
function cutOff({ migration }: Bed): { readonly migration: Migration; readonly opened: string[] } {
  const opened: string[] = []
  const openSource: Migration['openSource'] = async (name, tenant) => {
    const source = await migration.openSource(name, tenant)
    const openSnapshot = source.openSnapshot.bind(source)
    source.openSnapshot = relations => {
      opened.push(tenant?.code ?? '')
      if (tenant?.code !== 'BAKER' || opened.filter(code => code === 'BAKER').length > 2) return openSnapshot(relations)
      return Promise.reject(new RehouseError('SOURCE_UNREACHABLE', 'expected the source, got none', { next: 'Start it.' }))
    }
    return source
  }
  return { migration: { ...migration, openSource }, opened }
}

test('a verification that was cut off goes on after the entities it has compared, and finds what one that was not finds', async t => {
  const parent = newParent(t)
  const bed = await damaged()
  const whole = await verifyOpened(bed.migration, { folder: join(parent, 'whole') })
  const { migration, opened } = cutOff(bed)
  const cut = { ...migration }
  const first = verifyOpened(cut, { folder: join(parent, 'x1') })
  await assert.rejects(first, { code: 'SOURCE_UNREACHABLE' })
  opened.length = 0
  opened.push('BAKER', 'BAKER')
  const result = await verifyOpened(cut, { folder: join(parent, 'x2'), isResumed: true })
  assert.deepEqual(result.differences.map(told), whole.differences.map(told))
  assert.deepEqual(result.entities, whole.entities)
  assert.equal(result.differences_file, join(parent, 'x1', 'differences.jsonl'))
  const lines = readFileSync(result.differences_file ?? '', 'utf8')
    .trim()
    .split('\n')
  assert.deepEqual(
    lines.map(line => JSON.parse(line) as unknown),
    result.differences,
  )
})

test('a verification that was asked something else is not gone on with', async t => {
  const parent = newParent(t)
  const bed = await damaged()
  const { migration } = cutOff(bed)
  await assert.rejects(verifyOpened(migration, { folder: join(parent, 'x1') }), { code: 'SOURCE_UNREACHABLE' })
  await assert.rejects(verifyOpened(migration, { folder: join(parent, 'x2'), isResumed: true, level: 'standard' }), { code: 'USAGE' })
})

test('differences are in a file only its owner may read', async t => {
  const parent = newParent(t)
  const bed = await damaged()
  const { differences_file } = await verifyOpened(bed.migration, { folder: join(parent, 'x1') })
  assert.equal(statSync(differences_file ?? '').mode & 0o777, 0o600)
})
