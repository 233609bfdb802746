import type { TupleWriter } from '../../base/tuple-writer.ts'

/** From here on the engine’s own conversion is faster than a loop. */
const LONG_UNITS = 48

/**
 * Writes UTF-16 (little-endian, `length` bytes, even) as a field of UTF-8. Nothing is replaced: half a surrogate pair is written as the three bytes it would have, which no
 * PostgreSQL takes, so that its row is refused there and not altered here.
 */
export function writeUtf16(data: Buffer, start: number, length: number, out: TupleWriter): void {
  const units = length >> 1
  if (units >= LONG_UNITS) {
    const text = data.toString('utf16le', start, start + length)
    if (text.isWellFormed()) {
      out.text(text)
      return
    }
  }
  out.ensure(4 + units * 3)
  const { buf } = out
  const field = out.at
  let to = field + 4
  const end = start + length
  let at = start
  for (; at < end; at += 2) {
    const low = data[at] as number
    if (low >= 0x80 || data[at + 1] !== 0) break
    buf[to++] = low
  }
  if (at < end) to = writeRest(data, at, end, buf, to)
  out.view.setInt32(field, to - field - 4)
  out.at = to
}

function writeRest(data: Buffer, from: number, end: number, buf: Buffer, start: number): number {
  let to = start
  for (let at = from; at < end; at += 2) {
    let unit = (data[at] as number) | ((data[at + 1] as number) << 8)
    if (unit < 0x80) {
      buf[to++] = unit
      continue
    }
    if (unit < 0x800) {
      buf[to++] = 0xc0 | (unit >> 6)
      buf[to++] = 0x80 | (unit & 0x3f)
      continue
    }
    const low = (unit & 0xfc00) === 0xd800 && at + 2 < end ? (data[at + 2] as number) | ((data[at + 3] as number) << 8) : 0
    if ((low & 0xfc00) === 0xdc00) {
      unit = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff)
      at += 2
      buf[to++] = 0xf0 | (unit >> 18)
      buf[to++] = 0x80 | ((unit >> 12) & 0x3f)
    } else buf[to++] = 0xe0 | (unit >> 12)
    buf[to++] = 0x80 | ((unit >> 6) & 0x3f)
    buf[to++] = 0x80 | (unit & 0x3f)
  }
  return to
}
