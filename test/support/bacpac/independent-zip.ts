import { crc32, inflateRawSync } from 'node:zlib'

/** All entries by name, from the central directory. Data files sorted by name are in the order of part and number, as both have leading zeros. */
export function unzip(zip: Buffer): ReadonlyMap<string, Buffer> {
  const entries = new Map<string, Buffer>()
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  let count = zip.readUInt16LE(end + 10)
  let at = zip.readUInt32LE(end + 16)
  const bigEnd = zip.lastIndexOf(Buffer.from('PK\x06\x06', 'latin1'))
  if ((count === 0xffff || at === 0xffffffff) && bigEnd >= 0) {
    count = Number(zip.readBigUInt64LE(bigEnd + 32))
    at = Number(zip.readBigUInt64LE(bigEnd + 48))
  }
  for (let i = 0; i < count; i++) {
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map(offset => zip.readUInt16LE(at + offset)) as [number, number, number]
    const name = zip.toString('utf8', at + 46, at + 46 + nameSize)
    const extra = zip.subarray(at + 46 + nameSize, at + 46 + nameSize + extraSize)
    entries.set(name, unpack(zip, at, extra))
    at += 46 + nameSize + extraSize + commentSize
  }
  return entries
}

function unpack(zip: Buffer, at: number, extra: Buffer): Buffer {
  // The 64-bit values follow one another in this order, each only where the 32 bits are all ones.
  let used = 4
  const wide = (offset: number): number => {
    const small = zip.readUInt32LE(at + offset)
    if (small !== 0xffffffff) return small
    used += 8
    return Number(extra.readBigUInt64LE(used - 8))
  }
  wide(24)
  const packedSize = wide(20)
  const local = wide(42)
  const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const packed = zip.subarray(data, data + packedSize)
  const bytes = zip.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed)
  if (crc32(bytes) !== zip.readUInt32LE(at + 16)) throw new Error('the CRC of an entry is wrong')
  return bytes
}
