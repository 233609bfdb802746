import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readerGrants, writerGrants } from '../../../src/checks/grants.ts'
import { grantsFor } from '../../../src/checks/grants-for.ts'
import { GOOD_RELATIONS, manifestWith, surveyOf, tablesWith, trigger } from '../../support/survey.ts'

test('databases that need the same statements are named together, and no password is printed', () => {
  const lines = grantsFor(surveyOf())
  assert.deepEqual(
    lines.filter(line => line.startsWith('-- Read') || line.startsWith('-- Write')),
    [
      '-- Read from source legacy of tenant ADAMS, database legacy_ADAMS',
      '-- Read from source legacy of tenant BAKER, database legacy_BAKER',
      '-- Write to service app, postgres://writer@app/app',
    ],
  )
  assert.ok(lines.every(line => !/password '/.test(line)))
})

test('a reader gets the columns that are used, or the table where all are', () => {
  const relations = GOOD_RELATIONS.map(good =>
    good.name === 'school'
      ? { ...good, columns: [...good.columns, { ...(good.columns[1] ?? assert.fail()), name: 'PasswordHash' }] }
      : good,
  )
  const lines = grantsFor(surveyOf({ relations }))
  assert.ok(lines.includes('grant select ("id", "name") on table "public"."school" to "rehouse_reader";'))
  assert.ok(lines.includes('grant select on table "public"."student" to "rehouse_reader";'))
  assert.ok(lines.includes('alter role "rehouse_reader" set default_transaction_read_only = on;'))
})

test('where equal keys are possible the reader gets the place of a row too', () => {
  const lines = grantsFor(
    surveyOf({
      relations: GOOD_RELATIONS.map(good => ({
        ...good,
        uniqueKeys: [],
        columns: [...good.columns, { ...(good.columns[1] ?? assert.fail()), name: 'other' }],
      })),
    }),
  )
  assert.ok(lines.includes('grant select ("id", "name", "ctid") on table "public"."school" to "rehouse_reader";'))
})

test('a writer bypasses row-level security only where a table has it', () => {
  const bypass = 'alter role "rehouse_writer" bypassrls;'
  assert.ok(!grantsFor(surveyOf()).includes(bypass))
  assert.ok(grantsFor(surveyOf({ targets: tablesWith('core.students', { hasRowSecurity: true }) })).includes(bypass))
})

test('a writer gets the powers of an owner only where triggers or keys must be set aside', () => {
  const owns = (survey: ReturnType<typeof surveyOf>): boolean =>
    grantsFor(survey).some(line => !line.startsWith('--') && line.includes('grant "owner" to "rehouse_writer"'))
  const manifest = manifestWith('tenant_column: tenant_id', 'tenant_column: tenant_id, triggers: disable')
  const targets = tablesWith('core.students', { triggers: [trigger('stamp')] })
  assert.equal(owns(surveyOf({ manifest, targets })), true)
  assert.equal(owns(surveyOf({ manifest })), false)
  assert.ok(grantsFor(surveyOf()).includes('-- grant "owner" to "rehouse_writer";'))
})

test('the ledger’s schema is made for the writer, or opened to it where it is there', () => {
  assert.ok(grantsFor(surveyOf()).includes('create schema if not exists "rehouse" authorization "rehouse_writer";'))
  const later = grantsFor(surveyOf({ ledger: 'current' }))
  assert.ok(later.includes('grant usage, create on schema "rehouse" to "rehouse_writer";'))
  assert.ok(later.every(line => !line.startsWith('create schema')))
})

test('no name breaks out of its place in a statement', () => {
  const odd = `a"b'c\\$do$;--\n$_$`
  const table = { schema: odd, name: odd }
  const statements = [
    ...readerGrants({ role: odd, tables: [{ ...table, columns: [odd] }] }),
    ...writerGrants({
      role: `${odd}w`,
      tables: [{ ...table, hasSequence: true, owner: odd }],
      referenced: [table],
      bypassesRowSecurity: true,
      ledger: 'absent',
    }),
  ]
  for (const statement of statements) {
    const [, tag] = /^do (\$\w+\$)/.exec(statement) ?? []
    if (tag === undefined) assert.match(statement, /^[^"]*("([^"]|"")*"[^"]*)*;$/s)
    else assert.equal(statement.split(tag).length, 3, 'the tag stands at the beginning and at the end only')
  }
  assert.throws(() => readerGrants({ role: 'a\0b', tables: [] }), RangeError)
})

test('a name with a line end does not end the comment it stands in', () => {
  const lines = grantsFor(surveyOf({ tenants: [{ code: 'A\ndrop table x;' }] }))
  assert.ok(lines.filter(line => line.startsWith('--')).every(line => !line.includes('\n')))
})
