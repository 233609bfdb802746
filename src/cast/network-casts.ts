import { DONE, LOSSY, REFUSED } from './cast.ts'
import { checked, copyField, lossless, PASS_THROUGH, type RuleMaker } from './cast-rule.ts'
import { hasBitsAfter } from './parse-network.ts'

/** inet and cidr: family, mask bits, is cidr, byte count, address. */
export const inetToInet: RuleMaker = ({ source, target }) => {
  if (source.name === target.name) return PASS_THROUGH
  if (target.name === 'inet') {
    return lossless(() => (data, start, length, out) => {
      copyField(data, start, length, out)
      out.buf[out.at - length + 2] = 0
      return DONE
    })
  }
  return checked('Address bits right of the mask are set to zero.', () => (data, start, length, out) => {
    const bits = data[start + 1] as number
    const isLost = hasBitsAfter(data.subarray(start + 4, start + length), bits)
    copyField(data, start, length, out)
    const at = out.at - length
    out.buf[at + 2] = 1
    for (let i = 4; isLost && i < length; i++) {
      const kept = Math.min(8, Math.max(0, bits - 8 * (i - 4)))
      out.buf[at + i] = (out.buf[at + i] as number) & ~(0xff >> kept)
    }
    return isLost ? LOSSY : DONE
  })
}

const MIDDLE = [0xff, 0xfe] as const

export const macToMac: RuleMaker = ({ source, target }) => {
  if (source.name === target.name) return PASS_THROUGH
  if (target.name === 'macaddr8') {
    return lossless(() => (data, start, _length, out) => {
      const bytes = Uint8Array.of(...data.subarray(start, start + 3), ...MIDDLE, ...data.subarray(start + 3, start + 6))
      out.field(bytes, 0, bytes.length)
      return DONE
    })
  }
  return checked('An address without ff:fe in its middle is refused.', () => (data, start, _length, out) => {
    if (data[start + 3] !== MIDDLE[0] || data[start + 4] !== MIDDLE[1]) return REFUSED
    const bytes = Uint8Array.of(...data.subarray(start, start + 3), ...data.subarray(start + 5, start + 8))
    out.field(bytes, 0, bytes.length)
    return DONE
  })
}
