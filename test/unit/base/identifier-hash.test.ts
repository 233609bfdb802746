import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IdentifierSum } from '../../../src/base/identifier-hash.ts'

function sumOf(...added: readonly (readonly [bytes: string, high: number, low: number])[]): bigint {
  const sum = new IdentifierSum()
  for (const [hex, high, low] of added) sum.add(new DataView(Uint8Array.from(Buffer.from(hex, 'hex')).buffer), 0, high, low)
  return sum.sum
}

const ID = '00112233445566778899aabbccddeeff'

test('the hash of an identifier is what uuid_hash_extended of PostgreSQL says', () => {
  assert.equal(sumOf([ID, 0, 7]), -8574076941708933926n)
  assert.equal(sumOf([ID, -5, -77]), -2725654506443591543n)
  assert.equal(sumOf([ID, 0, 0]), 4462459420613485749n)
})

test('a sum stays exact over millions of rows', () => {
  const sum = new IdentifierSum()
  const view = new DataView(Uint8Array.from(Buffer.from(ID, 'hex')).buffer)
  const rows = 2_500_000
  for (let i = 0; i < rows; i++) sum.add(view, 0, 0, 7)
  assert.deepEqual([sum.rows, sum.sum], [rows, -8574076941708933926n * BigInt(rows)])
  sum.reset()
  assert.deepEqual([sum.rows, sum.sum], [0, 0n])
})

test('values that change places between rows change the sum', () => {
  const other = 'ffeeddccbbaa99887766554433221100'
  assert.notEqual(sumOf([ID, 1, 2], [other, 3, 4]), sumOf([ID, 3, 4], [other, 1, 2]))
})
