import fc from 'fast-check'
import { arrayOf, builtinType, packNumericModifier } from '../../src/cast/builtin-types.ts'
import type { DraftSource } from '../../src/draft/draft.ts'
import type { Column, Relation } from '../../src/model/catalogue.ts'
import type { SqlType } from '../../src/model/sql-type.ts'

/** Catalogues nobody would want to migrate: any names, few of them so that they collide, any types, keys and references. */
const ODD = [
  'id',
  'ID',
  'tenant_id',
  'legacy_id',
  'order',
  'User',
  'a.b',
  'a*',
  '*',
  '"',
  "'",
  'x y',
  ' x',
  '/',
  ':',
  '#',
  '{',
  '[',
  ',',
  '-',
  '?',
  '%',
  '\\',
  '$do$',
  'null',
  'true',
  'yes',
  '~',
  '1',
  'ß',
  '表',
  '🙂',
  '\t',
  'PasswordHash',
  'é',
  'é',
  'view/x',
  '<<',
  '&a',
  '!b',
  '@',
  '`',
]
const LONG = 'very_long_name_'.repeat(5)

const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ODD, LONG, `${LONG}2`) },
  { weight: 2, arbitrary: fc.constantFrom('customer', 'customer_id', 'Customer', 'sale', 'item', 'name', 'price') },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter(text => !text.includes('\0') && text.isWellFormed() && !/\p{Cc}/u.test(text)),
  },
)

const own = (kind: SqlType['kind'], rest: Partial<SqlType>): SqlType => ({
  kind,
  schema: 'public',
  name: 'own',
  modifier: -1,
  text: 'own',
  oid: 60_000,
  ...rest,
})
const MOOD = own('enum', { name: 'mood', text: 'mood', labels: ["it's", 'b'] })

const TYPES: readonly SqlType[] = [
  ...[
    'int2',
    'int4',
    'int8',
    'text',
    'bool',
    'date',
    'timestamp',
    'timestamptz',
    'uuid',
    'jsonb',
    'bytea',
    'float8',
    'xml',
    'money',
    'oid',
    'interval',
    'inet',
    'regclass',
    'point',
  ].map(one => builtinType(one)),
  builtinType('varchar', 14),
  builtinType('bpchar', 9),
  builtinType('numeric', packNumericModifier(10, 2)),
  builtinType('numeric', packNumericModifier(6, 4)),
  arrayOf(builtinType('text')),
  MOOD,
  arrayOf(MOOD),
  own('base', { name: 'thing', text: 'thing' }),
  own('domain', { name: 'dom', text: 'dom', element: builtinType('int4') }),
  own('base', { schema: 'sqlserver', name: 'datetime2', text: 'datetime2(7)', oid: 0 }),
  own('base', { schema: 'sqlserver', name: 'datetimeoffset', text: 'datetimeoffset(7)', oid: 0 }),
  own('composite', { name: 'pair', text: 'pair', fields: [{ name: 'a', type: builtinType('int4') }] }),
]

const column: fc.Arbitrary<Column> = fc.record({
  name,
  type: fc.constantFrom(...TYPES),
  isNullable: fc.boolean(),
  hasDefault: fc.constant(false),
  generated: fc.constantFrom('no' as const, 'no' as const, 'no' as const, 'stored' as const, 'identity_always' as const),
  collation: fc.constant(null),
})

interface Picks {
  readonly key: readonly number[]
  readonly unique: readonly number[]
  readonly references: readonly { readonly column: number; readonly table: number }[]
}

const table = fc.record({
  schema: fc.constantFrom('dbo', 'public', 'Sales', 'sales', 'order', 'pg_x'),
  name,
  columns: fc.uniqueArray(column, { minLength: 0, maxLength: 8, selector: one => one.name }),
  picks: fc.record({
    key: fc.uniqueArray(fc.nat(3), { maxLength: 2 }),
    unique: fc.uniqueArray(fc.nat(7), { maxLength: 2 }),
    references: fc.array(fc.record({ column: fc.nat(7), table: fc.nat(9) }), { maxLength: 3 }),
  }),
})

type RandomTable = { readonly schema: string; readonly name: string; readonly columns: readonly Column[]; readonly picks: Picks }

export const catalogueSource: fc.Arbitrary<Omit<DraftSource, 'code'>> = fc
  .uniqueArray(table, { minLength: 1, maxLength: 8, selector: one => `${one.schema}\u0000${one.name}` })
  .map(tables => ({ catalogue: { engine: 'memory', version: 0, database: 'random', relations: relationsOf(tables) }, extras: null }))

export const draftSources: fc.Arbitrary<readonly DraftSource[]> = fc
  .array(catalogueSource, { minLength: 1, maxLength: 3 })
  .map(sources => sources.map((source, i) => ({ ...source, code: `t${i}` })))

function relationsOf(tables: readonly RandomTable[]): readonly Relation[] {
  const keys = tables.map(({ columns, picks }) => namesAt(columns, picks.key))
  return tables.map(({ schema, name: own, columns, picks }, i): Relation => {
    const key = keys[i] ?? []
    const unique = namesAt(columns, picks.unique)
    const made = (names: readonly string[], isPrimary: boolean) =>
      names.length === 0
        ? []
        : [{ name: 'k', columns: names, isPrimary, isDeferrable: false, nullsNotDistinct: !isPrimary, isPartialOrExpression: false }]
    return {
      schema,
      name: own,
      kind: 'table',
      columns: columns.map(one => (key.includes(one.name) ? { ...one, isNullable: false } : one)),
      primaryKey: key.length === 0 ? null : key,
      uniqueKeys: [...made(key, true), ...made(unique, false)],
      foreignKeys: picks.references.flatMap(pick => {
        const parent = tables[pick.table % tables.length]
        const parentKey = keys[pick.table % tables.length] ?? []
        const from = columns[pick.column % Math.max(1, columns.length)]
        if (parent === undefined || from === undefined || parentKey.length !== 1) return []
        return [
          {
            name: 'f',
            columns: [from.name],
            referencedSchema: parent.schema,
            referencedTable: parent.name,
            referencedColumns: parentKey,
            isDeferrable: false,
            isValidated: true,
            onDelete: 'set null' as const,
            setNullColumns: null,
          },
        ]
      }),
      estimatedRows: null,
    }
  })
}

function namesAt(columns: readonly Column[], picks: readonly number[]): readonly string[] {
  return [...new Set(picks.flatMap(pick => columns[pick]?.name ?? []))]
}
