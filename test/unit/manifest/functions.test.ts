import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadManifest } from '../../../src/manifest/load-manifest.ts'
import { checkManifest } from '../../../src/manifest/read-manifest.ts'
import { manifest } from './support.ts'

const TEXT = manifest({
  columns: '{ name: { fn: functions/work.ts#work, uses: [name, "other.inner.title"], inverse: functions/work.ts#back } }',
})
const SOURCE = 'export const work = ({ name }) => ({ value: name })'

async function load(source: string): Promise<Awaited<ReturnType<typeof loadManifest>>> {
  const folder = mkdtempSync(join(tmpdir(), 'rehouse-functions-'))
  mkdirSync(join(folder, 'functions'))
  writeFileSync(join(folder, 'rehouse.yaml'), TEXT)
  writeFileSync(join(folder, 'functions/work.ts'), source)
  return loadManifest(join(folder, 'rehouse.yaml'), { set: {} })
}

test('a function’s file is read from beside the manifest; its source is a part of the mapping’s hash', async () => {
  const [one, same, other] = [await load(SOURCE), await load(SOURCE), await load(`${SOURCE} // changed`)]
  assert.deepEqual(one.functions, [{ file: 'functions/work.ts', source: SOURCE }])
  assert.equal(same.hash, one.hash)
  assert.notEqual(other.hash, one.hash)
})

test('values are given under the last part of their names; what leads back is kept', async () => {
  const value = (await load(SOURCE)).entities[0]?.into[0]?.columns[0]?.value
  assert.ok(value?.kind === 'fn')
  assert.deepEqual(
    value.uses.map(use => use.name),
    ['name', 'title'],
  )
  assert.equal(value.inverse, 'functions/work.ts#back')
})

test('an expression without a name, or two names alike, are told of', () => {
  const says = (uses: string): string | undefined => {
    const text = TEXT.replace('[name, "other.inner.title"]', uses)
    return checkManifest({ file: 'rehouse.yaml', text, options: { set: {} }, functions: new Map([['functions/work.ts', SOURCE]]) })
      .findings[0]?.message
  }
  assert.equal(says('["trim(name)"]'), 'expected names under `uses`, got an expression (trim(name))')
  assert.equal(says('[a.name, b.name]'), 'expected each name under `uses` once, got name again')
})

test('a way back in a file that is not there is told of; one in a file of its own is read with it', () => {
  const text = TEXT.replace('functions/work.ts#back', 'functions/back.ts#back')
  const says = (functions: ReadonlyMap<string, string>): readonly string[] =>
    checkManifest({ file: 'rehouse.yaml', text, options: { set: {} }, functions }).findings.map(({ message }) => message)
  const work = ['functions/work.ts', SOURCE] as const
  assert.deepEqual(says(new Map([work])), ['expected the file functions/back.ts below the manifest’s folder, got none that can be read'])
  assert.deepEqual(says(new Map([work, ['functions/back.ts', SOURCE]])), [])
})
