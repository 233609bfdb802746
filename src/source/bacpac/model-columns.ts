import { readBracketName } from './bracket-name.ts'
import { invalidFile } from './file-errors.ts'
import type { ModelElement } from './model-elements.ts'
import { elementsOf, isTrue, type ModelColumn, type ModelTable, type ModelType, numberOf, referenceOf } from './model-facts.ts'

/** SQL Server’s own limit. */
const MOST_COLUMNS = 30_000

/** A table of the model. Whether a column has a default is said elsewhere in the model. */
export function tableOf(element: ModelElement, file: string): ModelTable {
  const [schema, table] = readBracketName(element.name) ?? []
  if (schema === undefined || table === undefined)
    throw invalidFile('expected a table’s name as [schema].[name] in model.xml, got another form', { file })
  const columns = elementsOf(element, 'Columns')
  if (columns.length > MOST_COLUMNS)
    throw invalidFile(`expected at most ${MOST_COLUMNS} columns, got ${columns.length}`, { file, table: `${schema}.${table}` })
  const place = { file, table: `${schema}.${table}` }
  const found = columns.map(column => columnOf(column, place))
  const names = new Set(found.map(column => column.name))
  if (names.size < found.length) throw invalidFile(`expected each column once, got ${found.length} columns of ${names.size} names`, place)
  return { schema, table, columns: found, refusal: refusalOf(element, columns) }
}

/** Nodes and edges of graphs have columns of their own that no export has been seen of. */
function refusalOf(element: ModelElement, columns: readonly ModelElement[]): string | null {
  const isGraph = isTrue(element, 'IsNode') || isTrue(element, 'IsEdge') || columns.some(column => column.properties.has('GraphType'))
  return isGraph ? 'a graph table' : null
}

function columnOf(element: ModelElement, place: { readonly file: string; readonly table: string }): ModelColumn {
  const name = readBracketName(element.name)?.at(-1)
  if (name === undefined) throw invalidFile('expected a column’s name in brackets in model.xml, got another form', place)
  const specifier = elementsOf(element, 'TypeSpecifier')[0]
  return {
    name,
    kind: element.type === 'SqlSimpleColumn' ? 'plain' : 'computed',
    isNullable: element.properties.get('IsNullable')?.toLowerCase() !== 'false',
    isIdentity: isTrue(element, 'IsIdentity'),
    hasDefault: element.properties.has('DefaultExpressionScript'),
    type: specifier === undefined ? null : typeOf(specifier),
    collation: element.properties.get('Collation') ?? specifier?.properties.get('Collation') ?? null,
    isEncrypted: element.relations.has('ColumnEncryptionKey') || element.properties.has('EncryptionType'),
  }
}

/** Of a type specifier, or of a user-defined data type: what it is made of. */
export function typeOf(element: ModelElement): ModelType {
  return {
    name: referenceOf(element, 'Type') ?? '',
    length: numberOf(element, 'Length'),
    precision: numberOf(element, 'Precision'),
    scale: numberOf(element, 'Scale'),
    isMax: isTrue(element, 'IsMax') || element.properties.get('Length') === '-1',
  }
}
