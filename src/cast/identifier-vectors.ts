import { canonicalKey } from '../base/key-text.ts'
import { UUID_BYTES, uuidText } from '../base/uuid-text.ts'
import { fingerprint, openIdentifiers, REHOUSE_NAMESPACE, tenantUuid } from './identifiers.ts'

/** Published test vectors for the identifiers, so that anyone can check another implementation against this one. */
export interface IdentifierVector {
  readonly kind: 'ordered' | 'hashed' | 'part' | 'v5'
  readonly tenant: number
  readonly entity: number
  /** Canonical key text. */
  readonly key: string
  readonly id: string
}

export const VECTOR_SALT = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex')
export const VECTOR_MIGRATION = 'vectors'
export const VECTOR_TENANT = '0b5f1c2e-6f0e-4c58-9d0a-0e4b5f1f7a11'
export const VECTOR_ENTITY = 'student'
export const VECTOR_PART = { table: 'public.contact', label: 'mother' }

const ORDERED_KEYS = [0n, 1n, -1n, 42n, 2147483647n, -2147483648n, 4294967296n, 2n ** 63n - 1n, -(2n ** 63n)]
const TEXT_KEYS = [
  ['ABC'],
  ['a,b'],
  ['a', 'b'],
  ['a', ''],
  ['O"Hara', 'x'],
  ['Zoë 😀'],
  ['1.5'],
  ['2024', '17', 'fall'],
  ['2d8f3a64-2c7f-4f6e-8a51-3d6a9c0b1e77'],
]
const NUMBERS = [
  { tenant: 1, entity: 1 },
  { tenant: 65535, entity: 1023 },
]

export function identifierVectors(): readonly IdentifierVector[] {
  const ids = openIdentifiers({ salt: VECTOR_SALT, migration: VECTOR_MIGRATION })
  const out = Buffer.alloc(UUID_BYTES)
  const vectors: IdentifierVector[] = []
  const keep = (kind: IdentifierVector['kind'], numbers: { tenant: number; entity: number }, key: string) =>
    vectors.push({ kind, ...numbers, key, id: uuidText(out, 0) })
  for (const numbers of NUMBERS)
    for (const key of ORDERED_KEYS) {
      ids.ordered(numbers.tenant, numbers.entity)(Number(BigInt.asIntN(32, key >> 32n)), Number(BigInt.asIntN(32, key)), out, 0)
      keep('ordered', numbers, String(key))
    }
  for (const numbers of NUMBERS)
    for (const parts of TEXT_KEYS) {
      ids.hashed(numbers.tenant, numbers.entity)(canonicalKey(parts), out, 0)
      keep('hashed', numbers, canonicalKey(parts))
    }
  for (const headKey of ['42', 'a,b']) {
    ids.part(1, 1)({ headKey, ...VECTOR_PART }, out, 0)
    keep('part', { tenant: 1, entity: 1 }, headKey)
  }
  for (const key of ['42', '-1', 'a,b']) {
    ids.v5(VECTOR_TENANT, VECTOR_ENTITY)(key, out, 0)
    keep('v5', { tenant: 0, entity: 0 }, key)
  }
  return vectors
}

/** docs/identifiers.md, whole. */
export function identifiersPage(): string {
  return `${INTRODUCTION}\n${vectorTables()}`
}

function vectorTables(): string {
  const vectors = identifierVectors()
  const numbered = (kind: IdentifierVector['kind']) =>
    table(
      ['tenant', 'entity', 'canonical key', 'identifier'],
      vectors.filter(v => v.kind === kind).map(v => [String(v.tenant), String(v.entity), v.key, v.id]),
    )
  const v5 = table(
    ['canonical key', 'identifier'],
    vectors.filter(v => v.kind === 'v5').map(v => [v.key, v.id]),
  )
  return `## Test vectors

Salt \`${VECTOR_SALT.toString('hex')}\` (hexadecimal), migration \`${VECTOR_MIGRATION}\`, fingerprint of the salt \`${fingerprint(VECTOR_SALT)}\`.

### ordered

${numbered('ordered')}
### hashed

${numbered('hashed')}
### part

Table \`${VECTOR_PART.table}\`, label \`${VECTOR_PART.label}\`; the canonical key is the head’s.

${numbered('part')}
### v5

Tenant \`${VECTOR_TENANT}\`, entity \`${VECTOR_ENTITY}\`.

${v5}
The UUID of a tenant with the code \`north\` that brings none: \`${uuidText(tenantUuid('north'), 0)}\`.
`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => `\`${cell}\``).join(' | ')} |\n`
  return `| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}\n${rows.map(line).join('')}`
}

const INTRODUCTION = `# Identifiers

Made by \`npm run docs\` from \`src/cast/identifier-vectors.ts\`; a test recomputes every line with another implementation.

A target row’s identifier is computed from its legacy key, so references need no look-up and a rerun gives the same rows.

| \`id:\` | for | collisions | who can compute it |
|---|---|---|---|
| \`ordered\` | integer keys of up to 64 bits (the default for them) | none: every bit of the key is in it | who has the salt |
| \`hashed\` | text, decimal, UUID and composite keys (the default for them), or by choice | 96 bits of hash per entity and tenant: one in 10^11 for a billion rows; a collision ends the run and names both keys | who has the salt |
| \`v5\` | when other programs must compute the same identifiers | as SHA-1 cut to 122 bits | anyone |
| \`keep\` | the source has a UUID | the source’s | – |
| \`lookup\` | an identity map has a UUID | the map’s | – |

## What can be read from them

- **From an \`ordered\` identifier everyone who sees it can read the tenant number, the entity number and the legacy key.** Nothing in it is encrypted. Identifiers compare in
  the order (tenant, entity, key), so they also tell which row is older. Where that must not be seen (a public link, for instance), choose \`hashed\`.
- From a \`hashed\` identifier everyone can read the tenant number and the entity number, not the key.
- **Who has the salt** can besides compute the identifier of any key they guess, so they can find a \`hashed\` identifier’s key by trying all keys, and can tell whether an
  \`ordered\` identifier is genuine. Without the salt an \`ordered\` identifier of a row one has not seen is guessed with one chance in 2^32.
- \`v5\` identifiers have no secret: whoever guesses a key can compute its identifier.
- Identifiers are names, not permissions: knowing one must never be what lets a program read a row.

## Layout

RFC 9562, version 8. Bit 0 is the first bit of the first byte.

| bits | \`ordered\` | \`hashed\` and part |
|---|---|---|
| 0–15 | tenant number (0 = shared rows) | the same |
| 16–25 | entity number | the same |
| 26–47 | key bits 63–42, bit 63 (the sign) flipped | hash bits 0–21 |
| 48–51 | \`1000\` (version 8) | \`1000\` |
| 52–63 | key bits 41–30 | hash bits 22–33 |
| 64–65 | \`10\` (variant) | \`10\` |
| 66–95 | key bits 29–0 | hash bits 34–63 |
| 96–127 | tag | hash bits 64–95 |

- **Numbers**: tenants and entities get theirs once, from the ledger; they never come from a line of a file and are never used again.
- **Keys**: \`ordered key\` = the first 16 bytes of HMAC-SHA256(salt, \`rehouse ordered 1 <migration>\`); \`hash key\` = the 32 bytes of HMAC-SHA256(salt, \`rehouse hashed 1 <migration>\`).
- **Tag**: Chaskey-12 (ISO/IEC 29192-6) under the ordered key of one block of four little-endian words: tenant × 2^16 + entity, high half of the key, low half of the key, 0
  (halves of the two’s complement, sign not flipped). The tag is the first word of the result, written big-endian.
- **Hash**: SHA-256(hash key ‖ one byte: 1 = row, 2 = part ‖ four bytes: tenant × 2^16 + entity × 2^6, big-endian ‖ canonical key in UTF-8). The first 96 bits are used, the other 160 never
  shown: that makes the plain keyed hash as good as HMAC here, at 1.0 µs instead of 2.6 µs.
- **Canonical key**: the parts as a CSV record: a part stands as it is unless it is empty or holds a comma, a quote or a line break; then it is quoted and its quotes are doubled. For a part
  row the record is (canonical key of the head, \`schema.table\`, label). A key part is written in the canonical form of its type under the source column’s own equality.
- **v5**: RFC 9562, 5.5. The namespace is version 5 of the entity’s name under the tenant’s UUID (the nil UUID for shared rows), the name is the canonical key. In SQL, with
  \`uuid-ossp\`: \`uuid_generate_v5(uuid_generate_v5(tenant_id, 'student'), '42')\`.
- **Tenants** without a UUID of their own get version 5 of their code in the namespace \`${REHOUSE_NAMESPACE}\` (version 5 of \`urn:rehouse\` in RFC 9562’s URL namespace).
- **Fingerprint** of the salt, kept in every ledger: the first 16 hexadecimal digits of SHA-256(\`rehouse salt fingerprint\` ‖ salt). It tells two salts apart and says nothing of either,
  as long as the salt is random: 32 random bytes.
`
