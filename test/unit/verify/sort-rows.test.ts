import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SortRows } from '../../../src/verify/sort-rows.ts'
import { SpillFolder } from '../../../src/verify/spill-folder.ts'

const tuple = Buffer.from([0, 1, 0, 0, 0, 1, 42])

async function sorted(rows: number, memoryBytes: number, spill: SpillFolder): Promise<readonly string[]> {
  const sorter = new SortRows(spill, memoryBytes)
  for (let i = 0; i < rows; i++) {
    const data = Buffer.from(String((i * 7919) % rows).padStart(6, '0'))
    const tuples = { data: tuple, start: 0, end: tuple.length, count: 1 }
    await sorter.add({ sortKey: { data, start: 0, length: 6 }, tuples, writer: i % 3, key: data.toString(), hash: String(-i) })
  }
  const keys: string[] = []
  for await (const region of sorter.regions())
    for (let row = 0; row < region.size; row++) {
      assert.deepEqual(region.buf.subarray(region.startOf(row), region.endOf(row)), tuple)
      keys.push(region.keyOf(row).join())
    }
  return keys
}

test('rows come out in the order of their keys, whether they fit in memory or not', async t => {
  const parent = mkdtempSync(join(tmpdir(), 'rehouse-test-sort-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  const spill = new SpillFolder(parent)
  const expected = Array.from({ length: 5003 }, (_, i) => String(i).padStart(6, '0'))
  assert.deepEqual(await sorted(5003, 1 << 20, spill), expected)
  assert.deepEqual(readdirSync(parent), [])
  assert.deepEqual(await sorted(5003, 20_000, spill), expected)
  const [folder = ''] = readdirSync(parent)
  assert.equal(statSync(join(parent, folder)).mode & 0o777, 0o700)
  assert.ok(readdirSync(join(parent, folder)).every(file => (statSync(join(parent, folder, file)).mode & 0o777) === 0o600))
  await spill.remove()
  assert.ok(!existsSync(join(parent, folder)))
})
