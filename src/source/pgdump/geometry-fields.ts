import type { TextField } from './field-reader.ts'

/** Geometric values as PostgreSQL prints them, as float8 one after the other. */

const NUMBER = String.raw`([-+.\deE]+|NaN|-?Infinity)`
const POINT = String.raw`\(${NUMBER},${NUMBER}\)`
const FORMS: Readonly<Record<string, RegExp>> = {
  point: new RegExp(`^${POINT}$`),
  lseg: new RegExp(String.raw`^\[${POINT},${POINT}\]$`),
  box: new RegExp(`^${POINT},${POINT}$`),
  line: new RegExp(`^\\{${NUMBER},${NUMBER},${NUMBER}\\}$`),
  circle: new RegExp(`^<${POINT},${NUMBER}>$`),
  polygon: new RegExp(String.raw`^\(${POINT}(?:,${POINT})*\)$`),
  path: new RegExp(String.raw`^(?:\(${POINT}(?:,${POINT})*\)|\[${POINT}(?:,${POINT})*\])$`),
}

export function geometryField(name: string): TextField {
  const form = FORMS[name] ?? /$^/
  return (data, start, end, out) => {
    const text = data.toString('latin1', start, end)
    const numbers = form.test(text) ? text.split(/[^-+.\w]+/).filter(part => part !== '') : null
    if (numbers === null || numbers.some(part => !isFloat(part))) return false
    const head = headOf(name, text, numbers.length / 2)
    const bytes = Buffer.alloc(head.length + 8 * numbers.length)
    head.copy(bytes)
    for (const [i, part] of numbers.entries()) bytes.writeDoubleBE(Number(part), head.length + 8 * i)
    return out.field(bytes, 0, bytes.length)
  }
}

function isFloat(text: string): boolean {
  return /^(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|NaN|-?Infinity)$/.test(text)
}

function headOf(name: string, text: string, points: number): Buffer {
  if (name !== 'polygon' && name !== 'path') return Buffer.alloc(0)
  const isPath = name === 'path'
  const head = Buffer.alloc(isPath ? 5 : 4)
  if (isPath) head[0] = text.startsWith('(') ? 1 : 0
  head.writeInt32BE(points, head.length - 4)
  return head
}
