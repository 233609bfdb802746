import type { SqlType } from '../model/sql-type.ts'
import { elementOf } from './sql-family.ts'

/** Arrays, composites and ranges as PostgreSQL prints them, from their binary form; the text of what they hold is the caller’s. */
export type FieldText = (data: Buffer, start: number, length: number) => string

export const RANGE_EMPTY = 0x01
export const RANGE_LOWER_INCLUSIVE = 0x02
export const RANGE_UPPER_INCLUSIVE = 0x04
export const RANGE_NO_LOWER = 0x08
export const RANGE_NO_UPPER = 0x10

const ARRAY_SPECIAL = /["\\{}, \t\n\r\v\f]/
const BOX_ARRAY_SPECIAL = /["\\{}; \t\n\r\v\f]/
const RECORD_SPECIAL = /["\\(), \t\n\r\v\f]/
const RANGE_SPECIAL = /["\\()[\], \t\n\r\v\f]/

export function containerText(type: SqlType, textOf: (type: SqlType) => FieldText): FieldText {
  switch (type.kind) {
    case 'array':
      return arrayText(elementOf(type), textOf(elementOf(type)))
    case 'composite':
      return recordText((type.fields ?? []).map(field => textOf(field.type)))
    case 'multirange':
      return multirangeText(rangeText(textOf(elementOf(type))))
    default:
      return rangeText(textOf(elementOf(type)))
  }
}

function arrayText(element: SqlType, textOf: FieldText): FieldText {
  const isBox = element.name === 'box' && element.schema === 'pg_catalog'
  const special = isBox ? BOX_ARRAY_SPECIAL : ARRAY_SPECIAL
  const quoted = (data: Buffer, start: number, length: number): string => {
    const text = textOf(data, start, length)
    const isPlain = text !== '' && !special.test(text) && text.toUpperCase() !== 'NULL'
    return isPlain ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`
  }
  return (data, start) => {
    const dimensions = data.readInt32BE(start)
    if (dimensions === 0) return '{}'
    const sizes: number[] = []
    let bounds = ''
    let isShown = false
    for (let i = 0, at = start + 12; i < dimensions; i++, at += 8) {
      const size = data.readInt32BE(at)
      const lower = data.readInt32BE(at + 4)
      sizes.push(size)
      bounds += `[${lower}:${lower + size - 1}]`
      isShown ||= lower !== 1
    }
    const items = elementTexts(
      data,
      start + 12 + 8 * dimensions,
      sizes.reduce((all, size) => all * size, 1),
      quoted,
    )
    return (isShown ? `${bounds}=` : '') + nest(items, sizes, isBox ? ';' : ',')
  }
}

/** `count` times int32 length (-1 = NULL) and bytes. */
function elementTexts(data: Buffer, start: number, count: number, textOf: FieldText): readonly string[] {
  const texts: string[] = []
  for (let i = 0, at = start; i < count; i++) {
    const length = data.readInt32BE(at)
    texts.push(length < 0 ? 'NULL' : textOf(data, at + 4, length))
    at += 4 + Math.max(0, length)
  }
  return texts
}

function nest(items: readonly string[], sizes: readonly number[], comma: string): string {
  let level = items
  for (const size of sizes.toReversed()) {
    const next: string[] = []
    for (let i = 0; i < level.length; i += size) next.push(`{${level.slice(i, i + size).join(comma)}}`)
    level = next
  }
  return level.join(comma)
}

function recordText(fields: readonly FieldText[]): FieldText {
  return (data, start) => {
    const texts: string[] = []
    let at = start + 4
    for (const textOf of fields) {
      const length = data.readInt32BE(at + 4)
      texts.push(length < 0 ? '' : doubled(textOf(data, at + 8, length), RECORD_SPECIAL))
      at += 8 + Math.max(0, length)
    }
    return `(${texts.join(',')})`
  }
}

function doubled(text: string, special: RegExp): string {
  return text !== '' && !special.test(text) ? text : `"${text.replaceAll(/["\\]/g, '$&$&')}"`
}

function rangeText(textOf: FieldText): FieldText {
  return (data, start) => {
    const flags = data[start] as number
    if (flags & RANGE_EMPTY) return 'empty'
    let at = start + 1
    const bound = (isAbsent: boolean): string => {
      if (isAbsent) return ''
      const length = data.readInt32BE(at)
      const text = doubled(textOf(data, at + 4, length), RANGE_SPECIAL)
      at += 4 + length
      return text
    }
    const lower = bound((flags & RANGE_NO_LOWER) !== 0)
    const upper = bound((flags & RANGE_NO_UPPER) !== 0)
    return `${flags & RANGE_LOWER_INCLUSIVE ? '[' : '('}${lower},${upper}${flags & RANGE_UPPER_INCLUSIVE ? ']' : ')'}`
  }
}

function multirangeText(textOf: FieldText): FieldText {
  return (data, start) => `{${elementTexts(data, start + 4, data.readInt32BE(start), textOf).join(',')}}`
}
