import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMap, parseDocument, type YAMLMap } from 'yaml'
import { example, read } from './support.ts'

const TEXT = example('districts')
const HASH = read(TEXT).hash

function changed(from: string, to: string): string {
  assert.ok(TEXT.includes(from), `the example has no ${from}`)
  return read(TEXT.replaceAll(from, to)).hash
}

/** Maps whose order means nothing, turned around. */
function reversed(paths: readonly (readonly string[])[]): string {
  // As texts, or numbers would lose their digits when written again.
  const document = parseDocument(TEXT, { schema: 'failsafe' })
  for (const path of paths) {
    const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true)
    assert.ok(isMap(node), path.join('.'))
    ;(node as YAMLMap).items.reverse()
  }
  return document.toString({ lineWidth: 0 })
}

test('the hash is a SHA-256 in hexadecimal and the same for the same text', () => {
  assert.match(HASH, /^[0-9a-f]{64}$/)
  assert.equal(read(TEXT).hash, HASH)
})

test('the hash does not depend on the order of keys where order has no meaning', () => {
  const paths = [
    [],
    ['entities'],
    ['services'],
    ['options'],
    ['exclude'],
    ['exclude', 'tables'],
    ['defaults'],
    ['time'],
    ['entities', 'user'],
    ['entities', 'student', 'into', 'student.students', 'columns'],
    ['entities', 'enrolment', 'into', 'student.enrolments', 'columns', 'school_id'],
  ]
  assert.equal(read(reversed(paths)).hash, HASH)
  const parts = TEXT.replace(/( {6}student\.contacts:[\s\S]*?)( {6}student\.audit_entries:[\s\S]*?)(?=\n {2}enrolment)/, '$2\n$1')
  assert.notEqual(parts, TEXT)
  assert.equal(read(parts).hash, HASH)
})

test('the hash does not depend on addresses, batch sizes, stop rules, phases, reasons, comments or places', () => {
  assert.equal(changed('env:LOGIN_DB', 'env:OTHER_DB'), HASH)
  assert.equal(changed('rows: 50000', 'rows: 1'), HASH)
  assert.equal(changed('min_rows: 500', 'min_rows: 5'), HASH)
  assert.equal(changed('[student, enrolment]', '[enrolment, student]'), HASH)
  assert.equal(changed('holds credentials', 'holds secrets'), HASH)
  assert.equal(changed('unmapped: error', 'unmapped: warn'), HASH)
  assert.equal(read(`# more\n\n${TEXT}`).hash, HASH)
})

const DECIDES: readonly (readonly [what: string, from: string, to: string])[] = [
  ['an expression', 'trim(LookupValue)', 'upper(LookupValue)'],
  ['a constant', 'value: 1.10', 'value: 1.1'],
  ['a constant’s type', 'value: guest,', 'value: 1,'],
  ['a condition', 'IsActive = false', 'IsActive = true'],
  ['a code', 'name_missing', 'name_absent'],
  ['a note', 'contact_without_name', 'contact_nameless'],
  ['the key', '[StudentID, SchoolID, SchoolStartYear]', '[SchoolID, StudentID, SchoolStartYear]'],
  ['the source relation', 'dbo.StudentSchool', 'dbo.StudentSchool2'],
  ['the target table', 'student.enrolments:', 'student.enrolment:'],
  ['the target column', 'starts_on:', 'began_on:'],
  ['the service of an entity', 'service: identity', 'service: student'],
  ['the tenant column', 'url: env:IDENTITY_DB, tenant_column: tenant_id', 'url: env:IDENTITY_DB, tenant_column: tenant'],
  ['the id', 'id: hashed\n', 'id: v5\n'],
  ['the default id', 'id: ordered', 'id: v5'],
  ['the default for losses', 'lossy_cast', 'loss'],
  ['a policy for time', 'overlap: earlier', 'overlap: later'],
  ['what may lack', '[ELL, Gifted, Guardian2Email]', '[ELL, Gifted]'],
  ['an exclusion', 'dbo.RolloverFtp', 'dbo.Rollover'],
  ['the tenants’ key', 'key: Code', 'key: Name'],
  ['what is optional', 'optional: true', 'optional: false'],
  ['a map', '2: admin', '2: manager'],
  ['a cast', 'as: text', 'as: varchar'],
  ['nulls of a document', 'nulls: drop', 'nulls: keep'],
  ['a group', "'guardian2'", "'guardian3'"],
]

for (const [what, from, to] of DECIDES)
  test(`the hash depends on ${what}`, () => {
    assert.notEqual(changed(from, to), HASH)
  })

test('the hash depends on the order of rules', () => {
  const [, first = '', second = ''] = /(.*exclude: no_login.*\n)(.*email_too_long.*\n)/.exec(TEXT) ?? []
  assert.notEqual(read(TEXT.replace(first + second, second + first)).hash, HASH)
})

test('the hash depends on which columns are left out: `rest` and functions are not given those', () => {
  assert.notEqual(changed('dbo.Staff.PasswordHash', 'dbo.Staff.Password*'), HASH)
  assert.notEqual(changed('"*.ModifiedBy_Old"', '"*.ModifiedBy"'), HASH)
})

test('the hash depends on the options in force', () => {
  assert.notEqual(read(TEXT, { empty_contact: 'keep' }).hash, HASH)
  assert.equal(read(TEXT, { empty_contact: 'skip' }).hash, HASH)
})
