import { builtinType, packNumericModifier } from '../../cast/builtin-types.ts'
import type { SqlType } from '../../model/sql-type.ts'
import { readBracketName } from './bracket-name.ts'
import type { ModelColumn, ModelType } from './model-facts.ts'

/** How a value lies in the data file, behind its length. */
export type WireKind =
  | 'bit'
  | 'tinyint'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'float4'
  | 'float8'
  | 'decimal'
  | 'money'
  | 'smallmoney'
  | 'date'
  | 'time'
  | 'datetime'
  | 'smalldatetime'
  | 'datetime2'
  | 'datetimeoffset'
  | 'uuid'
  | 'text'
  | 'bytes'
  | 'variant'

/** How a column lies in the data file and what it is delivered as. */
export interface ColumnForm {
  readonly type: SqlType
  readonly kind: WireKind
  /** Bytes of the length before the value; 0 = none, the value is always there and has `most` bytes. */
  readonly prefix: 0 | 1 | 2 | 4 | 8
  readonly isNullable: boolean
  /** Bytes a value may have; with `isExact` it has always as many. */
  readonly most: number
  readonly isExact: boolean
  /** Of decimals and times: digits after the point as declared. */
  readonly scale: number
  /** Some versions of the export write a length before it, some do not: which, its bytes must tell. */
  readonly mayHaveLength?: true
}

const LOB = 0x7fff_ffff
/** Collations whose characters take several bytes in a char(n): it holds fewer than n of them. */
const MANY_BYTES = /_UTF8$|^(Japanese|Chinese|Korean)_/i
const DECIMAL_BYTES = 19
const SYSNAME_LENGTH = 128
const DEFAULT_PRECISION = 18
/** SQL Server’s types of time hold 100 ns; PostgreSQL’s 1 µs. */
export const TICK_DIGITS = 7
const HAS_TEXT = new Set(['char', 'varchar', 'text', 'nchar', 'nvarchar', 'ntext', 'sysname'])
const CLR = new Set(['hierarchyid', 'geometry', 'geography'])

/** The built-in type under a column’s, through user-defined types. Null: none the model explains. */
export function baseType(
  type: ModelType,
  types: ReadonlyMap<string, ModelType>,
): { readonly name: string; readonly type: ModelType } | null {
  let at = type
  for (let depth = 0; depth < 8; depth++) {
    const parts = readBracketName(at.name)
    const defined = types.get(at.name)
    if (defined === undefined) {
      const isBuiltIn = parts !== null && (parts.length === 1 || (parts.length === 2 && parts[0] === 'sys'))
      return isBuiltIn ? { name: (parts.at(-1) ?? '').toLowerCase(), type: at } : null
    }
    at = defined
  }
  return null
}

/** Whether values of the type are texts, compared by a collation. */
export function isText(name: string): boolean {
  return HAS_TEXT.has(name)
}

/** `collation`: the column’s, or its database’s. Null: a type whose bytes are not known here. */
export function columnForm(column: ModelColumn, types: ReadonlyMap<string, ModelType>, collation: string): ColumnForm | null {
  const base = column.type === null || column.isEncrypted ? null : baseType(column.type, types)
  if (base === null) return null
  const { isNullable } = column
  const { name, type } = base
  const form = fixedForm(name, isNullable) ?? scaledForm(name, type, isNullable) ?? lengthForm(name, type, isNullable)
  return form?.kind === 'text' && form.prefix === 0 && MANY_BYTES.test(collation) ? { ...form, mayHaveLength: true } : form
}

type Fixed = readonly [kind: WireKind, bytes: number, type: SqlType]

const FIXED: Readonly<Record<string, Fixed>> = {
  tinyint: ['tinyint', 1, builtinType('int2')],
  smallint: ['int2', 2, builtinType('int2')],
  int: ['int4', 4, builtinType('int4')],
  bigint: ['int8', 8, builtinType('int8')],
  real: ['float4', 4, builtinType('float4')],
  money: ['money', 8, builtinType('numeric', packNumericModifier(19, 4))],
  smallmoney: ['smallmoney', 4, builtinType('numeric', packNumericModifier(10, 4))],
  date: ['date', 3, builtinType('date')],
  // 1/300 s, printed in milliseconds: each of them has its own.
  datetime: ['datetime', 8, builtinType('timestamp', 3)],
  smalldatetime: ['smalldatetime', 4, builtinType('timestamp', 0)],
}

/** Types of one width. Without NULLs they have no length before them, but for bit, uniqueidentifier and rowversion. */
function fixedForm(name: string, isNullable: boolean): ColumnForm | null {
  if (name === 'bit') return exact(['bit', 1, builtinType('bool')], 1, isNullable)
  if (name === 'uniqueidentifier') return exact(['uuid', 16, builtinType('uuid')], 1, isNullable)
  if (name === 'rowversion' || name === 'timestamp') return exact(['bytes', 8, builtinType('bytea')], 2, isNullable)
  // A type may have any name, that of a property of every object too.
  const fixed = Object.hasOwn(FIXED, name) ? FIXED[name] : undefined
  return fixed === undefined ? null : exact(fixed, isNullable ? 1 : 0, isNullable)
}

function exact([kind, most, type]: Fixed, prefix: 0 | 1 | 2, isNullable: boolean): ColumnForm {
  return { type, kind, prefix, isNullable, most, isExact: true, scale: 0 }
}

const ANY_BYTES = { isExact: false, scale: 0 } as const

/** Types with a precision or scale. Times always come with 7 digits, whatever they were declared with. */
function scaledForm(name: string, { precision, scale }: ModelType, isNullable: boolean): ColumnForm | null {
  const prefix = isNullable ? 1 : 0
  if (name === 'float') {
    const isSingle = precision !== null && precision <= 24
    return exact(isSingle ? ['float4', 4, builtinType('float4')] : ['float8', 8, builtinType('float8')], prefix, isNullable)
  }
  const digits = scale ?? 0
  if (name === 'decimal' || name === 'numeric') {
    const type = builtinType('numeric', packNumericModifier(precision ?? DEFAULT_PRECISION, digits))
    return { ...exact(['decimal', DECIMAL_BYTES, type], 1, isNullable), scale: digits }
  }
  const isWhole = digits < TICK_DIGITS
  if (name === 'time')
    return { ...exact(['time', 5, isWhole ? builtinType('time', digits) : ownType('time', digits)], prefix, isNullable), scale: digits }
  if (name === 'datetime2')
    return {
      ...exact(['datetime2', 8, isWhole ? builtinType('timestamp', digits) : ownType('datetime2', digits)], prefix, isNullable),
      scale: digits,
    }
  return name === 'datetimeoffset'
    ? { ...exact(['datetimeoffset', 10, ownType('datetimeoffset', digits)], prefix, isNullable), scale: digits }
    : null
}

/** A type PostgreSQL does not have in full (docs/design/008). */
export function ownType(name: string, scale: number): SqlType {
  return {
    kind: 'base',
    schema: 'sqlserver',
    name,
    modifier: scale,
    text: scale < 0 ? `sqlserver.${name}` : `sqlserver.${name}(${scale})`,
    oid: 0,
  }
}

/** Texts and bytes; texts lie in UTF-16 whatever their type. */
function lengthForm(name: string, type: ModelType, isNullable: boolean): ColumnForm | null {
  const length = type.length ?? 1
  switch (name) {
    case 'char':
      // The only text without a length before it, where it cannot be NULL.
      return text(builtinType('bpchar', length + 4), isNullable ? 2 : 0, { isNullable, most: length * 2 })
    case 'nchar':
      return text(builtinType('bpchar', length + 4), 2, { isNullable, most: length * 2 })
    case 'sysname':
      return text(builtinType('varchar', SYSNAME_LENGTH + 4), 2, { isNullable, most: SYSNAME_LENGTH * 2 })
    case 'varchar':
    case 'nvarchar':
      return type.isMax
        ? text(builtinType('text'), 8, { isNullable, most: LOB })
        : text(builtinType('varchar', length + 4), 2, { isNullable, most: length * 2 })
    case 'text':
    case 'ntext':
      return text(builtinType('text'), 4, { isNullable, most: LOB })
    case 'xml':
      return text(builtinType('xml'), 8, { isNullable, most: LOB })
    case 'binary':
      return bytes(2, { isNullable, most: length })
    case 'varbinary':
      return type.isMax ? bytes(8, { isNullable, most: LOB }) : bytes(2, { isNullable, most: length })
    case 'image':
      return bytes(4, { isNullable, most: LOB })
    case 'sql_variant':
      return { type: builtinType('text'), kind: 'variant', prefix: 4, isNullable, most: VARIANT_BYTES, ...ANY_BYTES }
    default:
      return CLR.has(name) ? bytes(8, { isNullable, most: LOB }) : null
  }
}

/** 8000 bytes of value, its base type and what that needs. */
const VARIANT_BYTES = 8016

interface Width {
  readonly isNullable: boolean
  readonly most: number
}

function text(type: SqlType, prefix: 0 | 2 | 4 | 8, width: Width): ColumnForm {
  return { type, kind: 'text', prefix, ...width, isExact: prefix === 0, scale: 0 }
}

function bytes(prefix: 2 | 4 | 8, width: Width): ColumnForm {
  return { type: builtinType('bytea'), kind: 'bytes', prefix, ...width, ...ANY_BYTES }
}
