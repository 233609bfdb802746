import type { TablePlace } from '../../model/catalogue-extras.ts'
import { readBracketName } from './bracket-name.ts'
import { invalidFile } from './file-errors.ts'
import { tableOf, typeOf } from './model-columns.ts'
import { type ModelElement, readModelElements } from './model-elements.ts'
import { constraintName, ExtrasGatherer, indexColumns, lastParts } from './model-extras.ts'
import {
  isTrue,
  type ModelColumn,
  type ModelFacts,
  type ModelKey,
  type ModelReference,
  type ModelTable,
  type ModelType,
  referenceOf,
  referencesOf,
} from './model-facts.ts'

/** Reads model.xml as it comes; only what a catalogue needs is kept. Throws SOURCE_INVALID. */
export async function readModel(chunks: AsyncIterable<Buffer>, file: string): Promise<ModelFacts> {
  const gatherer = new ModelGatherer(file)
  await readModelElements(chunks, file, gatherer)
  return gatherer.gathered()
}

class ModelGatherer {
  readonly #file: string
  #collation: string | null = null
  readonly #tables: ModelTable[] = []
  readonly #names = new Set<string>()
  readonly #types = new Map<string, ModelType>()
  readonly #keys: ModelKey[] = []
  readonly #references: ModelReference[] = []
  readonly #extras = new ExtrasGatherer()
  /** Columns with a default, by the names of table and column. */
  readonly #defaults = new Set<string>()
  readonly #visits: ReadonlyMap<string, (element: ModelElement) => void>

  constructor(file: string) {
    this.#file = file
    this.#visits = new Map<string, (element: ModelElement) => void>([
      ['SqlDatabaseOptions', element => this.#options(element)],
      ['SqlTable', element => this.#table(element)],
      ['SqlUserDefinedDataType', element => void this.#types.set(element.name, typeOf(element))],
      ['SqlPrimaryKeyConstraint', element => this.#constraint(element, 'primary')],
      ['SqlUniqueConstraint', element => this.#constraint(element, 'unique')],
      ['SqlIndex', element => this.#index(element)],
      ['SqlForeignKeyConstraint', element => this.#reference(element)],
      ['SqlDefaultConstraint', element => this.#default(element)],
      ['SqlCheckConstraint', element => this.#extras.check(element)],
      ['SqlExtendedProperty', element => this.#extras.comment(element)],
    ])
  }

  isWanted(type: string): boolean {
    return this.#visits.has(type)
  }

  visit(element: ModelElement): void {
    const visit = this.#visits.get(element.type)
    if (visit === undefined) this.#extras.object(element)
    else visit(element)
  }

  #options(element: ModelElement): void {
    this.#collation ??= element.properties.get('Collation') ?? null
  }

  #table(element: ModelElement): void {
    const table = tableOf(element, this.#file)
    const name = columnKey(table, '')
    if (this.#names.has(name))
      throw invalidFile(`expected each table once in model.xml, got ${table.schema}.${table.table} twice`, { file: this.#file })
    this.#names.add(name)
    this.#tables.push(table)
    this.#extras.table(element, { schema: table.schema, table: table.table })
  }

  #default(element: ModelElement): void {
    const found = this.#extras.default(element)
    if (found !== null) this.#defaults.add(columnKey(found, found.column))
  }

  #constraint(element: ModelElement, kind: 'primary' | 'unique'): void {
    const place = placeOf(referenceOf(element, 'DefiningTable'))
    if (place === null) return
    this.#keys.push({
      ...place,
      name: constraintName(element),
      columns: indexColumns(element),
      isPrimary: kind === 'primary',
      isFiltered: false,
    })
  }

  #index(element: ModelElement): void {
    const place = placeOf(referenceOf(element, 'IndexedObject'))
    if (place === null) return
    const isFiltered = element.properties.has('FilterPredicate')
    if (!isTrue(element, 'IsUnique') || isFiltered) this.#extras.index(element, place)
    if (!isTrue(element, 'IsUnique')) return
    const name = readBracketName(element.name)?.at(-1) ?? ''
    this.#keys.push({ ...place, name, columns: indexColumns(element), isPrimary: false, isFiltered })
  }

  #reference(element: ModelElement): void {
    const place = placeOf(referenceOf(element, 'DefiningTable'))
    const referenced = placeOf(referenceOf(element, 'ForeignTable'))
    if (place === null || referenced === null) return
    this.#references.push({
      ...place,
      name: constraintName(element),
      columns: lastParts(referencesOf(element, 'Columns')),
      referencedSchema: referenced.schema,
      referencedTable: referenced.table,
      referencedColumns: lastParts(referencesOf(element, 'ForeignColumns')),
      isTrusted: !element.annotations.some(note => /NotTrusted|Disabled/.test(note.type)) && !isTrue(element, 'IsDisabled'),
      onDelete: element.properties.get('OnDeleteAction') ?? '0',
    })
  }

  gathered(): ModelFacts {
    const withDefault = (table: ModelTable, column: ModelColumn): ModelColumn =>
      this.#defaults.has(columnKey(table, column.name)) ? { ...column, hasDefault: true } : column
    const extras = this.#extras.gathered()
    return {
      collation: this.#collation,
      tables: this.#tables.map(table => ({ ...table, columns: table.columns.map(column => withDefault(table, column)) })),
      types: this.#types,
      keys: this.#keys,
      references: this.#references,
      // Views have indexes too.
      extras: { ...extras, indexes: extras.indexes.filter(index => this.#names.has(columnKey(index, ''))) },
    }
  }
}

function placeOf(reference: string | null): TablePlace | null {
  const parts = reference === null ? null : readBracketName(reference)
  const [schema, table] = parts ?? []
  return schema === undefined || table === undefined || parts?.length !== 2 ? null : { schema, table }
}

function columnKey(place: TablePlace, column: string): string {
  return JSON.stringify([place.schema, place.table, column])
}
