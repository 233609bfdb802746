import { RehouseError } from '../errors.ts'
import type { SqlType } from '../model/sql-type.ts'
import { arrayOf, findBuiltin, packNumericModifier, typeText } from './builtin-types.ts'

/** SQL spellings of built-in types besides their internal names. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['boolean', 'bool'],
  ['smallint', 'int2'],
  ['int', 'int4'],
  ['integer', 'int4'],
  ['bigint', 'int8'],
  ['real', 'float4'],
  ['float', 'float8'],
  ['double precision', 'float8'],
  ['decimal', 'numeric'],
  ['dec', 'numeric'],
  ['character varying', 'varchar'],
  ['char varying', 'varchar'],
  ['char', 'bpchar'],
  ['character', 'bpchar'],
  ['"char"', 'char'],
  ['bit varying', 'varbit'],
  ['time without time zone', 'time'],
  ['time with time zone', 'timetz'],
  ['timestamp without time zone', 'timestamp'],
  ['timestamp with time zone', 'timestamptz'],
])

const FORM =
  /^("char"|[a-z_][a-z0-9_ ]*?)\s*(?:\(\s*(-?\d+)\s*(?:,\s*(-?\d+)\s*)?\))?\s*( with time zone| without time zone)?\s*((?:\[\s*\d*\s*\]\s*)*)$/
const INTERVAL_FULL_RANGE = 0x7fff << 16
const MAX_CHARACTERS = 10_485_760
const MAX_BITS = 83_886_080

/** The built-in type a person wrote: `date`, `numeric(10,2)`, `varchar(40)`, `timestamp(0) with time zone`, `int[]`. Throws MAPPING_TYPE when there is no such type. */
export function parseTypeName(text: string): SqlType {
  const type = findTypeName(text)
  if (type) return type
  throw new RehouseError('MAPPING_TYPE', `expected the name of a built-in type, got ${JSON.stringify(text)}`, {
    next: 'Write a PostgreSQL type such as `date`, `numeric(10,2)` or `varchar(40)`.',
  })
}

function findTypeName(text: string): SqlType | null {
  const match = FORM.exec(text.trim().toLowerCase().replaceAll(/\s+/g, ' '))
  if (!match) return null
  const [, word = '', first, second, zone = '', brackets = ''] = match
  const spelled = `${word}${zone}`
  const name = SPELLINGS.get(spelled) ?? spelled
  const modifier = packModifier(name, { word, first, second })
  if (modifier === null) return null
  const element = findBuiltin(name, modifier)
  if (!element) return null
  return brackets === '' || element.kind === 'array' ? element : arrayOf({ ...element, text: typeText(name, modifier) })
}

interface Written {
  readonly word: string
  readonly first: string | undefined
  readonly second: string | undefined
}

/** null = what was written in parentheses does not fit the type. */
function packModifier(name: string, written: Written): number | null {
  const { first, second } = written
  if (name === 'numeric') return first === undefined ? -1 : numericPacked(Number(first), Number(second ?? 0))
  if (second !== undefined) return null
  // `char` and `bit` without a length mean a length of 1.
  if (name === 'bpchar' && written.word !== 'bpchar') return within(Number(first ?? 1), MAX_CHARACTERS, 4)
  if (name === 'bit') return within(Number(first ?? 1), MAX_BITS, 0)
  if (first === undefined) return -1
  if (name === 'varchar' || name === 'bpchar') return within(Number(first), MAX_CHARACTERS, 4)
  if (name === 'varbit') return within(Number(first), MAX_BITS, 0)
  const isPrecision = Number(first) >= 0 && Number(first) <= 6
  if (name === 'interval') return isPrecision ? INTERVAL_FULL_RANGE | Number(first) : null
  return name.startsWith('time') && isPrecision ? Number(first) : null
}

function numericPacked(precision: number, scale: number): number | null {
  if (precision < 1 || precision > 1000 || scale < -1000 || scale > 1000) return null
  return packNumericModifier(precision, scale)
}

function within(length: number, most: number, add: number): number | null {
  return length >= 1 && length <= most ? length + add : null
}
