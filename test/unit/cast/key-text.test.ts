import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import { integerKey, keyText } from '../../../src/cast/key-text.ts'
import type { SqlType } from '../../../src/model/sql-type.ts'
import { castField, numericField, RANDOM_FIELDS } from '../../support/random-fields.ts'

const CITEXT: SqlType = { kind: 'base', schema: 'public', name: 'citext', modifier: -1, text: 'citext', oid: 9 }

function key(type: SqlType, field: Buffer): string {
  return keyText(type)(field, 0, field.length)
}

function parsed(name: string, text: string): Buffer {
  return castField(builtinType('text'), builtinType(name), Buffer.from(text)).field as Buffer
}

test('values that are equal under their type’s equality have one key text', () => {
  const numeric = builtinType('numeric')
  for (const same of ['1.5', '1.50', '1.500000000', '15e-1']) assert.equal(key(numeric, numericField(same)), '1.5')
  for (const same of ['100', '1e2', '100.00']) assert.equal(key(numeric, numericField(same)), '100')
  assert.equal(key(numeric, numericField('-0.000')), '0')
  assert.equal(key(builtinType('bpchar', 9), Buffer.from('ab   ')), 'ab')
  assert.equal(key(builtinType('bpchar', 12), Buffer.from('ab      ')), 'ab')
  assert.equal(key(builtinType('float8'), parsed('float8', '-0')), '0')
  assert.equal(key(builtinType('float4'), parsed('float4', '-0')), '0')
  assert.equal(key(CITEXT, Buffer.from('ÄBc')), 'äbc')
  assert.equal(key(builtinType('interval'), parsed('interval', '1 mon')), key(builtinType('interval'), parsed('interval', '30 days')))
  assert.equal(key(builtinType('interval'), parsed('interval', '24:00')), key(builtinType('interval'), parsed('interval', '1 day')))
  assert.equal(key(builtinType('jsonb'), parsed('jsonb', '{"a": 1.0}')), key(builtinType('jsonb'), parsed('jsonb', '{"a": 1}')))
})

test('text keeps its blanks and its case, other types their server’s text', () => {
  assert.equal(key(builtinType('text'), Buffer.from('Ab ')), 'Ab ')
  assert.equal(key(builtinType('timestamp'), parsed('timestamp', '2024-02-29T01:02:03.5')), '2024-02-29 01:02:03.5')
  assert.equal(key(builtinType('uuid'), parsed('uuid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11')), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')
})

test('a key under a domain is that of the type under it', () => {
  const domain: SqlType = { kind: 'domain', schema: 'public', name: 'd', modifier: -1, text: 'd', oid: 8, element: builtinType('int4') }
  assert.equal(key(domain, parsed('int4', '-7')), '-7')
  assert.notEqual(integerKey(domain), null)
})

test('different random values of a type have different key texts', () => {
  for (const name of ['int8', 'numeric', 'float8', 'timestamp', 'uuid', 'text', 'bytea', 'inet']) {
    const fields = RANDOM_FIELDS[name] as fc.Arbitrary<Buffer>
    const type = builtinType(name)
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        const isZero = name === 'float8' && a.readDoubleBE() === 0 && b.readDoubleBE() === 0
        const isEqual = isZero || a.equals(b) || (name === 'numeric' && Number(key(type, a)) === Number(key(type, b)))
        if (!isEqual) assert.notEqual(key(type, a), key(type, b))
      }),
    )
  }
})

test('the halves of an integer key are those of its 64-bit value', () => {
  for (const name of ['int2', 'int4', 'int8']) {
    const halves = new Int32Array(2)
    fc.assert(
      fc.property(RANDOM_FIELDS[name] as fc.Arbitrary<Buffer>, field => {
        integerKey(builtinType(name))?.(field, 0, field.length, halves)
        const value = (BigInt(halves[0] as number) << 32n) | BigInt.asUintN(32, BigInt(halves[1] as number))
        assert.equal(String(value), key(builtinType(name), field))
      }),
    )
  }
  assert.equal(integerKey(builtinType('numeric')), null)
})
