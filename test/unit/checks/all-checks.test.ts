import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ALL_CHECKS, runChecks } from '../../../src/checks/all-checks.ts'
import { GOOD_RELATIONS, surveyOf, tablesWith } from '../../support/survey.ts'

const FOLDER = fileURLToPath(new URL('../../../src/checks/', import.meta.url))
const TESTS = fileURLToPath(new URL('./', import.meta.url))

test('a mapping without a fault has no findings', () => {
  const survey = surveyOf()
  assert.deepEqual(
    survey.compiled.flatMap(({ compiled }) => compiled.findings),
    [],
  )
  assert.deepEqual(runChecks(survey), [])
})

test('every file that exports a check is in the list, under the name of the file', () => {
  const files = globSync('*.ts', { cwd: FOLDER }).filter(file => /^export const \w+: Check = /m.test(readFileSync(FOLDER + file, 'utf8')))
  assert.deepEqual(ALL_CHECKS.map(check => check.name).toSorted(), files.map(file => basename(file, '.ts')).toSorted())
})

test('every check is tested beside its kind', () => {
  const texts = globSync('*-checks.test.ts', { cwd: TESTS }).map(file => readFileSync(TESTS + file, 'utf8'))
  assert.ok(texts.length > 3)
  assert.deepEqual(
    ALL_CHECKS.filter(({ name }) => !texts.some(text => text.includes(`/src/checks/${name}.ts'`))).map(({ name }) => name),
    [],
  )
})

test('findings come in the order of the list, and the same survey gives the same ones', () => {
  const survey = surveyOf({
    facts: { isPooled: true, isReadOnly: true, version: 140_000 },
    targets: tablesWith('core.students', { canInsert: false, isRowSecurityActive: true }),
    relations: GOOD_RELATIONS.map(relation => ({ ...relation, uniqueKeys: [] })),
    sourceFacts: () => ({ canWrite: true }),
  })
  const codes = runChecks(survey).map(({ code }) => code)
  assert.deepEqual(codes, [
    ...['SOURCE_WRITABLE', 'SOURCE_WRITABLE'],
    ...['SOURCE_KEY', 'SOURCE_KEY', 'SOURCE_KEY', 'SOURCE_KEY'],
    ...['TARGET_VERSION', 'TARGET_UNSUITED', 'TARGET_UNSUITED', 'TARGET_POLICY_DENIED', 'TARGET_POLICY_DENIED'],
  ])
  assert.deepEqual(runChecks(survey), runChecks(survey))
})
