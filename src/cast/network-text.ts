/** Network addresses as PostgreSQL prints them. */

const HEADER = 4
const IPV4_BYTES = 4

/** inet or cidr from their binary form (family, mask bits, is cidr, byte count, address). `always`: the mask is shown also when it is full (cidr, and inet cast to text). */
export function inetText(data: Buffer, start: number, mask: 'unless full' | 'always'): string {
  const bits = data[start + 1] as number
  const count = data[start + 3] as number
  const address = count === IPV4_BYTES ? ipv4(data, start + HEADER) : ipv6(data, start + HEADER)
  return mask === 'always' || bits !== count * 8 ? `${address}/${bits}` : address
}

function ipv4(data: Buffer, at: number): string {
  return `${data[at]}.${data[at + 1]}.${data[at + 2]}.${data[at + 3]}`
}

function ipv6(data: Buffer, at: number): string {
  const words = Array.from({ length: 8 }, (_, i) => data.readUInt16BE(at + 2 * i))
  const zeros = longestZeros(words)
  let text = ''
  for (let i = 0; i < 8; i++) {
    if (zeros.length > 0 && i >= zeros.start && i < zeros.start + zeros.length) {
      if (i === zeros.start) text += ':'
      continue
    }
    if (i > 0) text += ':'
    if (i === 6 && holdsIpv4(words, zeros)) return text + ipv4(data, at + 12)
    text += (words[i] as number).toString(16)
  }
  return zeros.length > 0 && zeros.start + zeros.length === 8 ? `${text}:` : text
}

interface Run {
  readonly start: number
  readonly length: number
}

/** The first longest run of at least two zero words. */
function longestZeros(words: readonly number[]): Run {
  let best: Run = { start: -1, length: 0 }
  for (let start = 0; start < 8; start++) {
    let end = start
    while (end < 8 && words[end] === 0) end++
    if (end - start >= 2 && end - start > best.length) best = { start, length: end - start }
  }
  return best
}

function holdsIpv4(words: readonly number[], zeros: Run): boolean {
  return zeros.start === 0 && (zeros.length === 6 || (zeros.length === 7 && words[7] !== 1) || (zeros.length === 5 && words[5] === 0xffff))
}

/** macaddr and macaddr8. */
export function macText(data: Buffer, start: number, length: number): string {
  return data.toString('hex', start, start + length).replaceAll(/(..)(?!$)/g, '$1:')
}
