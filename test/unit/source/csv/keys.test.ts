import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { RehouseError } from '../../../../src/errors.ts'
import { KeyProof } from '../../../../src/source/csv/key-proof.ts'
import { newCsvFolder, type ReadRelation, readRelation } from '../../../support/csv-folder.ts'

function read(t: TestContext, content: string, declaration?: object, name = 'people.csv'): Promise<ReadRelation> {
  const folder = newCsvFolder({ after: work => t.after(work) })
  folder.write(name, content)
  if (declaration !== undefined) folder.write('rehouse.columns.json', JSON.stringify({ files: { [name]: declaration } }))
  return readRelation(folder.open())
}

async function keyOf(t: TestContext, content: string, name?: string): Promise<readonly string[] | null> {
  const { relation } = await read(t, content, undefined, name)
  const key = relation.primaryKey
  assert.deepEqual(
    relation.uniqueKeys.map(({ columns, isPrimary }) => ({ columns, isPrimary })),
    key === null ? [] : [{ columns: key, isPrimary: true }],
  )
  for (const column of relation.columns) assert.equal(column.isNullable, !key?.includes(column.name))
  return key
}

test('claims a key only where the whole file proves it: the column named id, or after the file, or the first', async t => {
  assert.deepEqual(await keyOf(t, 'name,id\nx,2\nx,1\ny,3\n'), ['id'])
  assert.deepEqual(await keyOf(t, 'name,PersonID\nx,2\ny,1\n', 'persons.csv'), ['PersonID'])
  assert.deepEqual(await keyOf(t, 'category_id,name\n1,x\n', 'categories.csv'), ['category_id'])
  assert.deepEqual(await keyOf(t, 'code,name\nb,x\na,x\n'), ['code'])
  assert.deepEqual(await keyOf(t, 'u,n\n3f2504e0-4f89-11d3-9a0c-0305e82c3301,1\n3f2504e0-4f89-11d3-9a0c-0305e82c3302,1\n'), ['u'])
})

test('claims no key that comes twice, is NULL once, or is equal in two spellings', async t => {
  assert.equal(await keyOf(t, 'id,name\n1,x\n2,y\n1,z\n'), null)
  assert.equal(await keyOf(t, 'id,name\n1,x\n,y\n'), null)
  assert.equal(await keyOf(t, 'id,name\n1.0,x\n1.00,y\n'), null)
  assert.equal(await keyOf(t, 'u,n\n3f2504e0-4f89-11d3-9a0c-0305e82c3301,1\n3F2504E0-4F89-11D3-9A0C-0305E82C3301,1\n'), null)
  assert.equal(await keyOf(t, 'at,n\n2020-01-01 00:00,1\n2020-01-01T00:00,1\n'), null)
})

test('a key of a declared type is unique under the equality of that type', async t => {
  const declared = (type: string): object => ({ columns: { k: type }, key: 'k' })
  await assert.rejects(read(t, 'k,n\n1.0,x\n1.00,y\n', declared('numeric')), /each key \(k\) once/)
  await assert.rejects(read(t, 'k,n\n7,x\n007,y\n', declared('int4')), /each key \(k\) once/)
  await assert.rejects(read(t, 'k,n\n2020-01-01T00:00Z,x\n2020-01-01T01:00+01,y\n', declared('timestamptz')), /each key/)
  assert.deepEqual((await read(t, 'k,n\n7,x\n007,y\n', declared('text'))).relation.primaryKey, ['k'])
})

test('a declared key that comes twice is an error that names both rows', async t => {
  const content = `id,code,name\n${Array.from({ length: 3000 }, (_, i) => `${(i * 7) % 3000},c${i % 10},x`).join('\n')}\n`
  const twice = `${content}21,c3,y\n`
  await assert.rejects(read(t, twice, { key: 'id' }), error => {
    assert.ok(error instanceof RehouseError)
    assert.equal(error.code, 'SOURCE_INVALID')
    assert.match(error.message, /got that of record 3002, line 3002, byte \d+ also in an earlier record \(record 5, line 5, byte \d+\)/)
    return true
  })
  await assert.rejects(read(t, twice, { key: ['id', 'code'] }), /record 3002.*\(record 5,/)
  assert.deepEqual((await read(t, `${content}21,c4,y\n`, { key: ['id', 'code'] })).relation.primaryKey, ['id', 'code'])
})

test('NULL in a column declared never NULL, or in a declared key, is an error with its place', async t => {
  const content = 'id,name\n1,x\n2,\n'
  await assert.rejects(read(t, content, { columns: { name: { not_null: true } } }), /never NULL, got NULL \(record 3, line 3, byte 14\)/)
  await assert.rejects(read(t, content, { key: ['name'] }), /never NULL/)
  assert.deepEqual((await read(t, 'id,name\n1,x\n2,""\n', { key: ['name'] })).relation.primaryKey, ['name'])
})

const proofOf = (keys: readonly string[]): string => {
  const proof = new KeyProof()
  for (const key of keys) proof.add(Buffer.from(key), 0, Buffer.byteLength(key))
  return proof.proof
}

const KEY = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }).map(String),
  fc.string({ maxLength: 3 }),
  fc.constantFrom('', '0', '-0', '00', '01', '-1', '4294967296', '-4294967296', '4294967297'),
)

test('keys are proven exactly where no two are equal, in whatever order they come', () => {
  fc.assert(
    fc.property(fc.array(KEY, { maxLength: 30 }), keys => {
      assert.equal(proofOf(keys), new Set(keys).size === keys.length ? 'proven' : 'double')
    }),
  )
  const numbers = Array.from({ length: 20_000 }, (_, i) => String((i * 7919) % 20_011))
  assert.equal(proofOf(numbers), 'proven')
  assert.equal(proofOf([...numbers, '77']), 'double')
})

test('numbers that rise need no memory; those that fall after too many are not proven, and no key is claimed', () => {
  const proof = new KeyProof()
  const bytes = Buffer.alloc(8)
  const add = (value: number): boolean => proof.add(bytes, 0, bytes.write(String(value), 'latin1'))
  for (let i = 1; i <= 6_000_100; i++) add(i)
  assert.equal(proof.proof, 'proven')
  add(5)
  assert.equal(proof.proof, 'unknown')
})
