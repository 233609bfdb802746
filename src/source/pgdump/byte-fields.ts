import { countCharacters } from '../../cast/text-form.ts'
import type { TextField } from './field-reader.ts'

/** Values that are bytes of their own text, or bytes in hex. */

const HEX = new Int8Array(256).fill(-1)
for (let i = 0; i < 16; i++) {
  HEX['0123456789abcdef'.charCodeAt(i)] = i
  HEX['0123456789ABCDEF'.charCodeAt(i)] = i
}
const DASH = 45

export const copyText: TextField = (data, start, end, out) => out.field(data, start, end - start)

/** Text up to a number of characters; longer is left to `slow`, which knows about blanks at the end. */
export function limitedText(limit: number, slow: TextField): TextField {
  return (data, start, end, out) => {
    if (end - start <= limit || countCharacters(data, start, end) <= limit) return out.field(data, start, end - start)
    return slow(data, start, end, out)
  }
}

export function boolField(slow: TextField): TextField {
  return (data, start, end, out) => {
    const letter = data[start]
    if (end - start !== 1 || (letter !== 0x74 && letter !== 0x66)) return slow(data, start, end, out)
    out.ensure(5)
    out.view.setInt32(out.at, 1)
    out.buf[out.at + 4] = letter === 0x74 ? 1 : 0
    out.at += 5
    return true
  }
}

/** 36 characters with dashes where every server prints them. */
export function uuidField(slow: TextField): TextField {
  return (data, start, end, out) => {
    const isUsual =
      end - start === 36 && data[start + 8] === DASH && data[start + 13] === DASH && data[start + 18] === DASH && data[start + 23] === DASH
    if (!isUsual) return slow(data, start, end, out)
    out.ensure(20)
    const { buf } = out
    let to = out.at + 4
    let bad = 0
    for (let at = start; at < end; at += 2) {
      if (data[at] === DASH) at++
      const high = HEX[data[at] as number] as number
      const low = HEX[data[at + 1] as number] as number
      bad |= high | low
      buf[to++] = (high << 4) | low
    }
    if (bad < 0) return false
    out.view.setInt32(out.at, 16)
    out.at += 20
    return true
  }
}

/** `\x` and hex without blanks. */
export function byteaField(slow: TextField): TextField {
  return (data, start, end, out) => {
    if (data[start] !== 0x5c || data[start + 1] !== 0x78 || ((end - start) & 1) !== 0) return slow(data, start, end, out)
    const bytes = (end - start - 2) >> 1
    out.ensure(4 + bytes)
    const { buf } = out
    let to = out.at + 4
    let bad = 0
    for (let at = start + 2; at < end; at += 2) {
      const high = HEX[data[at] as number] as number
      const low = HEX[data[at + 1] as number] as number
      bad |= high | low
      buf[to++] = (high << 4) | low
    }
    if (bad < 0) return slow(data, start, end, out)
    out.view.setInt32(out.at, bytes)
    out.at += 4 + bytes
    return true
  }
}
