import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openPgdumpSource } from '../../../../src/source/pgdump/pgdump-source.ts'
import { fixturePath, readAll, relationNamed, testFolder } from '../../../support/dump-file.ts'

/** Reads a packed dump as a process of its own would: what this one knows of a dump belongs to its label. */
async function readPacked(path: string, privateFolder: string, label: string): Promise<number> {
  const source = openPgdumpSource({ path, options: new Map(), label, privateFolder })
  const rows = await readAll(source, await relationNamed(source, 'shop'))
  await source.close()
  return rows.length
}

async function folders(t: TestContext): Promise<{ readonly path: string; readonly privateFolder: string }> {
  const folder = testFolder(t)
  const path = join(folder, 'shop.sql.gz')
  await copyFile(fixturePath('18.sql.gz'), path)
  return { path, privateFolder: join(folder, 'a', 'private') }
}

test('a packed script is unpacked once, where nobody else can read it, and a later read uses it', async t => {
  const { path, privateFolder } = await folders(t)
  assert.equal(await readPacked(path, privateFolder, 'first'), 4)
  const names = readdirSync(privateFolder)
  assert.equal(names.length, 1)
  const file = join(privateFolder, names[0] ?? '')
  assert.equal(statSync(privateFolder).mode & 0o777, 0o700)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(readFileSync(file), readFileSync(fixturePath('18.sql')))
  const { ino } = statSync(file)
  assert.equal(await readPacked(path, privateFolder, 'second'), 4)
  assert.deepEqual([readdirSync(privateFolder), statSync(file).ino], [names, ino])
})

test('an unpacked script that is not what it was is not used', async t => {
  const { path, privateFolder } = await folders(t)
  await readPacked(path, privateFolder, 'first')
  const file = join(privateFolder, readdirSync(privateFolder)[0] ?? '')
  writeFileSync(file, readFileSync(file, 'utf8').replace('Two -- dashes', 'Two == dashes'))
  assert.equal(await readPacked(path, privateFolder, 'second'), 4)
  assert.deepEqual(readFileSync(file), readFileSync(fixturePath('18.sql')))
})

test('an archive is read where it lies', async t => {
  const privateFolder = join(testFolder(t), 'private')
  assert.equal(await readPacked(fixturePath('16.custom'), privateFolder, 'archive'), 4)
  assert.throws(() => readdirSync(privateFolder), { code: 'ENOENT' })
})
