import type {
  ColumnDescription,
  DatabaseDescription,
  ForeignKeyDescription,
  KeyDescription,
  TableDescription,
} from './database-description.ts'
import { parseServerType, type ServerType } from './server-type.ts'
import { cdata, type XmlElement, xml, xmlLines } from './xml-text.ts'

const NAMESPACE = 'http://schemas.microsoft.com/sqlserver/dac/Serialization/2012/02'
/** The byte order mark real files begin with. */
export const BOM = '\ufeff'

/** model.xml as SQL Server's export writes it, in pieces. */
export function* modelXml(database: DatabaseDescription): Generator<Buffer> {
  const root = `FileFormatVersion="1.2" SchemaVersion="2.9" DspName="Microsoft.Data.Tools.Schema.Sql.Sql150DatabaseSchemaProvider" CollationLcid="1033" CollationCaseSensitive="False"`
  yield Buffer.from(`${BOM}<?xml version="1.0" encoding="utf-8"?>\r\n<DataSchemaModel ${root} xmlns="${NAMESPACE}">\r\n\t<Model>\r\n`)
  for (const element of elements(database)) yield Buffer.from([...xmlLines(element, 2)].join(''))
  for (const element of database.otherElements ?? []) yield Buffer.from(`\t\t${element}\r\n`)
  yield Buffer.from('\t</Model>\r\n</DataSchemaModel>')
}

/** How many elements of each kind there are: Origin.xml counts them, columns and keys included. */
export function objectCounts(database: DatabaseDescription): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const visit = (element: XmlElement): void => {
    const type = element.tag === 'Element' ? element.attributes.Type?.slice('Sql'.length) : undefined
    if (type !== undefined && !/Specification|TypeSpecifier/.test(type)) counts.set(type, (counts.get(type) ?? 0) + 1)
    for (const child of element.children) if (typeof child !== 'string') visit(child)
  }
  for (const element of elements(database)) visit(element)
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function* elements(database: DatabaseDescription): Generator<XmlElement> {
  yield element('SqlDatabaseOptions', null, [
    property('Collation', database.collation ?? 'SQL_Latin1_General_CP1_CI_AS'),
    property('CompatibilityMode', '150'),
    relation('DefaultFilegroup', [reference('[PRIMARY]', 'BuiltIns')]),
  ])
  const schemas = new Set(database.tables.map(table => table.schema ?? 'dbo'))
  for (const schema of [...schemas].filter(name => name !== 'dbo').sort())
    yield element('SqlSchema', quoted(schema), [relation('Authorizer', [reference('[dbo]', 'BuiltIns')])])
  for (const [name, type] of Object.entries(database.aliases ?? {})) yield aliasElement(name, type)
  for (const table of database.tables) yield* tableElements(table, database)
}

function aliasElement(name: string, text: string): XmlElement {
  const [schema = '', own = ''] = name.split('.')
  const type = parseServerType(text)
  return element('SqlUserDefinedDataType', quoted(schema, own), [
    ...sizeProperties(type),
    relation('Schema', [schemaReference(schema)]),
    relation('Type', [reference(builtInName(type), 'BuiltIns')]),
  ])
}

function* tableElements(table: TableDescription, database: DatabaseDescription): Generator<XmlElement> {
  const schema = table.schema ?? 'dbo'
  const { historyTable } = table
  yield element('SqlTable', quoted(schema, table.name), [
    property('IsAnsiNullsOn', 'True'),
    relation(
      'Columns',
      table.columns.map(column => columnElement(table, column, database)),
    ),
    relation('Schema', [schemaReference(schema)]),
    ...(historyTable
      ? [relation('TemporalSystemVersioningHistoryTable', [reference(quoted(historyTable.schema ?? 'dbo', historyTable.name))])]
      : []),
  ])
  for (const column of table.columns) if (column.default !== undefined) yield defaultElement(table, column)
  if (table.primaryKey) yield keyElement('SqlPrimaryKeyConstraint', table, table.primaryKey)
  for (const key of table.uniqueKeys ?? []) yield keyElement('SqlUniqueConstraint', table, key)
  for (const index of table.uniqueIndexes ?? []) yield indexElement(table, index)
  for (const key of table.foreignKeys ?? []) yield foreignKeyElement(table, key)
}

function columnElement(table: TableDescription, column: ColumnDescription, database: DatabaseDescription): XmlElement {
  const name = columnName(table, column.name)
  if (column.computed !== undefined)
    return element('SqlComputedColumn', name, [
      ...(column.isPersisted ? [property('IsPersisted', 'True')] : []),
      script('ExpressionScript', column.computed),
    ])
  const [seed, increment] = column.identity ?? []
  return element('SqlSimpleColumn', name, [
    ...(column.nullable === false ? [property('IsNullable', 'False')] : []),
    ...(column.collation === undefined ? [] : [property('Collation', column.collation)]),
    ...(column.identity ? [property('IsIdentity', 'True')] : []),
    ...(seed !== undefined && seed !== 1n ? [property('IdentitySeed', String(seed))] : []),
    ...(increment !== undefined && increment !== 1n ? [property('IdentityIncrement', String(increment))] : []),
    ...(column.period ? [property('GeneratedAlwaysType', column.period === 'start' ? '1' : '2')] : []),
    relation('TypeSpecifier', [typeSpecifier(column.type, database)]),
  ])
}

function typeSpecifier(text: string, { aliases }: DatabaseDescription): XmlElement {
  const isAlias = aliases?.[text] !== undefined
  const type = isAlias ? null : parseServerType(text)
  return element(type?.name === 'xml' ? 'SqlXmlTypeSpecifier' : 'SqlTypeSpecifier', null, [
    ...(type ? sizeProperties(type) : []),
    relation('Type', [type ? reference(builtInName(type), 'BuiltIns') : reference(quoted(...text.split('.')))]),
  ])
}

/** A scale of 0 is not written. */
function sizeProperties({ length, precision, scale }: ServerType): readonly XmlElement[] {
  return [
    ...(length === 'max' ? [property('IsMax', 'True')] : []),
    ...(typeof length === 'number' ? [property('Length', String(length))] : []),
    ...(scale === null || scale === 0 ? [] : [property('Scale', String(scale))]),
    ...(precision === null ? [] : [property('Precision', String(precision))]),
  ]
}

function builtInName({ name }: ServerType): string {
  return ['sysname', 'hierarchyid', 'geography', 'geometry'].includes(name) ? quoted('sys', name) : quoted(name)
}

function defaultElement(table: TableDescription, column: ColumnDescription): XmlElement {
  return element('SqlDefaultConstraint', quoted(table.schema ?? 'dbo', `DF_${table.name}_${column.name}`), [
    script('DefaultExpressionScript', column.default ?? ''),
    relation('DefiningTable', [tableReference(table)]),
    relation('ForColumn', [reference(columnName(table, column.name))]),
  ])
}

function keyElement(type: string, table: TableDescription, key: KeyDescription): XmlElement {
  return element(type, key.name === undefined ? null : quoted(table.schema ?? 'dbo', key.name), [
    columnSpecifications(table, key.columns),
    relation('DefiningTable', [tableReference(table)]),
  ])
}

function indexElement(table: TableDescription, index: KeyDescription & { readonly filter?: string }): XmlElement {
  return element('SqlIndex', quoted(table.schema ?? 'dbo', table.name, index.name ?? 'IX'), [
    property('IsUnique', 'True'),
    ...(index.filter === undefined ? [] : [script('FilterPredicate', index.filter)]),
    columnSpecifications(table, index.columns),
    relation('IndexedObject', [tableReference(table)]),
  ])
}

const ON_DELETE = { 'no action': '0', cascade: '1', 'set null': '2', 'set default': '3' } as const

function foreignKeyElement(table: TableDescription, key: ForeignKeyDescription): XmlElement {
  const { references } = key
  return element('SqlForeignKeyConstraint', quoted(table.schema ?? 'dbo', key.name), [
    ...(key.onDelete && key.onDelete !== 'no action' ? [property('OnDeleteAction', ON_DELETE[key.onDelete])] : []),
    relation(
      'Columns',
      key.columns.map(column => reference(columnName(table, column))),
    ),
    relation('DefiningTable', [tableReference(table)]),
    relation(
      'ForeignColumns',
      references.columns.map(column => reference(columnName(references, column))),
    ),
    relation('ForeignTable', [tableReference(references)]),
  ])
}

function columnSpecifications(table: TableDescription, columns: readonly string[]): XmlElement {
  const one = (column: string): XmlElement =>
    element('SqlIndexedColumnSpecification', null, [relation('Column', [reference(columnName(table, column))])])
  return relation('ColumnSpecifications', columns.map(one))
}

function element(type: string, name: string | null, children: readonly XmlElement[]): XmlElement {
  return xml('Element', name === null ? { Type: type } : { Type: type, Name: name }, ...children)
}

function property(name: string, value: string): XmlElement {
  return xml('Property', { Name: name, Value: value })
}

function script(name: string, text: string): XmlElement {
  return xml('Property', { Name: name }, `<Value>${cdata(text)}</Value>`)
}

function relation(name: string, entries: readonly XmlElement[]): XmlElement {
  return xml('Relationship', { Name: name }, ...entries.map(entry => xml('Entry', {}, entry)))
}

function reference(name: string, externalSource?: 'BuiltIns'): XmlElement {
  return xml('References', externalSource ? { ExternalSource: externalSource, Name: name } : { Name: name })
}

function schemaReference(schema: string): XmlElement {
  return schema === 'dbo' ? reference('[dbo]', 'BuiltIns') : reference(quoted(schema))
}

function tableReference(table: { readonly schema?: string; readonly name: string }): XmlElement {
  return reference(quoted(table.schema ?? 'dbo', table.name))
}

function columnName(table: { readonly schema?: string; readonly name: string }, column: string): string {
  return quoted(table.schema ?? 'dbo', table.name, column)
}

export function quoted(...parts: readonly string[]): string {
  return parts.map(part => `[${part.replaceAll(']', ']]')}]`).join('.')
}
