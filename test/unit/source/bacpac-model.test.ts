import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RehouseError } from '../../../src/errors.ts'
import type { Relation } from '../../../src/model/catalogue.ts'
import { readBracketName } from '../../../src/source/bacpac/bracket-name.ts'
import { tablesOf } from '../../../src/source/bacpac/catalogue-of.ts'
import { sqlServerCollation } from '../../../src/source/bacpac/collation.ts'
import { readModel } from '../../../src/source/bacpac/read-model.ts'

const entry = (inner: string): string => `<Entry>${inner}</Entry>`
const relation = (name: string, ...entries: readonly string[]): string =>
  `<Relationship Name="${name}">${entries.map(entry).join('')}</Relationship>`
const refs = (name: string): string => `<References Name="${name}" />`
const property = (name: string, value: string): string => `<Property Name="${name}" Value="${value}" />`
const script = (name: string, text: string): string => `<Property Name="${name}"><Value><![CDATA[${text}]]></Value></Property>`
const element = (type: string, name: string | null, ...inner: readonly string[]): string =>
  `<Element Type="${type}"${name === null ? '' : ` Name="${name}"`}>${inner.join('')}</Element>`
const typed = (type: string, ...properties: readonly string[]): string =>
  relation('TypeSpecifier', element('SqlTypeSpecifier', null, ...properties, relation('Type', refs(type))))
const simple = (name: string, type: string, ...more: readonly string[]): string => element('SqlSimpleColumn', name, ...more, typed(type))
const keyColumns = (...names: readonly string[]): string =>
  relation('ColumnSpecifications', ...names.map(name => element('SqlIndexedColumnSpecification', null, relation('Column', refs(name)))))

const T = '[dbo].[T]'
const column = (name: string, type: string, ...more: readonly string[]): string => simple(`${T}.[${name}]`, type, ...more)
const NOT_NULL = property('IsNullable', 'False')
const table = (...columns: readonly string[]): string =>
  element('SqlTable', T, relation('Columns', ...columns), relation('Schema', refs('[dbo]')))

async function* pieces(text: string, size = 7): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function model(...elements: readonly string[]) {
  const text = `\ufeff<?xml version="1.0" encoding="utf-8"?><DataSchemaModel><Header /><Model>${elements.join('\n')}</Model></DataSchemaModel>`
  return readModel(pieces(text), 'file.bacpac')
}

async function only(...elements: readonly string[]): Promise<Relation> {
  const [first] = tablesOf(await model(...elements)).values()
  assert.ok(first)
  return first.relation
}

test('names are taken out of their brackets, whatever stands in them', () => {
  assert.deepEqual(readBracketName('[dbo].[Order Details].[a.b]'), ['dbo', 'Order Details', 'a.b'])
  assert.deepEqual(readBracketName('[x]]y].[[]'), ['x]y', '['])
  for (const text of ['', 'dbo', '[dbo', '[dbo]x', '[dbo].', '[dbo]].[x']) assert.equal(readBracketName(text), null, text)
})

test('a table has its columns in order, with type, NULLs, identity, default and collation', async () => {
  const { columns, schema, name } = await only(
    element('SqlDatabaseOptions', null, property('Collation', 'Latin1_General_CI_AS')),
    element(
      'SqlDefaultConstraint',
      '[dbo].[D]',
      script('DefaultExpressionScript', "(N'x')"),
      relation('DefiningTable', refs(T)),
      relation('ForColumn', refs(`${T}.[b]`)),
    ),
    table(
      column('a', '[int]', NOT_NULL, property('IsIdentity', 'True')),
      element('SqlSimpleColumn', `${T}.[b]`, typed('[nvarchar]', property('Length', '50'))),
      column('c', '[varchar]', property('Collation', 'Latin1_General_BIN2')),
      element('SqlComputedColumn', `${T}.[d]`, script('ExpressionScript', '[a]*(2)'), property('IsPersisted', 'True')),
      column('e', '[xml]'),
      column('f', '[sys].[sysname]', NOT_NULL),
    ),
  )
  assert.deepEqual([schema, name], ['dbo', 'T'])
  assert.deepEqual(
    columns.map(({ name: own, type, isNullable, hasDefault, generated, collation }) => [
      own,
      type.text,
      isNullable,
      hasDefault,
      generated,
      collation?.name ?? null,
    ]),
    [
      ['a', 'integer', false, false, 'identity_by_default', null],
      ['b', 'character varying(50)', true, true, 'no', 'Latin1_General_CI_AS'],
      ['c', 'character varying(1)', true, false, 'no', 'Latin1_General_BIN2'],
      ['e', 'xml', true, false, 'no', null],
      ['f', 'character varying(128)', false, false, 'no', 'Latin1_General_CI_AS'],
    ],
  )
})

test('collations tell how keys compare', () => {
  const rule = (name: string): string => {
    const { isDeterministic, equality } = sqlServerCollation(name)
    return `${isDeterministic} ${equality}`
  }
  assert.equal(rule('SQL_Latin1_General_CP1_CI_AS'), 'false fold_trim')
  assert.equal(rule('Latin1_General_100_CI_AI_SC_UTF8'), 'false fold_trim')
  assert.equal(rule('Latin1_General_CS_AS'), 'false trim')
  assert.equal(rule('Latin1_General_BIN'), 'true trim')
  assert.equal(rule('Latin1_General_100_BIN2_UTF8'), 'true trim')
  // I is the capital of another letter there.
  assert.equal(rule('Turkish_CI_AS'), 'false trim')
})

test('keys are primary keys, unique constraints and unique indexes; those over a part of the rows or over computed columns say so', async () => {
  const keys = await only(
    table(
      column('a', '[int]', NOT_NULL),
      column('b', '[int]'),
      element('SqlComputedColumn', `${T}.[c]`, script('ExpressionScript', '[a]')),
    ),
    element(
      'SqlPrimaryKeyConstraint',
      null,
      keyColumns(`${T}.[a]`),
      relation('DefiningTable', refs(T)),
      '<Annotation Type="SqlInlineConstraintAnnotation" Name="[dbo].[PK__T__1]" Disambiguator="3"><Property Name="IsNullable" Value="False" /></Annotation>',
    ),
    element('SqlUniqueConstraint', '[dbo].[UQ]', keyColumns(`${T}.[a]`, `${T}.[b]`), relation('DefiningTable', refs(T))),
    element('SqlIndex', `${T}.[IX_unique]`, property('IsUnique', 'True'), keyColumns(`${T}.[b]`), relation('IndexedObject', refs(T))),
    element(
      'SqlIndex',
      `${T}.[IX_part]`,
      property('IsUnique', 'True'),
      script('FilterPredicate', '[b] IS NOT NULL'),
      keyColumns(`${T}.[b]`),
      relation('IndexedObject', refs(T)),
    ),
    element('SqlIndex', `${T}.[IX_computed]`, property('IsUnique', 'True'), keyColumns(`${T}.[c]`), relation('IndexedObject', refs(T))),
    element('SqlIndex', `${T}.[IX_plain]`, keyColumns(`${T}.[b]`), relation('IndexedObject', refs(T))),
  )
  assert.deepEqual(keys.primaryKey, ['a'])
  assert.deepEqual(
    keys.uniqueKeys.map(key => [key.name, key.columns, key.isPrimary, key.isPartialOrExpression, key.nullsNotDistinct]),
    [
      ['PK__T__1', ['a'], true, false, true],
      ['UQ', ['a', 'b'], false, false, true],
      ['IX_unique', ['b'], false, false, true],
      ['IX_part', ['b'], false, true, true],
      ['IX_computed', [], false, true, true],
    ],
  )
})

test('foreign keys say what they refer to, what follows a deletion, and whether anybody checked them', async () => {
  const foreign = (name: string, ...more: readonly string[]): string =>
    element(
      'SqlForeignKeyConstraint',
      `[dbo].[${name}]`,
      ...more,
      relation('Columns', refs(`${T}.[b]`)),
      relation('DefiningTable', refs(T)),
      relation('ForeignColumns', refs('[x].[P].[id]')),
      relation('ForeignTable', refs('[x].[P]')),
    )
  const { foreignKeys } = await only(
    table(column('b', '[int]')),
    element('SqlTable', '[x].[P]', relation('Columns', simple('[x].[P].[id]', '[int]'))),
    foreign('plain'),
    foreign('cascade', property('OnDeleteAction', '1')),
    foreign('null', property('OnDeleteAction', '2'), '<Annotation Type="IsNotTrustedPropertyAnnotation" />'),
    foreign('default', property('OnDeleteAction', '3'), '<Annotation Type="DisabledPropertyAnnotation" />'),
  )
  assert.deepEqual(
    foreignKeys.map(key => [key.name, key.onDelete, key.isValidated]),
    [
      ['plain', 'no action', true],
      ['cascade', 'cascade', true],
      ['null', 'set null', false],
      ['default', 'set default', false],
    ],
  )
  assert.deepEqual(
    [foreignKeys[0]?.columns, foreignKeys[0]?.referencedSchema, foreignKeys[0]?.referencedTable, foreignKeys[0]?.referencedColumns],
    [['b'], 'x', 'P', ['id']],
  )
})

test('checks, defaults, computed columns, comments and indexes are kept as the source wrote them', async () => {
  const { extras } = await model(
    table(column('a', '[int]'), element('SqlComputedColumn', `${T}.[c]`, script('ExpressionScript', '([a]+(1))'))),
    element('SqlDefaultConstraint', '[dbo].[D]', script('DefaultExpressionScript', '((0))'), relation('ForColumn', refs(`${T}.[a]`))),
    element('SqlCheckConstraint', '[dbo].[C]', script('CheckExpressionScript', '[a]>(0) AND [a]<(9)'), relation('DefiningTable', refs(T))),
    element(
      'SqlExtendedProperty',
      `[SqlColumn].${T}.[a].[MS_Description]`,
      script('Value', "N'It''s a number'"),
      relation('Host', refs(`${T}.[a]`)),
    ),
    element('SqlExtendedProperty', `[SqlTableBase].${T}.[MS_Description]`, script('Value', "N'A table'"), relation('Host', refs(T))),
    element('SqlExtendedProperty', `[SqlTableBase].${T}.[Owner]`, script('Value', "N'Somebody'"), relation('Host', refs(T))),
    element(
      'SqlIndex',
      `${T}.[IX]`,
      keyColumns(`${T}.[a]`),
      relation('IndexedObject', refs(T)),
      relation('IncludedColumns', refs(`${T}.[c]`)),
    ),
    element(
      'SqlIndex',
      `${T}.[IP]`,
      property('IsUnique', 'True'),
      script('FilterPredicate', '[a]>(0)'),
      keyColumns(`${T}.[a]`),
      relation('IndexedObject', refs(T)),
    ),
    element('SqlIndex', '[dbo].[V].[IV]', keyColumns('[dbo].[V].[a]'), relation('IndexedObject', refs('[dbo].[V]'))),
  )
  const place = { schema: 'dbo', table: 'T' }
  assert.deepEqual(extras, {
    dialect: 'sqlserver',
    defaults: [{ ...place, column: 'a', expression: '((0))' }],
    computed: [{ ...place, column: 'c', expression: '([a]+(1))' }],
    checks: [{ ...place, name: 'C', expression: '[a]>(0) AND [a]<(9)' }],
    comments: [
      { ...place, column: 'a', text: 'It’s a number'.replace('’', "'") },
      { ...place, column: null, text: 'A table' },
    ],
    indexes: [
      { ...place, name: 'IX', columns: ['a'], isUnique: false, filter: null },
      { ...place, name: 'IP', columns: ['a'], isUnique: true, filter: '[a]>(0)' },
    ],
    objects: [{ kind: 'extended property', schema: 'dbo', name: 'dbo T Owner' }],
  })
})

test('what is left behind is listed by its kind, and what stands inside it is not taken for a table’s', async () => {
  const { extras, tables } = await model(
    element('SqlView', '[dbo].[V]', relation('Columns', element('SqlSimpleColumn', '[dbo].[V].[a]'))),
    element('SqlProcedure', '[dbo].[P]', script('BodyScript', '<Element Type="SqlTable" Name="[dbo].[No]" />')),
    element('SqlScalarFunction', '[dbo].[F]'),
    element('SqlInlineTableValuedFunction', '[dbo].[G]'),
    element('SqlDmlTrigger', `${T}.[Tr]`),
    element('SqlSequence', '[dbo].[S]'),
    element('SqlSynonym', '[dbo].[Y]'),
    element('SqlTableType', '[dbo].[TT]', relation('Columns', element('SqlTable', '[dbo].[Inside]'))),
    element('SqlExternalTable', '[dbo].[E]'),
    element('SqlPermissionStatement', '[Grant.Select.Object].[clerk].[dbo].[T]'),
    element('SqlPermissionStatement', '[Grant.AlterAnyColumnMasterKey.Database].[public].[dbo]'),
    element('SqlFullTextIndex', '[dbo].[T]'),
    element('SqlExtendedProperty', '[SqlSchema].[x].[MS_Description]', relation('Host', refs('[x]'))),
    element('SqlSchema', '[x]'),
    element('SqlTable', T, relation('Columns', column('a', '[int]')), relation('TemporalSystemVersioningHistoryTable', refs('[dbo].[TH]'))),
  )
  assert.deepEqual(
    tables.map(one => one.table),
    ['T'],
  )
  assert.deepEqual(
    extras.objects.map(({ kind, schema, name }) => `${kind} ${schema}.${name}`),
    [
      'view dbo.V',
      'procedure dbo.P',
      'function dbo.F',
      'function dbo.G',
      'trigger dbo.Tr',
      'sequence dbo.S',
      'synonym dbo.Y',
      'table type dbo.TT',
      'external table dbo.E',
      'permission .Grant.Select.Object clerk dbo T',
      'full text index dbo.T',
      'extended property x.x MS_Description',
      'system versioning dbo.T',
    ],
  )
})

test('a column of a type that is not read leaves its table’s rows unread, and nothing else', async () => {
  const of = async (type: string, ...more: readonly string[]) => {
    const [found] = tablesOf(await model(table(column('a', '[int]'), column('b', type, ...more)))).values()
    return [found?.forms, found?.refusal, found?.relation.columns[1]?.type.text]
  }
  assert.deepEqual(await of('[json]'), [null, 'a column b of a type not read here', 'sqlserver.json'])
  assert.deepEqual((await of('[dbo].[Unknown]'))[0], null)
  assert.deepEqual((await of('[int]', relation('ColumnEncryptionKey', refs('[CEK]'))))[0], null)
  const node = await model(element('SqlTable', T, property('IsNode', 'True'), relation('Columns', column('a', '[int]'))))
  assert.deepEqual([...tablesOf(node).values()][0]?.refusal, 'a graph table')
})

test('what is no model is SOURCE_INVALID', async () => {
  const refused = async (text: string): Promise<void> => {
    await assert.rejects(readModel(pieces(text), 'file.bacpac'), error => {
      assert.ok(error instanceof RehouseError)
      assert.equal(error.code, 'SOURCE_INVALID')
      assert.equal(error.where.file, 'file.bacpac')
      return true
    })
  }
  for (const text of ['', '<a>', '<a></b>', '<DataSchemaModel />', '<!DOCTYPE x [<!ENTITY a "b">]><Model>&a;</Model>', '\u0000'])
    await refused(text)
  await assert.rejects(readModel(pieces('<Model><Element Type="SqlTable" Name="T" /></Model>'), 'f'), /expected a table’s name/)
})
