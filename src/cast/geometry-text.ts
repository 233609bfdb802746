import { float8Text } from './float-text.ts'

/** Geometric values as PostgreSQL prints them, from their binary form. */
export function geometryText(name: string, data: Buffer, start: number): string {
  const number = (index: number): string => float8Text(data.readDoubleBE(start + 8 * index))
  const point = (index: number): string => `(${number(index)},${number(index + 1)})`
  switch (name) {
    case 'point':
      return point(0)
    case 'lseg':
      return `[${point(0)},${point(2)}]`
    case 'box':
      return `${point(0)},${point(2)}`
    case 'line':
      return `{${number(0)},${number(1)},${number(2)}}`
    case 'circle':
      return `<${point(0)},${number(2)}>`
    case 'polygon':
      return `(${points(data, start)})`
    default:
      return data[start] === 1 ? `(${points(data, start + 1)})` : `[${points(data, start + 1)}]`
  }
}

/** A count and so many points. */
function points(data: Buffer, start: number): string {
  const texts: string[] = []
  for (let i = 0, at = start + 4; i < data.readInt32BE(start); i++, at += 16) {
    texts.push(`(${float8Text(data.readDoubleBE(at))},${float8Text(data.readDoubleBE(at + 8))})`)
  }
  return texts.join(',')
}
