import assert from 'node:assert/strict'
import { appendFileSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, symlinkSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { RehouseError } from '../../../../src/errors.ts'
import { fileState } from '../../../../src/source/csv/file-bytes.ts'
import type { FileSurvey } from '../../../../src/source/csv/file-survey.ts'
import { relationFiles } from '../../../../src/source/csv/relation-files.ts'
import { keptSurvey } from '../../../../src/source/csv/survey-store.ts'
import { saidOf } from '../../../../src/source/csv/surveyed-file.ts'
import { WHOLE } from '../../../../src/source/scan-keys.ts'
import { newCsvFolder, readRelation } from '../../../support/csv-folder.ts'

const code = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof RehouseError, String(error))
  assert.equal(error.code, expected, error.message)
  return true
}

test('every *.csv, *.tsv and *.txt is a relation, in the schema csv or that of its sub folder', async t => {
  const folder = newCsvFolder({ after: work => t.after(work) })
  for (const name of ['b.csv', 'a.TSV', 'c.txt', 'hr/b.csv', 'hr/deep/b.csv', '.hidden.csv', 'x.pdf']) folder.write(name, 'k\tv\n1\tx\n')
  symlinkSync(join(folder.path, 'x.pdf'), join(folder.path, 'link.csv'))
  mkdirSync(join(folder.path, 'folder.csv'))
  const { relations, database } = await folder.open().describe()
  assert.deepEqual(
    relations.map(({ schema, name }) => `${schema}.${name}`),
    ['csv.a', 'csv.b', 'csv.c', 'hr.b', 'hr/deep.b', 'csv.link'],
  )
  assert.equal(database, 'export')
  assert.deepEqual(
    (await folder.open({}, 'hr/b.csv').describe()).relations.map(({ schema, name }) => `${schema}.${name}`),
    ['csv.b'],
  )
})

test('two files for one relation, a folder without any, and one that is not there are refused', async t => {
  const folder = newCsvFolder({ after: work => t.after(work) })
  await assert.rejects(folder.open({}, 'none').describe(), code('SOURCE_UNREACHABLE'))
  folder.write('x.pdf', '')
  await assert.rejects(folder.open().describe(), code('SOURCE_INVALID'))
  folder.write('a.csv', 'k\n1\n')
  folder.write('a.txt', 'k\n1\n')
  await assert.rejects(folder.open().describe(), code('SOURCE_INVALID'))
})

test('a file that is written to while it is read is SOURCE_CHANGED, in the read and when the snapshot is confirmed', async t => {
  const folder = newCsvFolder({ after: work => t.after(work) })
  folder.write('a.csv', `k,v\n${Array.from({ length: 100_000 }, (_, i) => `${i},some text to fill the file`).join('\n')}\n`)
  const source = folder.open()
  const [relation] = (await source.describe()).relations
  assert.ok(relation)
  const snapshot = await source.openSnapshot([relation])
  const { signal } = new AbortController()
  const reading = (async () => {
    for await (const _ of snapshot.read({ relation, columns: ['k'], key: WHOLE, after: null, signal })) {
      if (statSync(join(folder.path, 'a.csv')).size % 10 !== 3) appendFileSync(join(folder.path, 'a.csv'), '1,x\n')
    }
  })()
  await assert.rejects(reading, code('SOURCE_CHANGED'))
  await assert.rejects(Promise.resolve(snapshot.confirm?.(signal)), code('SOURCE_CHANGED'))
  await source.close()
})

test('a file whose bytes are replaced in place while it is read, its size the same, is SOURCE_CHANGED', async t => {
  const folder = newCsvFolder({ after: work => t.after(work) })
  folder.write('a.csv', `k,v\n${Array.from({ length: 100_000 }, (_, i) => `${i},some text to fill the file`).join('\n')}\n`)
  const source = folder.open()
  const [relation] = (await source.describe()).relations
  assert.ok(relation)
  const snapshot = await source.openSnapshot([relation])
  const { signal } = new AbortController()
  let isReplaced = false
  const reading = (async () => {
    for await (const _ of snapshot.read({ relation, columns: ['k'], key: WHOLE, after: null, signal })) {
      if (isReplaced) continue
      isReplaced = true
      const file = openSync(join(folder.path, 'a.csv'), 'r+')
      writeSync(file, 'SOME', statSync(join(folder.path, 'a.csv')).size - 26)
      closeSync(file)
    }
  })()
  await assert.rejects(reading, code('SOURCE_CHANGED'))
  await source.close()
})

test('the marker is that of names, bytes and what was declared', async t => {
  const folder = newCsvFolder({ after: work => t.after(work) })
  folder.write('a.csv', 'k,v\n1,x\n')
  const marker = async (options = {}): Promise<string> => {
    const source = folder.open(options)
    const snapshot = await source.openSnapshot()
    await source.close()
    return snapshot.marker
  }
  const first = await marker()
  assert.equal(await marker(), first)
  assert.notEqual(await marker({ types: 'text' }), first)
  folder.write('b.csv', 'k,v\n1,x\n')
  const second = await marker()
  assert.notEqual(second, first)
  folder.write('rehouse.columns.json', '{"files":{"a":{"types":"text"}}}')
  assert.notEqual(await marker(), second)
})

test('what is kept for a resumed run are types and counts in a private file, no value; it is used only for the same bytes', async t => {
  const folder = newCsvFolder({ after: work => t.after(work) })
  const rows = Array.from({ length: 250_000 }, (_, i) => `${i},secret-${i}-value`).join('\n')
  folder.write('big.csv', `id,name\n${rows}\n`)
  const privateFolder = join(dirname(folder.path), 'private')
  await folder.open().describe()
  const [kept = ''] = readdirSync(privateFolder)
  assert.equal(statSync(privateFolder).mode & 0o777, 0o700)
  assert.equal(statSync(join(privateFolder, kept)).mode & 0o777, 0o600)
  assert.doesNotMatch(readFileSync(join(privateFolder, kept), 'utf8'), /secret/)
  const [file] = (await relationFiles({ path: folder.path, label: 'csv:export', options: new Map(), privateFolder })).files
  assert.ok(file)
  const look = async (said: string): Promise<FileSurvey | null> => keptSurvey(file, { privateFolder, said, state: await fileState(file) })
  const said = saidOf({ wish: {}, declaration: null })
  assert.equal((await look(said))?.rows, 250_000)
  assert.equal(await look(saidOf({ wish: { header: false }, declaration: null })), null)
  folder.write('big.csv', `id,name\n${rows.replace('secret-7-', 'secret-x-')}\n0,double\n`)
  assert.equal(await look(said), null)
  const { relation } = await readRelation(folder.open())
  assert.equal(relation.primaryKey, null)
})
