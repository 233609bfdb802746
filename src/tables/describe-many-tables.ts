import { compareCodePoints } from '../base/code-point-order.ts'
import { nameLabel, tableLabel } from '../base/table-label.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { familyOf } from '../cast/sql-family.ts'
import {
  type Column,
  type Constant,
  type ListedTable,
  REST_COLUMN,
  type Relation,
  type RestTypes,
  type UniqueKey,
} from '../model/catalogue.ts'
import { type Entity, type Mapping, TABLES } from '../model/mapping.ts'
import { columnsNamed, matchColumn, namesUsed } from '../plan/collect-names.ts'
import { isExcludedColumn, isExcludedTable, matchesTable } from '../plan/coverage.ts'
import { findRelation } from '../plan/tenant-plan.ts'
import type { SourceSnapshot } from '../source/source.ts'
import { findListedTable } from './find-listed-table.ts'
import { ListFindings, type ListOf } from './list-findings.ts'
import { listMarker } from './list-marker.ts'
import { deniedOf, readSmallRelation } from './read-small-relation.ts'
import { type DeclaredTypes, NO_RELATION, readDeclaredTypes } from './settle-rest-types.ts'
import { uniteColumns } from './united-columns.ts'

export interface DescribeFrom extends ListOf {
  readonly snapshot: SourceSnapshot
}

/** What an entity’s tables are as one relation. What is wrong with the list is a finding there; then there are no tables. */
export async function describeManyTables(from: DescribeFrom): Promise<Relation> {
  const { entity, catalogue, snapshot } = from
  const told = new ListFindings(from)
  const listing = findRelation(catalogue, entity.tables.listing)
  if (listing === undefined) return none(from, { listing: NO_RELATION, told: told.noListing() })
  const columns = listedColumns(listing, from, told)
  if (columns === null) return none(from, { listing, told })
  const names = columns.map(({ column }) => column)
  const denied = deniedOf(listing, names)
  if (denied.length > 0) return none(from, { listing, told: told.denied(listing, denied) })
  const rows = await readSmallRelation(snapshot, { relation: listing, columns: names })
  if (rows === null) return none(from, { listing, told: told.tooLong(listing) })
  const tables = listedTables(rows, { ...from, listing, columns, told })
  const unlisted = await findUnlisted(tables, from, told)
  const types = await readDeclaredTypes(from)
  told.add(types?.findings ?? [])
  return relationOf(from, { listing, columns, tables, unlisted, types, told, marker: listMarker(rows) })
}

/** A column of the listing, and what each row of a table calls it. The first names the table; it is called so only where nothing else does. */
interface ListedColumn {
  readonly name: string | null
  readonly column: string
}

function listedColumns(listing: Relation, { entity }: DescribeFrom, told: ListFindings): readonly ListedColumn[] | null {
  const known = listing.columns.map(column => column.name)
  const find = (wish: string): string | null => matchColumn(wish, listing) ?? told.unknownColumn(wish, { listing, known })
  const named = find(entity.tables.name)
  const carried = entity.tables.carry.map(({ name, column }) => ({ name, column: find(column) }))
  if (named === null || carried.some(({ column }) => column === null)) return null
  const type = listing.columns.find(column => column.name === named)?.type ?? builtinType('text')
  if (familyOf(type) !== 'text' && familyOf(type) !== 'bpchar') return told.noText(named, type.text)
  const isCarried = carried.some(({ column }) => column === named)
  return [{ name: isCarried ? null : named, column: named }, ...carried.map(({ name, column }) => ({ name, column: column ?? '' }))]
}

interface Listing extends DescribeFrom {
  readonly listing: Relation
  readonly columns: readonly ListedColumn[]
  readonly told: ListFindings
}

/** In the order of their names as listed. A table several rows name is read once, if they carry the same. */
function listedTables(rows: readonly (readonly Constant[])[], of: Listing): readonly Omit<ListedTable, 'shape'>[] {
  const { catalogue, listing, columns, told } = of
  const found = new Map<Relation, readonly Constant[]>()
  const missing = new Set<string>()
  for (const row of rows) {
    const text = row[0]?.text?.trim() ?? ''
    if (text === '') continue
    const relation = findListedTable(text, listing.schema, catalogue)
    if (
      relation !== null &&
      isExcludedTable(of.mapping, { source: of.entity.from.source, table: tableLabel(relation.schema, relation.name) })
    )
      continue
    const constants = row.filter((_, i) => columns[i]?.name !== null)
    if (relation === null) missing.add(text)
    else if (found.has(relation)) told.listedTwice(relation, { before: found.get(relation) ?? [], now: constants })
    else found.set(relation, constants)
  }
  told.missing([...missing].toSorted(compareCodePoints), listing)
  const label = ({ schema, name }: Relation): string => tableLabel(schema, name)
  return [...found]
    .map(([relation, constants]) => ({ relation, constants }))
    .toSorted((a, b) => compareCodePoints(label(a.relation), label(b.relation)))
}

async function findUnlisted(
  tables: readonly Omit<ListedTable, 'shape'>[],
  { entity, mapping, catalogue, snapshot }: DescribeFrom,
  told: ListFindings,
): Promise<readonly Relation[]> {
  const pattern = entity.tables.unlisted?.replaceAll('%', '*')
  if (pattern === undefined) return []
  const listed = new Set(tables.map(({ relation }) => relation))
  const { source } = entity.from
  const unlisted = catalogue.relations.filter(relation => {
    if (relation.query !== undefined || listed.has(relation)) return false
    const of = { source, table: tableLabel(relation.schema, relation.name) }
    return matchesTable(mapping, pattern, of) && !isExcludedTable(mapping, of)
  })
  for (const relation of unlisted) told.unlisted(relation, mayCount(relation) ? await snapshot.count(relation) : null)
  return unlisted
}

/** Counting takes the right to one column. */
function mayCount({ columns, denied }: Relation): boolean {
  return denied === undefined || denied.columns.length < columns.length
}

interface Found {
  readonly listing: Relation
  readonly columns: readonly ListedColumn[]
  readonly tables: readonly Omit<ListedTable, 'shape'>[]
  readonly unlisted: readonly Relation[]
  readonly types: DeclaredTypes | null
  readonly told: ListFindings
  readonly marker: string
}

function relationOf({ entity, mapping }: DescribeFrom, { listing, columns, tables, unlisted, types, told, marker }: Found): Relation {
  const { source } = entity.from
  const names = columns.flatMap(({ name }) => (name === null ? [] : [name]))
  const declared = types === null ? null : tables.map(table => declaredOf(types, table, names))
  const united = uniteColumns(
    tables.map(({ relation }) => relation),
    {
      mayLack: entity.mayLack,
      declared: (table, column) => declared?.[table]?.get(column),
      isOpen: declared === null ? () => false : isOpenIn(mapping, entity, tables),
      isExcluded: (relation, column) => isExcludedColumn(mapping, { source, table: tableLabel(relation.schema, relation.name), column }),
    },
  )
  const constants = columns.flatMap(({ name, column }) =>
    name === null ? [] : [constantColumn(name, column, { listing, tables, columns })],
  )
  for (const { name } of constants) told.clash(name, tables)
  const hasRest = united.shapes.some(shape => shape.length > 0)
  const keys = uniqueKeys({ tables, constants: constants.map(column => column.name), columns: united.columns })
  return {
    ...nameOf(entity),
    kind: 'table',
    columns: [...constants, ...united.columns, ...(hasRest ? [REST] : [])],
    primaryKey: keys.find(key => key.isPrimary)?.columns ?? null,
    uniqueKeys: keys,
    foreignKeys: [],
    estimatedRows: estimate(tables),
    ...deniedIn(tables, united.columns),
    many: {
      list: { relation: listing, columns: columns.map(({ column }) => column), marker },
      types: types?.list ?? null,
      constants: constants.map(column => column.name),
      tables: told.hasErrors ? [] : tables.map((table, i) => ({ ...table, shape: united.shapeOf[i] ?? 0 })),
      shapes: united.shapes,
      spokenOf: [...unlisted, ...(told.hasErrors ? tables.map(table => table.relation) : [])].map(({ schema, name }) => ({ schema, name })),
      findings: told.all,
    },
  }
}

function declaredOf(
  types: DeclaredTypes,
  { relation, constants }: Omit<ListedTable, 'shape'>,
  names: readonly string[],
): RestTypes['types'] {
  const carried = new Map(names.map((name, i) => [name, constants[i]?.text ?? null]))
  return types.of(
    relation.columns.map(column => column.name),
    carried,
  )
}

/** Columns nothing names: their type may be declared otherwise for each table, so that they cannot be one. */
function isOpenIn(mapping: Mapping, entity: Entity, tables: Found['tables']): (column: string) => boolean {
  const columns = tables.flatMap(({ relation }) => relation.columns)
  const own = { columns: [...new Map(columns.map(column => [column.name, column])).values()] }
  const named = new Set(columnsNamed(namesUsed(entity, mapping.defaults.onLoss), own))
  const keys = [...(Array.isArray(entity.key) ? entity.key : []), ...tables.flatMap(({ relation }) => relation.primaryKey ?? [])]
  for (const key of keys) named.add(matchColumn(key, own) ?? key)
  return name => !named.has(name)
}

const REST: Column = {
  name: REST_COLUMN,
  type: builtinType('bytea'),
  isNullable: false,
  hasDefault: false,
  generated: 'no',
  collation: null,
}

function constantColumn(name: string, column: string, { listing, tables, columns }: Pick<Found, 'listing' | 'tables' | 'columns'>): Column {
  const of = listing.columns.find(candidate => candidate.name === column)
  const at = columns.filter(one => one.name !== null).findIndex(one => one.name === name)
  const isNullable = tables.some(table => table.constants[at]?.field === null)
  return { name, type: of?.type ?? builtinType('text'), isNullable, hasDefault: false, generated: 'no', collation: of?.collation ?? null }
}

/** What makes a row of all tables unique: a column that is another in each table, and what is unique in each. */
function uniqueKeys({
  tables,
  constants,
  columns,
}: {
  readonly tables: Found['tables']
  readonly constants: readonly string[]
  readonly columns: readonly Column[]
}): readonly UniqueKey[] {
  const [first] = tables
  if (first === undefined) return []
  const telling = constants.filter((_, i) => {
    const texts = tables.map(table => table.constants[i]?.text ?? null)
    return !texts.includes(null) && new Set(texts).size === tables.length
  })
  const inEach = first.relation.uniqueKeys.filter(key =>
    tables.every(({ relation }) => relation.uniqueKeys.some(other => isSameKey(key, other))),
  )
  const shared = inEach.filter(key => key.columns.every(name => columns.some(column => column.name === name)))
  return shared.flatMap(key =>
    telling.map((constant, i) => ({
      name: `${nameLabel(constant)} and ${key.name}`,
      columns: [constant, ...key.columns],
      isPrimary: key.isPrimary && i === 0,
      isDeferrable: false,
      nullsNotDistinct: key.nullsNotDistinct,
      isPartialOrExpression: false,
    })),
  )
}

function isSameKey(a: UniqueKey, b: UniqueKey): boolean {
  if (a.isPartialOrExpression || b.isPartialOrExpression || a.isPrimary !== b.isPrimary) return false
  return a.columns.length > 0 && a.columns.length === b.columns.length && a.columns.every(name => b.columns.includes(name))
}

function estimate(tables: Found['tables']): number | null {
  const rows = tables.map(({ relation }) => relation.estimatedRows)
  return rows.some(count => count === null) ? null : rows.reduce<number>((sum, count) => sum + (count ?? 0), 0)
}

function deniedIn(tables: Found['tables'], columns: readonly Column[]): Pick<Relation, 'denied'> {
  const denied = tables.flatMap(({ relation }) => (relation.denied ? [relation.denied] : []))
  if (denied.length === 0) return {}
  const names = new Set(denied.flatMap(one => one.columns))
  const isRest = [...names].some(name => !columns.some(column => column.name === name))
  return {
    denied: {
      columns: [...columns.map(column => column.name).filter(name => names.has(name)), ...(isRest ? [REST_COLUMN] : [])],
      rows: denied.some(one => one.rows),
    },
  }
}

function none(from: DescribeFrom, { listing, told }: { readonly listing: Relation; readonly told: ListFindings }): Relation {
  return relationOf(from, { listing, columns: [], tables: [], unlisted: [], types: null, told, marker: '' })
}

function nameOf(entity: Entity): { readonly schema: string; readonly name: string } {
  return { schema: TABLES, name: entity.name }
}
