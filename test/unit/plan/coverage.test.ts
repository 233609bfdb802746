import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matches } from '../../../src/plan/coverage.ts'

test('a pattern means the tables and columns it names, whatever their case', () => {
  assert.ok(matches('dbo.WebSessionLog', 'dbo.websessionlog'))
  assert.ok(matches('dbo.Web*', 'dbo.WebSessionLog'))
  assert.ok(!matches('dbo.Web*', 'dbo.Staff'))
  assert.ok(matches('dbo.Staff.Ip', 'dbo.Staff.Ip'))
  assert.ok(!matches('dbo.Staff', 'dbo.Staff.Ip'))
})

test('*.Column means that column of any table', () => {
  assert.ok(matches('*.ModifiedBy_Old', 'dbo.Staff.ModifiedBy_Old'))
  assert.ok(!matches('*.ModifiedBy_Old', 'dbo.Staff.NotModifiedBy_Old'))
})

test('a source in front of a pattern must be that of the table', () => {
  assert.ok(matches('login/dbo.District', 'login/dbo.District'))
  assert.ok(!matches('login/dbo.District', 'dbo.District'))
  assert.ok(!matches('dbo.District', 'login/dbo.District'))
})

test('a part in quotes is meant to the letter', () => {
  assert.ok(matches('public."a.b"', 'public."a.b"'))
  assert.ok(!matches('public."a*"', 'public.abc'))
  assert.ok(matches('public."a*"', 'public.a*'))
  assert.ok(!matches('public."name"', 'public.Name'))
  assert.ok(matches('public."x.y".*', 'public."x.y".any'))
})
