import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseEnvFile } from '../../../src/config/env-file.ts'
import { chosenSetting, environmentOf, readEnvironment } from '../../../src/config/environment.ts'
import { RehouseError } from '../../../src/errors.ts'
import { errorOf, workFolder, write } from './support.ts'

const folder = workFolder()
const parse = (text: string) => Object.fromEntries(parseEnvFile(text, '.env'))

test('reads names and values, comments, export, quotes and escapes', () => {
  const text = [
    '\ufeff# settings',
    'A=1',
    '  export B = two words # a comment',
    "C='as # it $stands \\n'",
    'D="line\\none\\ttab \\"quoted\\" \\\\"',
    'E=',
    'F=a#b',
    'G="over',
    'two lines" # done',
    '',
    'H=postgres://u:p%40@h/d?x=y',
    'A=last wins\r',
  ].join('\n')
  assert.deepEqual(parse(text), {
    A: 'last wins',
    B: 'two words',
    C: 'as # it $stands \\n',
    D: 'line\none\ttab "quoted" \\',
    E: '',
    F: 'a#b',
    G: 'over\ntwo lines',
    H: 'postgres://u:p%40@h/d?x=y',
  })
})

test('a line that is no setting is refused with file, line and column, never showing a value', () => {
  for (const [text, line] of [
    ['A=1\nsecret hunter2', 2],
    ['A="hunter2', 1],
    ["A='hunter2\nB=1\n", 1],
    ['A="x" hunter2', 1],
    ['=hunter2', 1],
    ['1A=hunter2', 1],
  ] as const) {
    const error = errorOf('CONFIG_INVALID', () => parse(text))
    assert.deepEqual([error.where.file, error.where.line, typeof error.where.column], ['.env', line, 'number'])
    assert.ok(!error.message.includes('hunter2'))
  }
})

test('any text at all gives settings or CONFIG_INVALID', () => {
  const parts = fc
    .array(fc.constantFrom('A', '=', '"', "'", '\n', ' ', '#', '\\', 'export ', '\r\n', 'x', '$'), { maxLength: 40 })
    .map(list => list.join(''))
  fc.assert(
    fc.property(fc.oneof(parts, fc.string({ unit: 'binary' })), text => {
      try {
        parse(text)
      } catch (error) {
        assert.ok(error instanceof RehouseError && error.code === 'CONFIG_INVALID')
      }
    }),
  )
})

test('the environment is over the .env file beside the manifest, and an empty value counts as none', () => {
  write(folder, '.env', 'A=file\nB=file\nC=\n')
  const environment = readEnvironment({ env: { A: 'process', B: '' }, manifestFolder: folder })
  assert.deepEqual(['A', 'B', 'C', 'D'].map(environment.get), ['process', 'file', null, null])
})

test('--env-file names another file, which must be there', () => {
  const path = write(folder, 'other.env', 'A=other')
  assert.equal(readEnvironment({ env: {}, manifestFolder: folder, envFile: path }).get('A'), 'other')
  const error = errorOf('CONFIG_MISSING', () => readEnvironment({ env: {}, manifestFolder: folder, envFile: join(folder, 'nothing.env') }))
  assert.equal(error.where.file, join(folder, 'nothing.env'))
})

test('a folder without .env is no error, one that cannot be read is', () => {
  const empty = join(folder, 'empty')
  mkdirSync(empty)
  assert.equal(readEnvironment({ env: {}, manifestFolder: empty }).get('A'), null)
  mkdirSync(join(empty, '.env'))
  errorOf('CONFIG_INVALID', () => readEnvironment({ env: {}, manifestFolder: empty }))
  write(folder, 'latin.env', Buffer.from('A=é', 'latin1'))
  errorOf('CONFIG_INVALID', () => readEnvironment({ env: {}, manifestFolder: folder, envFile: join(folder, 'latin.env') }))
})

test('flags are over the environment, the environment over the manifest', () => {
  assert.equal(chosenSetting({ flag: 'f', environment: 'e', manifest: 'm' }), 'f')
  assert.equal(chosenSetting({ environment: 'e', manifest: 'm' }), 'e')
  assert.equal(chosenSetting({ flag: null, environment: undefined, manifest: 'm' }), 'm')
  assert.equal(chosenSetting({}), null)
  assert.equal(chosenSetting({ flag: 0, manifest: 1 }), 0)
})

test('names of the prototype of objects are not in an environment', () => {
  write(folder, '.env', '')
  assert.equal(readEnvironment({ env: {}, manifestFolder: folder }).get('constructor'), null)
  assert.equal(environmentOf({}).get('toString'), null)
})
