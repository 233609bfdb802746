import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalKey } from '../../../src/base/key-text.ts'
import { uuidBytes, uuidText } from '../../../src/base/uuid-text.ts'
import {
  identifiersPage,
  identifierVectors,
  VECTOR_ENTITY,
  VECTOR_MIGRATION,
  VECTOR_PART,
  VECTOR_SALT,
  VECTOR_TENANT,
} from '../../../src/cast/identifier-vectors.ts'
import { fingerprint, openIdentifiers, REHOUSE_NAMESPACE, tenantUuid } from '../../../src/cast/identifiers.ts'
import { RehouseError } from '../../../src/errors.ts'

const ids = openIdentifiers({ salt: VECTOR_SALT, migration: VECTOR_MIGRATION })

// The reference: written from docs/identifiers.md alone, with BigInt, and sharing no code with src.

const MASK = (1n << 32n) - 1n
const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & MASK

function referenceTag(key: Buffer, words: readonly [bigint, bigint, bigint, bigint]): bigint {
  const k = [0, 4, 8, 12].map(at => BigInt(key.readUInt32LE(at)))
  const whole = k.reduce((sum, word, i) => sum | (word << BigInt(32 * i)), 0n)
  const doubled = ((whole << 1n) & ((1n << 128n) - 1n)) ^ (whole >> 127n === 1n ? 0x87n : 0n)
  const mask = [0n, 32n, 64n, 96n].map(shift => (doubled >> shift) & MASK)
  let [a = 0n, b = 0n, c = 0n, d = 0n] = words.map((word, i) => word ^ (k[i] ?? 0n) ^ (mask[i] ?? 0n))
  for (let round = 0; round < 12; round++) {
    a = (a + b) & MASK
    c = (c + d) & MASK
    b = rotate(b, 5n) ^ a
    d = rotate(d, 8n) ^ c
    a = rotate(a, 16n)
    a = (a + d) & MASK
    c = (c + b) & MASK
    b = rotate(b, 7n) ^ c
    d = rotate(d, 13n) ^ a
    c = rotate(c, 16n)
  }
  return a ^ (mask[0] ?? 0n)
}

function withFixedBits(free: bigint): string {
  const bits = free.toString(2).padStart(122, '0')
  const all = `${bits.slice(0, 48)}1000${bits.slice(48, 60)}10${bits.slice(60)}`
  const hex = BigInt(`0b${all}`).toString(16).padStart(32, '0')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function referenceOrdered(options: { salt: Buffer; migration: string }, row: { tenant: number; entity: number; key: bigint }): string {
  const key = createHmac('sha256', options.salt).update(`rehouse ordered 1 ${options.migration}`).digest().subarray(0, 16)
  const unsigned = BigInt.asUintN(64, row.key)
  const tag = referenceTag(key, [BigInt(row.tenant * 65536 + row.entity), unsigned >> 32n, unsigned & MASK, 0n])
  return withFixedBits((((((BigInt(row.tenant) << 10n) | BigInt(row.entity)) << 64n) | (unsigned ^ (1n << 63n))) << 32n) | tag)
}

function referenceHashed(
  options: { salt: Buffer; migration: string },
  row: { tenant: number; entity: number; text: string; domain: number },
): string {
  const key = createHmac('sha256', options.salt).update(`rehouse hashed 1 ${options.migration}`).digest()
  const space = Buffer.alloc(5)
  space[0] = row.domain
  space.writeUInt32BE(row.tenant * 65536 + row.entity * 64, 1)
  const digest = createHash('sha256').update(key).update(space).update(row.text, 'utf8').digest('hex')
  return withFixedBits((((BigInt(row.tenant) << 10n) | BigInt(row.entity)) << 96n) | BigInt(`0x${digest.slice(0, 24)}`))
}

function referenceV5(namespace: string, name: string): string {
  const hex = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest('hex')
    .slice(0, 32)
  const variant = ((Number.parseInt(hex[16] ?? '', 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 12)}5${hex.slice(13, 16)}${variant}${hex.slice(17)}`.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function ordered(tenant: number, entity: number, key: bigint): string {
  const out = Buffer.alloc(20)
  ids.ordered(tenant, entity)(Number(BigInt.asIntN(32, key >> 32n)), Number(BigInt.asIntN(32, key)), out, 3)
  return uuidText(out, 3)
}

function hashed(tenant: number, entity: number, text: string): string {
  const out = Buffer.alloc(16)
  ids.hashed(tenant, entity)(text, out, 0)
  return uuidText(out, 0)
}

const tenantNumber = fc.integer({ min: 0, max: 65535 })
const entityNumber = fc.integer({ min: 0, max: 1023 })
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -300n, max: 300n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n),
)

test('ordered identifiers are those of an independent implementation', () => {
  fc.assert(
    fc.property(tenantNumber, entityNumber, int64, (tenant, entity, key) => {
      assert.equal(
        ordered(tenant, entity, key),
        referenceOrdered({ salt: VECTOR_SALT, migration: VECTOR_MIGRATION }, { tenant, entity, key }),
      )
    }),
    { numRuns: 1000 },
  )
})

test('ordered identifiers compare byte by byte as (tenant, entity, key)', () => {
  const row = fc.tuple(fc.oneof(tenantNumber, fc.constant(7)), fc.oneof(entityNumber, fc.constant(7)), int64)
  fc.assert(
    fc.property(row, row, (a, b) => {
      const expected = a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0)
      const [x, y] = [ordered(...a), ordered(...b)]
      assert.equal(x < y ? -1 : x > y ? 1 : 0, Math.sign(expected))
    }),
    { numRuns: 1000 },
  )
})

test('an ordered identifier is read back as the tenant, entity and key it was made of, and is genuine', () => {
  fc.assert(
    fc.property(tenantNumber, entityNumber, int64, (tenant, entity, key) => {
      assert.deepEqual(ids.parseOrdered(ordered(tenant, entity, key)), { tenant, entity, key, isGenuine: true })
    }),
  )
})

test('the key of an ordered identifier is read from its bytes; with a bit changed it is not one of that tenant and entity', () => {
  const read = (tenant: number, entity: number, bytes: Uint8Array): bigint | null => {
    const halves = new Int32Array(2)
    const found = ids.orderedKey(tenant, entity)(new DataView(bytes.buffer), 0, halves)
    return found ? (BigInt(halves[0] ?? 0) << 32n) | BigInt((halves[1] ?? 0) >>> 0) : null
  }
  fc.assert(
    fc.property(tenantNumber, entityNumber, int64, fc.integer({ min: 0, max: 127 }), (tenant, entity, key, bit) => {
      const bytes = Uint8Array.from(uuidBytes(ordered(tenant, entity, key)) ?? [])
      assert.equal(read(tenant, entity, bytes), key)
      assert.equal(read(tenant ^ 1, entity, bytes), null)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(read(tenant, entity, bytes), null)
    }),
  )
})

test('an ordered identifier with another tenant, key, salt or migration is not genuine', () => {
  const id = ordered(3, 4, 5n)
  assert.equal(ids.parseOrdered(id.replace('0003', '0002'))?.isGenuine, false)
  assert.equal(ids.parseOrdered(`${id.slice(0, 27)}1${id.slice(28)}`)?.isGenuine, false)
  assert.equal(openIdentifiers({ salt: Buffer.from('another'), migration: VECTOR_MIGRATION }).parseOrdered(id)?.isGenuine, false)
  assert.equal(openIdentifiers({ salt: VECTOR_SALT, migration: 'another' }).parseOrdered(id)?.isGenuine, false)
})

test('a UUID that is not of version 8 is not read as an ordered identifier', () => {
  for (const text of ['2d8f3a64-2c7f-4f6e-8a51-3d6a9c0b1e77', '00010060-0000-8000-c000-0000d5ebbcd4', 'x'])
    assert.equal(ids.parseOrdered(text), null)
})

test('hashed and part identifiers are those of an independent implementation', () => {
  fc.assert(
    fc.property(tenantNumber, entityNumber, fc.string({ unit: 'grapheme', maxLength: 400 }), (tenant, entity, text) => {
      const options = { salt: VECTOR_SALT, migration: VECTOR_MIGRATION }
      assert.equal(hashed(tenant, entity, text), referenceHashed(options, { tenant, entity, text, domain: 1 }))
      const out = Buffer.alloc(16)
      ids.part(tenant, entity)({ headKey: text, table: 'a.b', label: 'c,d' }, out, 0)
      assert.equal(uuidText(out, 0), referenceHashed(options, { tenant, entity, text: canonicalKey([text, 'a.b', 'c,d']), domain: 2 }))
    }),
  )
})

test('1 million hashed identifiers of neighbouring keys are all different', () => {
  const write = ids.hashed(1, 1)
  const out = Buffer.alloc(16)
  const seen = new Set<string>()
  for (let i = 0; i < 1_000_000; i++) {
    write(`k${i}`, out, 0)
    seen.add(out.toString('latin1', 3, 16))
  }
  assert.equal(seen.size, 1_000_000)
})

test('v5 identifiers are version 5 of the canonical key under version 5 of the entity name under the tenant', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.string(), fc.string({ unit: 'grapheme' }), (tenant, entity, text) => {
      const out = Buffer.alloc(16)
      ids.v5(tenant, entity)(text, out, 0)
      assert.equal(uuidText(out, 0), referenceV5(referenceV5(tenant, entity), text))
    }),
  )
})

test('version 5 gives the example of RFC 9562, and the namespace is version 5 of urn:rehouse', () => {
  assert.equal(referenceV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2')
  assert.equal(REHOUSE_NAMESPACE, referenceV5('6ba7b811-9dad-11d1-80b4-00c04fd430c8', 'urn:rehouse'))
  assert.equal(uuidText(tenantUuid('north'), 0), referenceV5(REHOUSE_NAMESPACE, 'north'))
})

test('the fingerprint tells salts apart by 16 hexadecimal digits', () => {
  assert.equal(
    fingerprint(VECTOR_SALT),
    createHash('sha256').update('rehouse salt fingerprint').update(VECTOR_SALT).digest('hex').slice(0, 16),
  )
  assert.notEqual(fingerprint(VECTOR_SALT), fingerprint(Buffer.from('another')))
})

test('a tenant number above 65535 or an entity number above 1023 is refused', () => {
  for (const [tenant, entity] of [
    [65536, 1],
    [-1, 1],
    [1, 1024],
    [1.5, 1],
  ] as const)
    for (const make of [ids.ordered, ids.hashed, ids.part]) assert.throws(() => make(tenant, entity), RehouseError)
})

test('every published vector is what an independent implementation computes', () => {
  const options = { salt: VECTOR_SALT, migration: VECTOR_MIGRATION }
  for (const vector of identifierVectors()) {
    const row = { tenant: vector.tenant, entity: vector.entity }
    const expected = {
      ordered: () => referenceOrdered(options, { ...row, key: BigInt(vector.key) }),
      hashed: () => referenceHashed(options, { ...row, text: vector.key, domain: 1 }),
      part: () => referenceHashed(options, { ...row, text: canonicalKey([vector.key, VECTOR_PART.table, VECTOR_PART.label]), domain: 2 }),
      v5: () => referenceV5(referenceV5(VECTOR_TENANT, VECTOR_ENTITY), vector.key),
    }[vector.kind]()
    assert.equal(vector.id, expected, `${vector.kind} ${vector.key}`)
  }
})

test('docs/identifiers.md is in step with the code', () => {
  assert.equal(readFileSync(new URL('../../../docs/identifiers.md', import.meta.url), 'utf8'), identifiersPage())
})
