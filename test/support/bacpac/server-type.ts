/** Types in SQL Server's words, as a person writes them in CREATE TABLE. */
export const TYPE_NAMES = [
  'bigint',
  'int',
  'smallint',
  'tinyint',
  'bit',
  'decimal',
  'numeric',
  'money',
  'smallmoney',
  'float',
  'real',
  'date',
  'time',
  'smalldatetime',
  'datetime',
  'datetime2',
  'datetimeoffset',
  'char',
  'varchar',
  'text',
  'nchar',
  'nvarchar',
  'ntext',
  'sysname',
  'binary',
  'varbinary',
  'image',
  'rowversion',
  'uniqueidentifier',
  'xml',
  'sql_variant',
  'hierarchyid',
  'geography',
  'geometry',
] as const
export type TypeName = (typeof TYPE_NAMES)[number]

export interface ServerType {
  readonly name: TypeName
  /** Characters of (n)char and (n)varchar, bytes of (var)binary; null where the type has none. */
  readonly length: number | 'max' | null
  readonly precision: number | null
  readonly scale: number | null
}

const WITH_LENGTH: readonly TypeName[] = ['char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary']
const WITH_SCALE: readonly TypeName[] = ['time', 'datetime2', 'datetimeoffset']
const SHAPE = /^([a-z_0-9]+)\s*(?:\(\s*(max|\d+)\s*(?:,\s*(\d+)\s*)?\))?$/i

/** `nvarchar(50)`, `decimal(9,4)`, `datetime2(3)`, `varbinary(max)`, `int`. What is left out is as SQL Server fills it in. Throws on anything else. */
export function parseServerType(text: string): ServerType {
  const [, word = '', first, second] = SHAPE.exec(text.trim()) ?? []
  const name = TYPE_NAMES.find(known => known === word.toLowerCase())
  if (name === undefined) throw new TypeError(`expected a type of SQL Server, got ${text}`)
  const plain = { name, length: null, precision: null, scale: null }
  const number = first === undefined ? null : Number(first)
  if (WITH_LENGTH.includes(name)) return { ...plain, length: first === 'max' ? 'max' : (number ?? 1) }
  if (WITH_SCALE.includes(name)) return { ...plain, scale: number ?? 7 }
  if (name === 'decimal' || name === 'numeric') return { ...plain, precision: number ?? 18, scale: Number(second ?? 0) }
  if (name !== 'float') return plain
  return (number ?? 53) <= 24 ? { ...plain, name: 'real' } : { ...plain, precision: 53 }
}

/** Bytes before a field that say its length. All ones are NULL, but for sql_variant, where none is. */
export function prefixBytes(type: ServerType, isNullable: boolean): 0 | 1 | 2 | 4 | 8 {
  if (type.length === 'max') return 8
  switch (type.name) {
    case 'bit':
    case 'decimal':
    case 'numeric':
    case 'uniqueidentifier':
      return 1
    case 'char':
      return isNullable ? 2 : 0
    case 'nchar':
    case 'varchar':
    case 'nvarchar':
    case 'sysname':
    case 'binary':
    case 'varbinary':
    case 'rowversion':
      return 2
    case 'text':
    case 'ntext':
    case 'image':
    case 'sql_variant':
      return 4
    case 'xml':
    case 'hierarchyid':
    case 'geography':
    case 'geometry':
      return 8
    default:
      return isNullable ? 1 : 0
  }
}
