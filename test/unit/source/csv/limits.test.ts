import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGzip } from 'node:zlib'
import { RehouseError } from '../../../../src/errors.ts'
import { newCsvFolder, readRelation } from '../../../support/csv-folder.ts'

const MB = 1024 * 1024

/** Many bytes in a small file: a head, and letters. */
async function bomb(head: string, megabytes: number): Promise<Buffer> {
  const gzip = createGzip({ level: 1 })
  const parts: Buffer[] = []
  const reading = (async () => {
    for await (const part of gzip) parts.push(part as Buffer)
  })()
  gzip.write(head)
  const letters = Buffer.alloc(MB, 'a')
  for (let i = 0; i < megabytes; i++) if (!gzip.write(letters)) await new Promise(resolve => gzip.once('drain', resolve))
  gzip.end()
  await reading
  return Buffer.concat(parts)
}

test('a quote that is never closed ends in an error that says where it was opened, in bounded memory, however large the file', async t => {
  const folder = newCsvFolder({ after: work => t.after(work) })
  folder.write('a.csv.gz', await bomb('id,name\n1,x\n2,"', 160))
  const before = process.memoryUsage().rss
  const started = performance.now()
  await assert.rejects(readRelation(folder.open()), error => {
    assert.ok(error instanceof RehouseError)
    assert.match(error.message, /closing quote within 67108864 bytes, got none \(record 3, line 3, byte 14\)/)
    return true
  })
  assert.ok(performance.now() - started < 20_000)
  const grown = (process.memoryUsage().rss - before) / MB
  assert.ok(grown < 400, `expected less than 400 MB more, got ${grown}`)
})

test('a record longer than the limit is refused, and read where a higher one was declared', async t => {
  const folder = newCsvFolder({ after: work => t.after(work) })
  const long = 'a'.repeat(3 * MB)
  folder.write('a.csv', `id,name\n1,x\n2,${long}\n3,"${long}"\n`)
  await assert.rejects(
    readRelation(folder.open({ record_limit: '1MB' })),
    /a record of at most 1048576 bytes, got a longer one \(record 3, line 3, byte 12\)/,
  )
  assert.deepEqual(
    (await readRelation(folder.open({ record_limit: '4MB' }))).rows.map(row => row[1]?.length),
    [1, long.length, long.length],
  )
})

test('a file without line ends, and one with more fields than a table can have, is refused before it is held', async t => {
  const folder = newCsvFolder({ after: work => t.after(work) })
  folder.write('a.csv.gz', await bomb('', 20))
  await assert.rejects(readRelation(folder.open()), /end of the first record within \d+ bytes/)
  folder.write('a.csv.gz', await bomb('a,b\n', 40))
  await assert.rejects(readRelation(folder.open({ record_limit: '8MB' })), /a record of at most/)
  folder.write('a.csv.gz', Buffer.alloc(0))
  await assert.rejects(readRelation(folder.open()), /cut or damaged|empty file/)
  const other = newCsvFolder({ after: work => t.after(work) })
  other.write('a.csv', `a,b\n1,${','.repeat(10 * MB)}\n`)
  await assert.rejects(readRelation(other.open()), RehouseError)
})
