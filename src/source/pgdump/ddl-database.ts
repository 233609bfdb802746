import type {
  CommentStmt,
  CreateDomainStmt,
  CreateRangeStmt,
  DefineStmt,
  DropStmt,
  IndexStmt,
  Node,
  RangeVar,
  RenameStmt,
} from 'libpg-query'
import type { SqlParser } from '../../base/sql-parser.ts'
import type { ExtraObject } from '../../model/catalogue-extras.ts'
import type { SqlType } from '../../model/sql-type.ts'
import { alterTable } from './ddl-alter-table.ts'
import { createTable } from './ddl-create-table.ts'
import type { Statement, TablePlace, TableRegistry } from './ddl-statement.ts'
import { columnOf, inventName, type Table } from './ddl-table.ts'
import { baseType, namesOf, printedType, TypeRegistry } from './ddl-types.ts'
import { inParentheses } from './sql-text.ts'

/** One database as the statements of a script make it, so far. */
export class Database implements TableRegistry {
  readonly tables = new Map<string, Table>()
  readonly types = new TypeRegistry()
  /** Of collations made here: whether equality is equality of bytes. */
  readonly collations = new Map<string, boolean>()
  readonly objects: ExtraObject[] = []
  readonly #parser: SqlParser

  constructor(parser: SqlParser) {
    this.#parser = parser
  }

  set searchPath(path: readonly string[]) {
    this.types.searchPath = path
  }

  /** Where a name without a schema is made. */
  get homeSchema(): string {
    return this.types.searchPath.find(schema => schema !== 'pg_catalog') ?? 'public'
  }

  placeOf(name: RangeVar | undefined): TablePlace {
    const table = name?.relname ?? ''
    if (name?.schemaname !== undefined) return { schema: name.schemaname, name: table }
    const schema = this.types.searchPath.find(candidate => this.tables.has(placeKey({ schema: candidate, name: table })))
    return { schema: schema ?? this.homeSchema, name: table }
  }

  findTable(place: TablePlace): Table | null {
    return this.tables.get(placeKey(place)) ?? null
  }

  addTable(table: Table): void {
    this.tables.set(placeKey(table), table)
  }

  addObject(kind: string, schema: string, name: string): void {
    this.objects.push({ kind, schema, name })
  }

  parse(text: string): readonly Node[] {
    return (this.#parser.parseSync(text).stmts ?? []).flatMap(({ stmt }) => (stmt ? [stmt] : []))
  }

  /** Applies one statement. Throws the parser’s error for one it cannot read. */
  apply(text: string): void {
    for (const node of this.parse(text)) this.#applyNode(node, { database: this, text })
  }

  #applyNode(node: Node, statement: Statement): void {
    if ('CreateStmt' in node) createTable(node.CreateStmt, statement)
    else if ('CreateForeignTableStmt' in node) {
      if (node.CreateForeignTableStmt.base) createTable(node.CreateForeignTableStmt.base, statement, true)
    } else if ('AlterTableStmt' in node) alterTable(node.AlterTableStmt, statement)
    else if ('IndexStmt' in node) this.#createIndex(node.IndexStmt, statement)
    else if ('CommentStmt' in node) this.#comment(node.CommentStmt)
    else if ('RenameStmt' in node) this.#rename(node.RenameStmt)
    else if ('DropStmt' in node) this.#drop(node.DropStmt)
    else if ('AlterObjectSchemaStmt' in node)
      this.#moveTable(this.placeOf(node.AlterObjectSchemaStmt.relation), node.AlterObjectSchemaStmt.newschema)
    else this.#applyType(node)
  }

  #applyType(node: Node): void {
    if ('CreateEnumStmt' in node)
      this.#addType(node.CreateEnumStmt.typeName, place => ({
        ...baseType(place.schema, place.name),
        kind: 'enum',
        labels: namesOf(node.CreateEnumStmt.vals),
      }))
    else if ('AlterEnumStmt' in node) this.#alterEnum(node.AlterEnumStmt)
    else if ('CompositeTypeStmt' in node) {
      const { typevar, coldeflist } = node.CompositeTypeStmt
      const fields = (coldeflist ?? []).flatMap(each =>
        'ColumnDef' in each ? [{ name: each.ColumnDef.colname ?? '', type: this.types.resolve(each.ColumnDef.typeName ?? {}).type }] : [],
      )
      const place = { schema: typevar?.schemaname ?? this.homeSchema, name: typevar?.relname ?? '' }
      this.types.add(place.schema, place.name, { type: { ...baseType(place.schema, place.name), kind: 'composite', fields } })
    } else if ('CreateDomainStmt' in node) this.#createDomain(node.CreateDomainStmt)
    else if ('AlterDomainStmt' in node) this.#alterDomain(node.AlterDomainStmt.subtype ?? '', namesOf(node.AlterDomainStmt.typeName))
    else if ('CreateRangeStmt' in node) this.#createRange(node.CreateRangeStmt)
    else if ('DefineStmt' in node) this.#define(node.DefineStmt)
    else if ('CreateExtensionStmt' in node) {
      const schema = (node.CreateExtensionStmt.options ?? []).flatMap(option =>
        'DefElem' in option && option.DefElem.defname === 'schema' ? stringOf(option.DefElem.arg) : [],
      )
      this.types.addExtension(node.CreateExtensionStmt.extname ?? '', schema[0] ?? this.homeSchema)
    }
  }

  #placeOfNames(names: readonly string[]): TablePlace {
    return { schema: names.at(-2) ?? this.homeSchema, name: names.at(-1) ?? '' }
  }

  #addType(names: readonly Node[] | undefined, make: (place: TablePlace) => SqlType): void {
    const place = this.#placeOfNames(namesOf(names))
    this.types.add(place.schema, place.name, { type: make(place) })
  }

  #alterEnum(alter: {
    readonly typeName?: Node[]
    readonly oldVal?: string
    readonly newVal?: string
    readonly newValNeighbor?: string
    readonly newValIsAfter?: boolean
  }): void {
    const place = this.#placeOfNames(namesOf(alter.typeName))
    const type = this.types.find([place.schema, place.name])?.type
    if (type?.labels === undefined || alter.newVal === undefined) return
    const { newVal, oldVal } = alter
    const at =
      alter.newValNeighbor === undefined
        ? type.labels.length
        : type.labels.indexOf(alter.newValNeighbor) + (alter.newValIsAfter === true ? 1 : 0)
    const labels =
      oldVal !== undefined
        ? type.labels.map(label => (label === oldVal ? newVal : label))
        : type.labels.includes(newVal)
          ? type.labels
          : type.labels.toSpliced(at, 0, newVal)
    this.types.change(place.schema, place.name, { type: { ...type, labels } })
  }

  #createDomain(create: CreateDomainStmt): void {
    const place = this.#placeOfNames(namesOf(create.domainname))
    const under = this.types.resolve(create.typeName ?? {})
    const kinds = (create.constraints ?? []).flatMap(node => ('Constraint' in node ? [node.Constraint.contype] : []))
    this.types.add(place.schema, place.name, {
      type: { ...baseType(place.schema, place.name), kind: 'domain', element: under.type },
      refusesNull: under.refusesNull || kinds.includes('CONSTR_NOTNULL'),
      hasDefault: under.hasDefault || kinds.includes('CONSTR_DEFAULT'),
      collation: create.collClause ? (namesOf(create.collClause.collname).at(-1) ?? null) : under.collation,
    })
  }

  #alterDomain(subtype: string, names: readonly string[]): void {
    const place = this.#placeOfNames(names)
    if (subtype === 'O' || subtype === 'N') this.types.change(place.schema, place.name, { refusesNull: subtype === 'O' })
    if (subtype === 'T') this.types.change(place.schema, place.name, { hasDefault: true })
  }

  #createRange(create: CreateRangeStmt): void {
    const place = this.#placeOfNames(namesOf(create.typeName))
    let element: SqlType | null = null
    let multi: TablePlace | null = null
    for (const node of create.params ?? []) {
      if (!('DefElem' in node) || !node.DefElem.arg || !('TypeName' in node.DefElem.arg)) continue
      if (node.DefElem.defname === 'subtype') element = this.types.resolve(node.DefElem.arg.TypeName).type
      if (node.DefElem.defname === 'multirange_type_name') multi = this.#placeOfNames(namesOf(node.DefElem.arg.TypeName.names))
    }
    if (element === null) return
    const other = multi ?? { ...place, name: multirangeName(place.name) }
    this.types.add(place.schema, place.name, { type: { ...baseType(place.schema, place.name), kind: 'range', element } })
    this.types.add(other.schema, other.name, { type: { ...baseType(other.schema, other.name), kind: 'multirange', element } })
  }

  #define(define: DefineStmt): void {
    if (define.kind !== 'OBJECT_COLLATION') return
    const isLoose = (define.definition ?? []).some(
      node => 'DefElem' in node && node.DefElem.defname === 'deterministic' && /^(false|off|0)$/i.test(stringOf(node.DefElem.arg)[0] ?? ''),
    )
    this.collations.set(namesOf(define.defnames).at(-1) ?? '', !isLoose)
  }

  #createIndex(index: IndexStmt, statement: Statement): void {
    const table = this.findTable(this.placeOf(index.relation))
    if (table === null) return
    const elements = (index.indexParams ?? []).flatMap(node => ('IndexElem' in node ? [node.IndexElem] : []))
    const columns = elements.flatMap(element => element.name ?? [])
    const isWhole = columns.length === elements.length && index.whereClause === undefined
    const name =
      index.idxname ??
      inventName({ table: table.name, column: columns.join('_'), label: 'idx' }, new Set(table.indexes.map(other => other.name)))
    if (index.unique === true)
      table.keys.push({
        name,
        columns,
        isPrimary: false,
        isDeferrable: false,
        nullsNotDistinct: index.nulls_not_distinct === true,
        isPartialOrExpression: !isWhole,
      })
    if (index.unique === true && isWhole) return
    table.indexes.push({
      schema: table.schema,
      table: table.name,
      name,
      columns: columns.length === elements.length ? columns : [],
      isUnique: index.unique === true,
      filter: index.whereClause === undefined ? null : filterText(statement.text),
    })
  }

  #comment(comment: CommentStmt): void {
    if (comment.objtype !== 'OBJECT_TABLE' && comment.objtype !== 'OBJECT_COLUMN') return
    const names = comment.object && 'List' in comment.object ? namesOf(comment.object.List.items) : []
    const isColumn = comment.objtype === 'OBJECT_COLUMN'
    const table = isColumn ? names.slice(0, -1) : names
    const found = this.findTable(
      this.placeOf({ relname: table.at(-1) ?? '', ...(table.length > 1 ? { schemaname: table.at(-2) ?? '' } : {}) }),
    )
    if (found === null) return
    const column = isColumn ? columnOf(found, names.at(-1) ?? '') : undefined
    if (column !== undefined) column.comment = comment.comment ?? null
    else if (!isColumn) found.comment = comment.comment ?? null
  }

  #rename(rename: RenameStmt): void {
    const table = this.findTable(this.placeOf(rename.relation))
    if (table === null) return
    const name = rename.newname ?? ''
    if (rename.renameType === 'OBJECT_COLUMN') {
      if (table.blocks.length > 0) table.obstacle ??= 'a column is renamed after its rows'
      const column = columnOf(table, rename.subname ?? '')
      if (column !== undefined) column.name = name
      const renamed = (columns: readonly string[]): readonly string[] => columns.map(each => (each === rename.subname ? name : each))
      table.keys = table.keys.map(key => ({ ...key, columns: renamed(key.columns) }))
      table.foreignKeys = table.foreignKeys.map(key => ({ ...key, columns: renamed(key.columns) }))
    }
    if (rename.renameType === 'OBJECT_TABLE') this.#moveTable(table, table.schema, name)
  }

  #moveTable(place: TablePlace, schema = place.schema, name = place.name): void {
    const table = this.findTable(place)
    if (table === null) return
    if (table.blocks.length > 0) table.obstacle ??= 'it is renamed after its rows'
    this.tables.delete(placeKey(table))
    table.schema = schema
    table.name = name
    this.addTable(table)
  }

  #drop(drop: DropStmt): void {
    for (const node of drop.objects ?? []) {
      const names = 'List' in node ? namesOf(node.List.items) : 'TypeName' in node ? namesOf(node.TypeName.names) : namesOf([node])
      const place = this.placeOf({ relname: names.at(-1) ?? '', ...(names.length > 1 ? { schemaname: names.at(-2) ?? '' } : {}) })
      if (drop.removeType === 'OBJECT_TABLE') this.tables.delete(placeKey(place))
      if (drop.removeType === 'OBJECT_TYPE' || drop.removeType === 'OBJECT_DOMAIN') this.types.drop(place.schema, place.name)
      if (drop.removeType === 'OBJECT_SCHEMA')
        for (const [key, table] of this.tables) if (table.schema === names[0]) this.tables.delete(key)
    }
  }
}

function placeKey({ schema, name }: TablePlace): string {
  return JSON.stringify([schema, name])
}

function stringOf(node: Node | undefined): readonly string[] {
  if (node && 'String' in node) return [node.String.sval ?? '']
  if (node && 'TypeName' in node) return namesOf(node.TypeName.names).slice(-1)
  return []
}

/** `range` in the name becomes `multirange`; otherwise that is put behind it. */
function multirangeName(name: string): string {
  return name.includes('range') ? name.replace('range', 'multirange') : `${name}_multirange`
}

/** pg_dump writes the condition in parentheses at the end. */
function filterText(text: string): string {
  const where = [...text.matchAll(/\bwhere\b/gi)].at(-1)
  const condition = where === undefined ? '' : text.slice(where.index + 5).trim()
  return condition.startsWith('(') && inParentheses(condition, 0).length === condition.length - 2 ? inParentheses(condition, 0) : condition
}

export { printedType }
