import type { Catalogue, Column, ForeignKey, Relation, RelationKind, UniqueKey } from '../model/catalogue.ts'
import { byRelation, type CatalogueRow, type CatalogueRows, isTrue, names, text } from './catalogue-rows.ts'
import { TypeReader } from './catalogue-types.ts'

const KINDS: Readonly<Record<string, RelationKind>> = {
  r: 'table',
  p: 'partitioned',
  v: 'view',
  m: 'materialized_view',
  f: 'foreign_table',
}
const ON_DELETE: Readonly<Record<string, ForeignKey['onDelete']>> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
}
/** Equality is not equality of bytes, whatever the collation. */
const TYPES_FOLDING_CASE = new Set(['citext'])

/** What the catalogue queries said, in our words. Pure. */
export function catalogueFrom(rows: CatalogueRows): Catalogue {
  return {
    engine: 'postgres',
    version: rows.version,
    database: rows.database,
    relations: [...relationsFrom(rows).values()],
  }
}

/** The relations by their oid, in order of schema and name. */
export function relationsFrom(rows: CatalogueRows): ReadonlyMap<string, Relation> {
  const types = new TypeReader(rows.types)
  const columns = byRelation(rows.columns, 0)
  const keys = byRelation(rows.keys, 0)
  const foreignKeys = byRelation(rows.foreignKeys, 1)
  return new Map(
    rows.relations.map(row => {
      const oid = text(row, 0)
      const uniqueKeys = (keys.get(oid) ?? []).map(uniqueKeyFrom)
      return [
        oid,
        {
          schema: text(row, 1),
          name: text(row, 2),
          kind: KINDS[text(row, 3)] ?? 'table',
          columns: (columns.get(oid) ?? []).map(column => columnFrom(column, types)),
          primaryKey: uniqueKeys.find(key => key.isPrimary)?.columns ?? null,
          uniqueKeys,
          foreignKeys: (foreignKeys.get(oid) ?? []).map(foreignKeyFrom),
          estimatedRows: Number(row[4]) < 0 ? null : Number(row[4]),
          ...deniedFrom(row, columns.get(oid) ?? []),
        },
      ]
    }),
  )
}

function deniedFrom(relation: CatalogueRow, columns: readonly CatalogueRow[]): Pick<Relation, 'denied'> {
  const unreadable = columns.filter(column => !isTrue(column, 11)).map(column => text(column, 1))
  const hidesRows = isTrue(relation, 5)
  return unreadable.length === 0 && !hidesRows ? {} : { denied: { columns: unreadable, rows: hidesRows } }
}

function columnFrom(row: CatalogueRow, types: TypeReader): Column {
  const oid = text(row, 2)
  const type = types.read({ oid, modifier: Number(row[3]), text: text(row, 4) })
  const collation = row[9] ?? null
  return {
    name: text(row, 1),
    type,
    isNullable: !isTrue(row, 5) && !types.refusesNull(oid),
    hasDefault: isTrue(row, 6),
    generated: generatedFrom(text(row, 7), text(row, 8)),
    collation: collation === null ? null : { name: collation, isDeterministic: isTrue(row, 10) && !TYPES_FOLDING_CASE.has(type.name) },
  }
}

function generatedFrom(generated: string, identity: string): Column['generated'] {
  if (generated === 's') return 'stored'
  if (generated === 'v') return 'virtual'
  if (identity === 'a') return 'identity_always'
  return identity === 'd' ? 'identity_by_default' : 'no'
}

function uniqueKeyFrom(row: CatalogueRow): UniqueKey {
  return {
    name: text(row, 1),
    columns: names(row, 2),
    isPrimary: isTrue(row, 3),
    isDeferrable: isTrue(row, 4),
    nullsNotDistinct: isTrue(row, 5),
    isPartialOrExpression: isTrue(row, 6),
  }
}

function foreignKeyFrom(row: CatalogueRow): ForeignKey {
  return {
    name: text(row, 2),
    columns: names(row, 3),
    referencedSchema: text(row, 4),
    referencedTable: text(row, 5),
    referencedColumns: names(row, 6),
    isDeferrable: isTrue(row, 7),
    isValidated: isTrue(row, 8),
    onDelete: ON_DELETE[text(row, 9)] ?? 'no action',
    setNullColumns: (row[10] ?? null) === null ? null : names(row, 10),
  }
}
