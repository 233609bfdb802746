import type {
  CatalogueExtras,
  CheckExpression,
  ColumnExpression,
  Comment,
  ExtraIndex,
  ExtraObject,
  TablePlace,
} from '../../model/catalogue-extras.ts'
import { readBracketName } from './bracket-name.ts'
import type { ModelElement } from './model-elements.ts'
import { elementsOf, isTrue, referenceOf, referencesOf } from './model-facts.ts'

/** Kinds of objects whose names in the model do not read as words. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['SqlScalarFunction', 'function'],
  ['SqlInlineTableValuedFunction', 'function'],
  ['SqlMultiStatementTableValuedFunction', 'function'],
  ['SqlClrTableValuedFunction', 'function'],
  ['SqlDmlTrigger', 'trigger'],
  ['SqlDatabaseDdlTrigger', 'trigger'],
  ['SqlUserDefinedType', 'clr type'],
  ['SqlSecurityPolicy', 'policy'],
  ['SqlPermissionStatement', 'permission'],
])
/** Parts of the database’s set-up, not things somebody made in it. */
const SET_UP = /^Sql(Schema|Filegroup|File|Database.*Options|GenericDatabase.*)$/
/** What every database grants to everybody. */
const GRANTED_ALWAYS = /^\[Grant\.(View|Alter)AnyColumn(Encryption|Master)Key(Definition)?\.Database\]\.\[public\]/

/** Gathers what a model says besides tables and keys. */
export class ExtrasGatherer {
  readonly #defaults: ColumnExpression[] = []
  readonly #computed: ColumnExpression[] = []
  readonly #checks: CheckExpression[] = []
  readonly #comments: Comment[] = []
  readonly #indexes: ExtraIndex[] = []
  readonly #objects: ExtraObject[] = []

  /** Everything made in the database that is no table and no part of one, by its kind. */
  object(element: ModelElement): void {
    if (SET_UP.test(element.type) || GRANTED_ALWAYS.test(element.name)) return
    const parts = readBracketName(element.name) ?? []
    const isNamed = parts.length > 1 && element.type !== 'SqlPermissionStatement'
    const name = isNamed ? (parts.at(-1) ?? '') : parts.join(' ')
    this.#objects.push({ kind: KINDS.get(element.type) ?? inWords(element.type), schema: isNamed ? (parts[0] ?? '') : '', name })
  }

  /** Columns computed by the server, and the history a table has. */
  table(element: ModelElement, place: TablePlace): void {
    for (const column of elementsOf(element, 'Columns')) {
      const name = readBracketName(column.name)?.at(-1)
      const expression = column.properties.get('ExpressionScript')
      if (column.type === 'SqlComputedColumn' && name !== undefined && expression !== undefined)
        this.#computed.push({ ...place, column: name, expression: expression.trim() })
    }
    if (element.relations.has('TemporalSystemVersioningHistoryTable'))
      this.#objects.push({ kind: 'system versioning', schema: place.schema, name: place.table })
  }

  /** Null: not of a column of a table. */
  default(element: ModelElement): ColumnExpression | null {
    const [schema, table, column] = readBracketName(referenceOf(element, 'ForColumn') ?? '') ?? []
    if (schema === undefined || table === undefined || column === undefined) return null
    const found = { schema, table, column, expression: (element.properties.get('DefaultExpressionScript') ?? '').trim() }
    this.#defaults.push(found)
    return found
  }

  check(element: ModelElement): void {
    const [schema, table] = readBracketName(referenceOf(element, 'DefiningTable') ?? '') ?? []
    const expression = element.properties.get('CheckExpressionScript')?.trim()
    if (schema === undefined || table === undefined || expression === undefined) return
    this.#checks.push({ schema, table, name: constraintName(element), expression })
  }

  /** Only what SQL Server’s own tools show as a description. */
  comment(element: ModelElement): void {
    const parts = readBracketName(element.name) ?? []
    const host = referenceOf(element, 'Host') ?? referenceOf(element, 'ExtendedObject') ?? ''
    const [schema, table, column, ...rest] = readBracketName(host) ?? []
    const isOfTable = parts[0] === 'SqlColumn' || parts[0] === 'SqlTableBase'
    if (parts.at(-1) !== 'MS_Description' || !isOfTable || schema === undefined || table === undefined || rest.length > 0) {
      this.#objects.push({ kind: 'extended property', schema: schema ?? '', name: parts.slice(1).join(' ') })
      return
    }
    this.#comments.push({ schema, table, column: column ?? null, text: literalText(element.properties.get('Value') ?? '') })
  }

  /** An index that is no key. */
  index(element: ModelElement, place: TablePlace): void {
    this.#indexes.push({
      ...place,
      name: readBracketName(element.name)?.at(-1) ?? '',
      columns: indexColumns(element),
      isUnique: isTrue(element, 'IsUnique'),
      filter: element.properties.get('FilterPredicate')?.trim() ?? null,
    })
  }

  gathered(): CatalogueExtras {
    return {
      dialect: 'sqlserver',
      defaults: this.#defaults,
      computed: this.#computed,
      checks: this.#checks,
      comments: this.#comments,
      indexes: this.#indexes,
      objects: this.#objects,
    }
  }
}

/** `SqlFullTextIndex` as `full text index`. */
function inWords(type: string): string {
  return type
    .replace(/^Sql/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase()
}

/** The name of a constraint: its own, or the one its table’s definition gave it. */
export function constraintName(element: ModelElement): string {
  const written =
    element.name !== '' ? element.name : (element.annotations.find(note => note.type === 'SqlInlineConstraintAnnotation')?.name ?? '')
  return readBracketName(written)?.at(-1) ?? ''
}

/** Columns of an index or key in order, without those only included. */
export function indexColumns(element: ModelElement): readonly string[] {
  return elementsOf(element, 'ColumnSpecifications').flatMap(column => lastParts(referencesOf(column, 'Column')))
}

/** The last part of each name. */
export function lastParts(names: readonly string[]): readonly string[] {
  return names.flatMap(name => readBracketName(name)?.at(-1) ?? [])
}

/** A literal of T-SQL as its text. */
function literalText(value: string): string {
  const literal = /^N?'([\s\S]*)'$/.exec(value.trim())
  return literal === null ? value : (literal[1] ?? '').replaceAll("''", "'")
}
