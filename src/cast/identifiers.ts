import { createHmac, hash } from 'node:crypto'
import { chaskeyKey, chaskeyTag } from '../base/chaskey.ts'
import { canonicalKey } from '../base/key-text.ts'
import { UUID_BYTES, uuidBytes } from '../base/uuid-text.ts'
import { bug } from '../errors.ts'

/**
 * Identifiers computed from legacy keys, without a look-up. All are 16 bytes of an RFC 9562 UUID. docs/identifiers.md has the layout and test vectors.
 *
 * Versions 8 leave 122 free bits. Read from the first byte on, with the six fixed bits left out, they are
 *
 * | kind | 16 bits | 10 bits | 96 bits |
 * |---|---|---|---|
 * | ordered | tenant number | entity number | 64 bits of key, its sign bit flipped, then 32 bits of tag |
 * | hashed, part | tenant number | entity number | the first 96 bits of a keyed hash |
 *
 * The fixed bits are the same in all of them, so bytes compare as (tenant, entity, key).
 */
export interface Identifiers {
  /** For integer keys of up to 64 bits; unique by construction. The tag makes them impossible to compute without the salt; tenant, entity and key stand in them in clear. */
  ordered(tenant: number, entity: number): OrderedWriter
  /** For any other key, by its canonical text (key-text.ts). 96 bits of a keyed hash: a collision is the caller's to notice. */
  hashed(tenant: number, entity: number): TextWriter
  /** For a row of a part table: the head's canonical key, the part's table (`schema.table`) and the label of its group ('' = none). */
  part(tenant: number, entity: number): PartWriter
  /** Version 5 (RFC 9562, 5.5): the name is the canonical key, the namespace is itself version 5 of the entity's name under the tenant's UUID. No salt: anyone can compute them. */
  v5(tenantId: string, entityName: string): TextWriter
  /** What an ordered identifier says; null for a UUID that is not of version 8. `isGenuine`: the tag is the one this salt gives. */
  parseOrdered(text: string): OrderedParts | null
  /** Reads what `ordered` of the same tenant and entity writes. */
  orderedKey(tenant: number, entity: number): OrderedReader
}

/** Writes the identifier of the key given as the high and low half of its two's complement. */
export type OrderedWriter = (hi: number, lo: number, out: Buffer, at: number) => void
/** The high and low half of the key of an identifier of 16 bytes go into `key`. False: it is not one this writes for any key. */
export type OrderedReader = (data: DataView, at: number, key: Int32Array) => boolean
export type TextWriter = (canonical: string, out: Buffer, at: number) => void
export type PartWriter = (
  part: { readonly headKey: string; readonly table: string; readonly label: string },
  out: Buffer,
  at: number,
) => void

export interface OrderedParts {
  readonly tenant: number
  readonly entity: number
  readonly key: bigint
  readonly isGenuine: boolean
}

/** The salt is a secret; the migration's name keeps two migrations with one salt apart. */
export function openIdentifiers(options: { readonly salt: Buffer; readonly migration: string }): Identifiers {
  const tag = chaskeyTag(chaskeyKey(derivedKey(options, 'rehouse ordered 1').subarray(0, 16)))
  const hashKey = derivedKey(options, 'rehouse hashed 1')
  return {
    ordered: (tenant, entity) => orderedWriter(tag, spaceOf(tenant, entity)),
    hashed: (tenant, entity) => hashedWriter(hashKey, { space: spaceOf(tenant, entity), domain: ROW }),
    part: (tenant, entity) => {
      const write = hashedWriter(hashKey, { space: spaceOf(tenant, entity), domain: PART })
      return (part, out, at) => write(canonicalKey([part.headKey, part.table, part.label]), out, at)
    },
    v5: (tenantId, entityName) => {
      const namespace = uuidV5(bytesOf(tenantId), entityName)
      return (canonical, out, at) => {
        uuidV5(namespace, canonical).copy(out, at)
      }
    },
    parseOrdered: text => parseOrdered(text, tag),
    orderedKey: (tenant, entity) => orderedReader(tag, spaceOf(tenant, entity)),
  }
}

/** The first 16 hexadecimal digits of SHA-256('rehouse salt fingerprint' ‖ salt): tells two salts apart, says nothing of either. */
export function fingerprint(salt: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from('rehouse salt fingerprint'), salt]), 'hex').slice(0, 16)
}

/** The namespace of what Rehouse names by itself: version 5 of `urn:rehouse` in RFC 9562’s URL namespace. */
export const REHOUSE_NAMESPACE = '6573dcce-6624-5ad0-ae0e-cfbf2595a2ad'

/** The UUID of a tenant that brings none: version 5 of its code in REHOUSE_NAMESPACE. */
export function tenantUuid(code: string): Buffer {
  return uuidV5(bytesOf(REHOUSE_NAMESPACE), code)
}

/** RFC 9562, 5.5: the first 16 bytes of SHA-1(namespace ‖ name), version 5. */
export function uuidV5(namespace: Buffer, name: string): Buffer {
  const id = hash('sha1', Buffer.concat([namespace, Buffer.from(name, 'utf8')]), 'buffer').subarray(0, UUID_BYTES)
  id[6] = ((id[6] as number) & 0x0f) | 0x50
  id[8] = ((id[8] as number) & 0x3f) | 0x80
  return id
}

const ROW = 1
const PART = 2

type Tag = ReturnType<typeof chaskeyTag>

/** Tenant and entity number as the first 26 bits of a word. */
function spaceOf(tenant: number, entity: number): number {
  if (!(Number.isInteger(tenant) && tenant >= 0 && tenant <= 0xffff)) throw bug(`expected a tenant number of 0..65535, got ${tenant}`)
  if (!(Number.isInteger(entity) && entity >= 0 && entity <= 0x3ff)) throw bug(`expected an entity number of 0..1023, got ${entity}`)
  return (tenant << 16) | (entity << 6)
}

function derivedKey(options: { readonly salt: Buffer; readonly migration: string }, purpose: string): Buffer {
  return createHmac('sha256', options.salt).update(`${purpose} ${options.migration}`, 'utf8').digest()
}

function orderedWriter(tag: Tag, space: number): OrderedWriter {
  const tenant = space >>> 16
  const entity = (space >>> 6) & 0x3ff
  return (hi, lo, out, at) => {
    const high = hi ^ SIGN
    writeWord(out, at, space | (high >>> 26))
    writeWord(out, at + 4, ((high << 6) & 0xffff0000) | 0x8000 | ((high & 0x3ff) << 2) | (lo >>> 30))
    writeWord(out, at + 8, 0x80000000 | (lo & 0x3fffffff))
    writeWord(out, at + 12, tag((tenant << 16) | entity, hi, lo, 0))
  }
}

const SIGN = 0x80000000 | 0
/** The bits of the first word that are tenant and entity. */
const SPACE = -64

function orderedReader(tag: Tag, space: number): OrderedReader {
  const numbers = ((space >>> 16) << 16) | ((space >>> 6) & 0x3ff)
  return (data, at, key) => {
    const w0 = data.getInt32(at)
    const w1 = data.getInt32(at + 4)
    const w2 = data.getInt32(at + 8)
    if ((w0 & SPACE) !== space || (w1 & 0xf000) !== 0x8000 || w2 >>> 30 !== 2) return false
    const { hi, lo } = keyIn(w0, w1, w2)
    key[0] = hi
    key[1] = lo
    return tag(numbers, hi, lo, 0) === data.getInt32(at + 12)
  }
}

function keyIn(w0: number, w1: number, w2: number): { readonly hi: number; readonly lo: number } {
  return { hi: ((w0 << 26) | ((w1 >>> 16) << 10) | ((w1 >>> 2) & 0x3ff)) ^ SIGN, lo: (w1 << 30) | (w2 & 0x3fffffff) }
}

function parseOrdered(text: string, tag: Tag): OrderedParts | null {
  const bytes = uuidBytes(text)
  if (bytes === null || (bytes.readUInt8(6) & 0xf0) !== 0x80 || (bytes.readUInt8(8) & 0xc0) !== 0x80) return null
  const [w0, w1, w2, w3] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4), bytes.readUInt32BE(8), bytes.readInt32BE(12)]
  const tenant = w0 >>> 16
  const entity = (w0 >>> 6) & 0x3ff
  const { hi, lo } = keyIn(w0, w1, w2)
  const key = (BigInt(hi) << 32n) | BigInt(lo >>> 0)
  return { tenant, entity, key, isGenuine: tag((tenant << 16) | entity, hi, lo, 0) === w3 }
}

/**
 * SHA-256(key of 32 bytes ‖ domain ‖ tenant and entity ‖ canonical text), of which 96 bits are used. A plain hash with the key in front can be
 * extended only by who sees all of its output; of 256 bits 160 are never shown, so it is as good as HMAC here and costs 1.0 µs instead of 2.6 µs
 * (two one-shot hashes) or 11 µs (createHmac).
 */
function hashedWriter(key: Buffer, options: { readonly space: number; readonly domain: number }): TextWriter {
  let message = Buffer.alloc(256)
  key.copy(message)
  message[HASH_KEY_BYTES] = options.domain
  message.writeInt32BE(options.space, HASH_KEY_BYTES + 1)
  return (canonical, out, at) => {
    const most = HASH_HEAD_BYTES + canonical.length * 3
    if (most > message.length) message = Buffer.concat([message.subarray(0, HASH_HEAD_BYTES), Buffer.alloc(most * 2)])
    const length = message.write(canonical, HASH_HEAD_BYTES, 'utf8')
    writeHashed(options.space, hash('sha256', message.subarray(0, HASH_HEAD_BYTES + length), 'buffer'), { buf: out, at })
  }
}

const HASH_KEY_BYTES = 32
const HASH_HEAD_BYTES = HASH_KEY_BYTES + 1 + 4

function writeHashed(space: number, digest: Buffer, out: { readonly buf: Buffer; readonly at: number }): void {
  const [w0, w1, w2] = [digest.readInt32BE(0), digest.readInt32BE(4), digest.readInt32BE(8)]
  writeWord(out.buf, out.at, space | (w0 >>> 26))
  writeWord(out.buf, out.at + 4, ((w0 << 6) & 0xffff0000) | 0x8000 | ((w0 & 0x3ff) << 2) | (w1 >>> 30))
  writeWord(out.buf, out.at + 8, 0x80000000 | (w1 & 0x3fffffff))
  writeWord(out.buf, out.at + 12, w2)
}

function writeWord(out: Buffer, at: number, word: number): void {
  out[at] = word >>> 24
  out[at + 1] = word >>> 16
  out[at + 2] = word >>> 8
  out[at + 3] = word
}

function bytesOf(uuid: string): Buffer {
  const bytes = uuidBytes(uuid)
  if (bytes === null) throw bug('expected a UUID with hyphens as namespace, got another text')
  return bytes
}
