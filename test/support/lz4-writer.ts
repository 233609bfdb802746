/** An LZ4 frame that finds repetitions the simplest way: linked blocks of 64 KB, no checksums but the head’s, as pg_dump writes them. */
export function lz4Frame(bytes: Buffer): Buffer {
  // Version 1, linked blocks; 64 KB. The checksum of these two bytes.
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0])
  const blocks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 65_536) {
    const end = Math.min(bytes.length, at + 65_536)
    const block = packBlock(bytes, at, end)
    const length = Buffer.alloc(4)
    const isStored = block.length >= end - at
    length.writeUInt32LE(((isStored ? 0x8000_0000 : 0) | (isStored ? end - at : block.length)) >>> 0)
    blocks.push(length, isStored ? bytes.subarray(at, end) : block)
  }
  return Buffer.concat([head, ...blocks, Buffer.alloc(4)])
}

/** The last five bytes are literals, and no copy begins in the last twelve. */
function packBlock(bytes: Buffer, start: number, end: number): Buffer {
  const seen = new Map<number, number>()
  const out: number[] = []
  let literal = start
  for (let at = start; at < end - 12; ) {
    const word = bytes.readUInt32LE(at)
    const before = seen.get(word)
    seen.set(word, at)
    if (before === undefined || at - before > 65_535) {
      at++
      continue
    }
    let length = 4
    while (at + length < end - 5 && bytes[before + length] === bytes[at + length]) length++
    sequence(out, bytes.subarray(literal, at), { offset: at - before, length })
    at += length
    literal = at
  }
  sequence(out, bytes.subarray(literal, end), null)
  return Buffer.from(out)
}

function sequence(out: number[], literals: Buffer, copy: { readonly offset: number; readonly length: number } | null): void {
  const rest = copy === null ? 0 : copy.length - 4
  out.push((Math.min(15, literals.length) << 4) | Math.min(15, rest))
  if (literals.length >= 15) more(out, literals.length - 15)
  out.push(...literals)
  if (copy === null) return
  out.push(copy.offset & 0xff, copy.offset >> 8)
  if (rest >= 15) more(out, rest - 15)
}

function more(out: number[], length: number): void {
  for (let left = length; ; left -= 255) {
    out.push(Math.min(255, left))
    if (left < 255) return
  }
}
