import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseKey } from '../../../src/cli/key-values.ts'
import { commandLine, renderNextSteps, stepsAfterCheck, stepsAfterMigrate } from '../../../src/report/next-steps.ts'
import { keyArgument, shellWord } from '../../../src/report/shell-words.ts'
import { CHECK, entityLine, migrateResult, WIDE } from './sample-results.ts'

const DEFAULT = { manifest: null }
const commands = (...args: Parameters<typeof stepsAfterMigrate>): readonly string[] => stepsAfterMigrate(...args).map(step => step.command)

test('a shell reads every word back unchanged', () => {
  const words = ['plain', 'two words', "it's", '$HOME', '`id`', '', 'a"b', '*', '\\', '名']
  const read = execFileSync('sh', ['-c', `printf '%s\\n' ${words.map(shellWord).join(' ')}`], { encoding: 'utf8' })
  assert.deepEqual(read.split('\n').slice(0, -1), words)
})

test('a key given as an argument is read back unchanged', () => {
  fc.assert(fc.property(fc.array(fc.string(), { minLength: 1 }), key => assert.deepEqual(parseKey(keyArgument(key)), key)))
})

test('what to try next follows from how the run ended', () => {
  const lookup = 'rehouse lookup student --tenant springfield --legacy KEY'
  assert.deepEqual(commands(migrateResult(), DEFAULT), ['rehouse quarantine list', lookup])
  assert.deepEqual(commands(migrateResult({ entities: [entityLine({ quarantined: 0 })] }), DEFAULT), [lookup])
  assert.deepEqual(commands(migrateResult({ status: 'interrupted' }), DEFAULT)[0], 'rehouse migrate --resume 7')
  assert.deepEqual(commands(migrateResult({ status: 'failed' }), DEFAULT)[0], 'rehouse migrate --resume 7')
  assert.deepEqual(commands(migrateResult({ dryRun: true }), DEFAULT), ['rehouse migrate'])
  assert.deepEqual(commands(migrateResult({ dryRun: true, status: 'interrupted' }), DEFAULT), ['rehouse migrate --dry-run'])
  assert.deepEqual(
    stepsAfterCheck(CHECK, DEFAULT).map(step => step.command),
    ['rehouse check'],
  )
  assert.deepEqual(
    stepsAfterCheck({ ...CHECK, findings: [] }, DEFAULT).map(step => step.command),
    ['rehouse migrate --dry-run'],
  )
})

test('commands suggested name the manifest the user named, quoted', () => {
  assert.equal(commandLine({ manifest: 'my file.yaml' }, 'quarantine', 'list'), "rehouse quarantine list -m 'my file.yaml'")
  assert.deepEqual(
    renderNextSteps(
      [
        { command: 'a', purpose: 'x' },
        { command: 'bbb', purpose: 'y' },
      ],
      WIDE,
    ),
    ['', 'What to try next', '  a    x', '  bbb  y'],
  )
  assert.deepEqual(renderNextSteps([], WIDE), [])
})
