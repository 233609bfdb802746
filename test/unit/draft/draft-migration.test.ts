import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import type { Draft, DraftColumn, DraftSource, DraftTable } from '../../../src/draft/draft.ts'
import { draftMigration } from '../../../src/draft/draft-migration.ts'
import { targetSql } from '../../../src/draft/target-sql.ts'
import type { Column, ForeignKey, Relation } from '../../../src/model/catalogue.ts'
import type { CatalogueExtras } from '../../../src/model/catalogue-extras.ts'
import type { SqlType } from '../../../src/model/sql-type.ts'

const ticks = (name: string): SqlType => ({ kind: 'base', schema: 'sqlserver', name, modifier: -1, text: `${name}(7)`, oid: 0 })
const column = (name: string, type: SqlType, isNullable = true): Column => ({
  name,
  type,
  isNullable,
  hasDefault: false,
  generated: 'no',
  collation: null,
})
const key = (name: string): Column => column(name, builtinType('int4'), false)
const reference = (columns: readonly string[], table: string, to: readonly string[], rest: Partial<ForeignKey> = {}): ForeignKey => ({
  name: 'fk',
  columns,
  referencedSchema: 'dbo',
  referencedTable: table,
  referencedColumns: to,
  isDeferrable: false,
  isValidated: true,
  onDelete: 'no action',
  setNullColumns: null,
  ...rest,
})

interface TableWish {
  readonly columns: readonly Column[]
  readonly key?: readonly string[] | null
  readonly unique?: readonly (readonly string[])[]
  readonly references?: readonly ForeignKey[]
}

function table(name: string, wish: TableWish): Relation {
  const primaryKey = wish.key === undefined ? [wish.columns[0]?.name ?? ''] : wish.key
  const made = (columns: readonly string[], isPrimary: boolean) => ({
    name: `k_${columns.join('_')}`,
    columns,
    isPrimary,
    isDeferrable: false,
    nullsNotDistinct: true,
    isPartialOrExpression: false,
  })
  return {
    schema: 'dbo',
    name,
    kind: 'table',
    columns: wish.columns,
    primaryKey,
    uniqueKeys: [...(primaryKey === null ? [] : [made(primaryKey, true)]), ...(wish.unique ?? []).map(columns => made(columns, false))],
    foreignKeys: wish.references ?? [],
    estimatedRows: null,
  }
}

const NOTHING: CatalogueExtras = { dialect: 'sqlserver', defaults: [], computed: [], checks: [], comments: [], indexes: [], objects: [] }

function source(code: string, relations: readonly Relation[], extras: Partial<CatalogueExtras> = {}): DraftSource {
  return { code, catalogue: { engine: 'bacpac', version: 0, database: code, relations }, extras: { ...NOTHING, ...extras } }
}

function tableOf(draft: Draft, entity: string): DraftTable {
  return draft.tables.find(one => one.entity === entity) ?? assert.fail(`no entity ${entity}`)
}

function columnOf(draft: Draft, entity: string, name: string): DraftColumn {
  const { columns } = tableOf(draft, entity)
  return columns.find(one => one.name === name) ?? assert.fail(`no column ${name} among ${columns.map(one => one.name).join(', ')}`)
}

const codes = ({ findings }: Draft): readonly string[] =>
  findings.map(({ code, where }) => `${code} ${where.table} ${where.column ?? ''}`.trim())

test('types of SQL Server that PostgreSQL has not in full lose digits by declaration, and that is said', () => {
  const draft = draftMigration([
    source('a', [
      table('T', {
        columns: [key('Id'), column('At', ticks('datetime2')), column('Since', ticks('datetimeoffset')), column('Clock', ticks('time'))],
      }),
    ]),
  ])
  assert.deepEqual(
    ['at', 'since', 'clock']
      .map(name => columnOf(draft, 't', name))
      .map(({ typeSql, value }) => [typeSql, value.kind === 'column' && value.losesDigits]),
    [
      ['timestamp(6)', true],
      ['timestamptz(6)', true],
      ['time(6)', true],
    ],
  )
  assert.deepEqual(
    codes(draft).filter(code => code.startsWith('INIT_TYPE')),
    ['INIT_TYPE dbo.T At', 'INIT_TYPE dbo.T Since', 'INIT_TYPE dbo.T Clock'],
  )
})

test('a key over digits that may be lost is no unique key of the target', () => {
  const draft = draftMigration([source('a', [table('T', { columns: [column('At', ticks('datetime2'), false)] })])])
  assert.deepEqual(tableOf(draft, 't').uniqueKeys, [])
})

test('a reference of one column takes its place; of several columns it stands beside them', () => {
  const draft = draftMigration([
    source('a', [
      table('Parent', { columns: [key('Id')] }),
      table('Pair', { columns: [key('A'), key('B')], key: ['A', 'B'] }),
      table('Child', {
        columns: [
          key('Id'),
          column('ParentID', builtinType('int4'), false),
          column('B', builtinType('int4')),
          column('A', builtinType('int4')),
        ],
        references: [reference(['ParentID'], 'Parent', ['Id'], { onDelete: 'cascade' }), reference(['B', 'A'], 'Pair', ['B', 'A'])],
      }),
    ]),
  ])
  assert.deepEqual(
    tableOf(draft, 'child').columns.map(({ name, typeSql, isNullable }) => [name, typeSql, isNullable]),
    [
      ['legacy_id', 'integer', true],
      ['parent_id', 'uuid', false],
      ['b', 'integer', true],
      ['a', 'integer', true],
      ['pair_id', 'uuid', true],
    ],
  )
  assert.deepEqual(columnOf(draft, 'child', 'pair_id').value, {
    kind: 'reference',
    entity: 'pair',
    // In the order of the parent's key.
    sources: ['A', 'B'],
    onDelete: 'no action',
    isCircular: false,
  })
  assert.match(targetSql(draft), /foreign key \(tenant_id, parent_id\) references public\.parent \(tenant_id, id\) on delete cascade/)
})

test('what cannot be a reference keeps its plain value, and that is said', () => {
  const draft = draftMigration([
    source('a', [
      table('Parent', { columns: [key('Id'), column('Code', builtinType('text'), false)], unique: [['Code']] }),
      table('Loose', { columns: [column('X', builtinType('int4'))], key: null }),
      table('ApiKeys', { columns: [key('Id')] }),
      table('Child', {
        columns: [
          key('Id'),
          column('Code', builtinType('text')),
          column('X', builtinType('int4')),
          column('K', builtinType('int4')),
          column('Gone', builtinType('int4')),
        ],
        references: [
          reference(['Code'], 'Parent', ['Code']),
          reference(['X'], 'Loose', ['X']),
          reference(['K'], 'ApiKeys', ['Id']),
          reference(['Gone'], 'Gone', ['Id']),
        ],
      }),
    ]),
  ])
  assert.deepEqual(
    tableOf(draft, 'child').columns.map(({ name, value }) => [name, value.kind]),
    [
      ['legacy_id', 'column'],
      ['code', 'column'],
      ['x', 'column'],
      ['k', 'column'],
      ['gone', 'column'],
    ],
  )
  assert.equal(codes(draft).filter(code => code.startsWith('INIT_REFERENCE ')).length, 4)
})

test('of several types the target takes one that holds them all, else text', () => {
  const pairs: readonly (readonly [SqlType, SqlType, string])[] = [
    [builtinType('int4'), builtinType('int8'), 'bigint'],
    [builtinType('varchar', 54), builtinType('varchar', 104), 'varchar(100)'],
    [builtinType('varchar', 54), builtinType('text'), 'text'],
    [builtinType('int4'), builtinType('varchar', 14), 'text'],
    [builtinType('int4'), builtinType('numeric', ((6 << 16) | 2) + 4), 'numeric(12,2)'],
    [builtinType('date'), builtinType('timestamp'), 'timestamp'],
    [builtinType('bool'), builtinType('int4'), 'text'],
    [builtinType('uuid'), builtinType('text'), 'text'],
    [ticks('datetime2'), builtinType('timestamp', 3), 'timestamp(6)'],
    [builtinType('float4'), builtinType('float8'), 'double precision'],
  ]
  for (const [a, b, expected] of pairs) {
    const one = (code: string, type: SqlType): DraftSource => source(code, [table('T', { columns: [key('Id'), column('V', type)] })])
    for (const sources of [
      [one('a', a), one('b', b)],
      [one('a', b), one('b', a)],
    ])
      assert.equal(columnOf(draftMigration(sources), 't', 'v').typeSql, expected, `${a.text} and ${b.text}`)
  }
})

test('a key whose type differs between sources is hashed, so that identifiers are of one kind', () => {
  const one = (code: string, type: SqlType): DraftSource => source(code, [table('T', { columns: [column('No', type, false)] })])
  assert.equal(tableOf(draftMigration([one('a', builtinType('int4')), one('b', builtinType('int8'))]), 't').isHashed, false)
  assert.equal(tableOf(draftMigration([one('a', builtinType('int4')), one('b', builtinType('text'))]), 't').isHashed, true)
})

test('the key most sources have is taken where all have its columns; otherwise content tells rows apart', () => {
  const plain = table('T', { columns: [key('Id'), key('No')], key: ['Id'] })
  const other = table('T', { columns: [key('Id'), key('No')], key: ['No'] })
  const bare = table('T', { columns: [key('No')], key: null })
  assert.deepEqual(tableOf(draftMigration([source('a', [plain]), source('b', [plain]), source('c', [other])]), 't').key, {
    kind: 'columns',
    names: ['Id'],
    isOwn: false,
  })
  const lacking = draftMigration([source('a', [plain]), source('b', [bare])])
  assert.deepEqual(tableOf(lacking, 't').key, { kind: 'content' })
  assert.ok(codes(lacking).includes('INIT_DRIFT_KEY dbo.T'))
})

test('names are brought together whatever their case, unless one source has two that differ in it alone', () => {
  const upper = table('CUSTOMER', { columns: [key('ID'), column('NAME', builtinType('text'))] })
  const lower = table('customer', { columns: [key('id'), column('name', builtinType('text'))] })
  const draft = draftMigration([source('a', [upper]), source('b', [lower])])
  assert.equal(draft.tables.length, 1)
  assert.deepEqual(tableOf(draft, 'customer').mayLack, [])
  assert.equal(draftMigration([source('a', [upper, lower])]).tables.length, 2)
})

test('a default or check that not every source has in the same words is not carried', () => {
  const t = table('T', { columns: [key('Id'), column('N', builtinType('int4'))] })
  const place = { schema: 'dbo', table: 'T' }
  const withDefault = (expression: string): Partial<CatalogueExtras> => ({
    defaults: [{ ...place, column: 'N', expression }],
    checks: [{ ...place, name: 'c', expression: '([N]>(0))' }],
  })
  const same = draftMigration([source('a', [t], withDefault('((1))')), source('b', [t], withDefault('((1))'))])
  assert.equal(columnOf(same, 't', 'n').fallback, '1')
  assert.deepEqual(tableOf(same, 't').checks, ['n > 0'])
  const other = draftMigration([source('a', [t], withDefault('((1))')), source('b', [t], { ...withDefault('((2))'), checks: [] })])
  assert.equal(columnOf(other, 't', 'n').fallback, null)
  assert.deepEqual(tableOf(other, 't').checks, [])
  assert.deepEqual([...codes(other)].sort(), ['INIT_CHECK dbo.T', 'INIT_DEFAULT public.t N'])
})

test('a secret that is the key is neither carried nor made the key', () => {
  const draft = draftMigration([
    source('a', [
      table('Session', { columns: [column('access_token', builtinType('text'), false), key('UserNo')], key: ['access_token'] }),
    ]),
  ])
  assert.deepEqual(tableOf(draft, 'session').key, { kind: 'content' })
  assert.deepEqual(
    draft.excludedColumns.map(({ label }) => label),
    ['dbo.Session.access_token'],
  )
})
