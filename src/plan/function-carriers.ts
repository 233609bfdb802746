import { fieldDecoder } from '../cast/field-codec.ts'
import { jsonScalar } from '../cast/jsonb-text.ts'
import { valueText } from '../cast/value-text.ts'
import { baseType, kindOf } from '../expression/scalar-kind.ts'
import type { JsonLiteral } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'
import { type GivenShape, JSON_NUMBER, type Primitive } from './function-realm.ts'

/** How a value goes into a function. */
export interface Carrier {
  /** `document`: carried as JSON text, whose numbers keep their digits. */
  readonly shape: Extract<GivenShape, string>
  /** What TypeScript calls it. */
  readonly typescript: string
  carry(data: Buffer, start: number, length: number): Primitive
}

/** Lossless: no number for 64 bits or decimals, no date for a time. */
export function carrierOf(type: SqlType): Carrier {
  const decode = fieldDecoder(type)
  const text = valueText(type)
  switch (kindOf(type)) {
    case 'bool':
      return { shape: 'plain', typescript: 'boolean', carry: (data, start, length) => decode(data, start, length) === true }
    case 'int2':
    case 'int4':
    case 'float4':
    case 'float8':
      return { shape: 'number', typescript: 'number', carry: (data, start, length) => Number(decode(data, start, length)) }
    case 'int8':
      return { shape: 'bigint', typescript: 'bigint', carry: (data, start, length) => BigInt(String(decode(data, start, length))) }
    case 'numeric':
      return { shape: 'plain', typescript: 'Decimal', carry: text }
    case 'uuid':
      return { shape: 'plain', typescript: 'Uuid', carry: text }
    case 'timestamptz':
      return { shape: 'plain', typescript: 'Instant', carry: (data, start, length) => isoTime(text(data, start, length), 'Z') }
    case 'timestamp':
      return { shape: 'plain', typescript: 'LocalTime', carry: (data, start, length) => isoTime(text(data, start, length), '') }
    case 'json':
    case 'jsonb':
      return { shape: 'document', typescript: 'Json', carry: (data, start, length) => String(decode(data, start, length)) }
    default: {
      if (baseType(type).kind !== 'array') return { shape: 'plain', typescript: 'string', carry: text }
      const json = jsonScalar(type)
      const element = baseType(type).element
      const isText = element !== undefined && ['text', 'varchar', 'bpchar', 'uuid', 'enum'].includes(kindOf(element))
      const typescript = isText ? 'readonly (string | null)[]' : 'Json'
      return { shape: 'document', typescript, carry: (data, start, length) => json(decode(data, start, length)) }
    }
  }
}

/** What TypeScript calls a value that may be NULL, or never is. */
export function typeWithNull({ typescript }: Pick<Carrier, 'typescript'>, isNullable: boolean): string {
  return isNullable && typescript !== 'Json' ? `${typescript} | null` : typescript
}

/** `2020-01-31 13:45:00.5+00` → `2020-01-31T13:45:00.500000Z`: the order of the texts is the order of the times. */
function isoTime(text: string, zone: string): string {
  const match = /^(\d+-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[+-][\d:]+)?( BC)?$/.exec(text)
  if (!match) return text
  const [, date = '', time = '', fraction = '', era = ''] = match
  return `${date}T${time}.${fraction.padEnd(6, '0')}${zone}${era}`
}

/** What a function answered as a constant; undefined: it cannot be one. */
export function literalOf(value: unknown, depth = 0): JsonLiteral | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'bigint') return { digits: value.toString() }
  if (typeof value === 'number') return Number.isFinite(value) ? { digits: plainDigits(value) } : undefined
  if (typeof value !== 'object' || depth > DEEPEST) return undefined
  if (Array.isArray(value)) return allOf(value.map(item => literalOf(item, depth + 1)))
  if (JSON_NUMBER in value) return 'text' in value && typeof value.text === 'string' ? { digits: value.text } : undefined
  const entries = Object.entries(value)
  const members = entries.map(([key, inner]) => [key, literalOf(inner, depth + 1)] as const)
  const known = members.flatMap(([key, inner]) => (inner === undefined ? [] : [[key, inner] as const]))
  return known.length < members.length ? undefined : { object: known }
}

const DEEPEST = 100

function plainDigits(value: number): string {
  return Object.is(value, -0) ? '0' : String(value)
}

function allOf(items: readonly (JsonLiteral | undefined)[]): readonly JsonLiteral[] | undefined {
  const known = items.flatMap(item => (item === undefined ? [] : [item]))
  return known.length < items.length ? undefined : known
}
