import type { CatalogueExtras, TablePlace } from '../../model/catalogue-extras.ts'
import type { ModelElement } from './model-elements.ts'

/** What is kept of model.xml: tables as they are written there, keys and references still by name. */
export interface ModelFacts {
  /** The database’s collation; null = the model does not say. */
  readonly collation: string | null
  readonly tables: readonly ModelTable[]
  /** User-defined data types by `schema.name` in brackets as written. */
  readonly types: ReadonlyMap<string, ModelType>
  readonly keys: readonly ModelKey[]
  readonly references: readonly ModelReference[]
  readonly extras: CatalogueExtras
}

export interface ModelTable extends TablePlace {
  readonly columns: readonly ModelColumn[]
  /** Why its rows cannot be read; null = they can. */
  readonly refusal: string | null
}

export interface ModelColumn {
  readonly name: string
  /** `computed`: the file has no data of it. */
  readonly kind: 'plain' | 'computed'
  readonly isNullable: boolean
  readonly isIdentity: boolean
  readonly hasDefault: boolean
  readonly type: ModelType | null
  readonly collation: string | null
  readonly isEncrypted: boolean
}

export interface ModelType {
  /** As written: `[int]`, `[sys].[geography]`, `[dbo].[Flag]`. */
  readonly name: string
  readonly length: number | null
  readonly precision: number | null
  readonly scale: number | null
  readonly isMax: boolean
}

export interface ModelKey extends TablePlace {
  readonly name: string
  readonly columns: readonly string[]
  readonly isPrimary: boolean
  /** The condition of an index over a part of the rows. */
  readonly isFiltered: boolean
}

export interface ModelReference extends TablePlace {
  readonly name: string
  readonly columns: readonly string[]
  readonly referencedSchema: string
  readonly referencedTable: string
  readonly referencedColumns: readonly string[]
  readonly isTrusted: boolean
  readonly onDelete: string
}

/** The first name referred to by a relation; null = none. */
export function referenceOf(element: ModelElement, relation: string): string | null {
  return element.relations.get(relation)?.[0]?.reference ?? null
}

/** All names a relation refers to. */
export function referencesOf(element: ModelElement, relation: string): readonly string[] {
  return (element.relations.get(relation) ?? []).flatMap(entry => (entry.reference === null ? [] : [entry.reference]))
}

/** All elements a relation holds. */
export function elementsOf(element: ModelElement, relation: string): readonly ModelElement[] {
  return (element.relations.get(relation) ?? []).flatMap(entry => (entry.element === null ? [] : [entry.element]))
}

export function isTrue(element: ModelElement, property: string): boolean {
  return element.properties.get(property)?.toLowerCase() === 'true'
}

const WHOLE = /^\d{1,9}$/

export function numberOf(element: ModelElement, property: string): number | null {
  const text = element.properties.get(property)
  return text !== undefined && WHOLE.test(text) ? Number(text) : null
}
