import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fillTemplate, isPerTenant } from '../../../src/base/address-template.ts'

const TEMPLATE = 'postgres://reader@host/{tenant.db}?sslmode=require'

test('puts the tenant’s column in', () => {
  assert.deepEqual(fillTemplate('postgres://{tenant.host}/{tenant.db}', { host: 'h1', db: 'north' }), { address: 'postgres://h1/north' })
  assert.equal(isPerTenant(TEMPLATE), true)
  assert.equal(isPerTenant('postgres://host/db'), false)
})

test('no value can change what part of the address it stands in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), value => {
      const filled = fillTemplate(TEMPLATE, { db: value })
      assert.ok('address' in filled)
      const path = /^postgres:\/\/reader@host\/([^/?#@:]*)\?sslmode=require$/.exec(filled.address)?.[1]
      assert.equal(decodeURIComponent(path ?? '?'), value)
    }),
  )
})

test('a column that is not there, or is empty, is named, not replaced', () => {
  assert.deepEqual(fillTemplate(TEMPLATE, {}), { missing: 'db' })
  assert.deepEqual(fillTemplate(TEMPLATE, { db: '' }), { missing: 'db' })
  assert.deepEqual(fillTemplate('{tenant.constructor}', {}), { missing: 'constructor' })
})
