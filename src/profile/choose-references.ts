import { familyOf } from '../cast/sql-family.ts'
import type { Relation } from '../model/catalogue.ts'
import type { ColumnFacts } from './column-facts.ts'
import { hashKind } from './field-hash.ts'
import { columnOf, isComparable, type KeyFacts } from './key-watch.ts'
import { nameLikeness } from './name-likeness.ts'
import type { TableFacts } from './table-facts.ts'

/** A reference worth counting in the second pass. */
export interface ReferenceCandidate {
  readonly child: Relation
  readonly columns: readonly string[]
  readonly key: KeyFacts
  readonly isDeclared: boolean
  readonly likeness: number
  readonly chance: number
  /** Different values of the child's column. */
  readonly distinct: number
}

/** A name from here on says plainly that a column is a reference. */
export const PLAIN_NAME = 0.8
const SOME_NAME = 0.5
const MOST_OF_TABLE = 200
const KINDS = new Set(['int', 'uuid', 'text', 'numeric'])

/** Declared foreign keys, and columns that may be references nobody declared. What the first pass rules out is not counted. Keys of tables read in part, or too large to hold, are left out. */
export function chooseReferences(tables: readonly TableFacts[]): readonly ReferenceCandidate[] {
  const keys = tables.filter(table => table.isWhole && table.refusal === null).flatMap(table => table.keys.filter(isKept))
  return tables.flatMap(table => [...declared(table, keys), ...undeclared(table, tables, keys)])
}

function isKept({ values, relation, columns }: KeyFacts): boolean {
  return !values.isOver && columns.every(name => isComparable(columnOf(relation, name)))
}

function declared({ relation, columns: known }: TableFacts, keys: readonly KeyFacts[]): readonly ReferenceCandidate[] {
  return relation.foreignKeys.flatMap(foreign => {
    const key = keys.find(
      candidate =>
        candidate.relation.schema === foreign.referencedSchema &&
        candidate.relation.name === foreign.referencedTable &&
        candidate.columns.length === foreign.columns.length &&
        candidate.columns.every((name, i) => foreign.referencedColumns[i] === name),
    )
    const facts = foreign.columns.map(name => known.find(({ column }) => column.name === name))
    if (key === undefined || facts.some((fact, i) => fact === undefined || hashKind(fact.column.type) !== key.kinds[i])) return []
    return [{ child: relation, columns: foreign.columns, key, isDeclared: true, likeness: 1, chance: 0, distinct: 0 }]
  })
}

function undeclared(table: TableFacts, tables: readonly TableFacts[], keys: readonly KeyFacts[]): readonly ReferenceCandidate[] {
  const { relation } = table
  const used = new Set(relation.foreignKeys.flatMap(key => key.columns))
  const polymorphic = new Set(polymorphicPairs(relation).map(({ id }) => id))
  const found = table.columns.flatMap(facts => {
    const { column } = facts
    if (used.has(column.name) || facts.distinct === 0 || !KINDS.has(hashKind(column.type)) || polymorphic.has(column.name)) return []
    return keys.flatMap(key => candidateOf(facts, key, { relation, tables }))
  })
  return found.sort((a, b) => b.likeness - a.likeness).slice(0, MOST_OF_TABLE)
}

interface Scope {
  readonly relation: Relation
  readonly tables: readonly TableFacts[]
}

function candidateOf(facts: ColumnFacts, key: KeyFacts, { relation, tables }: Scope): readonly ReferenceCandidate[] {
  const { column } = facts
  const [name = ''] = key.columns
  const isOwn = key.relation === relation
  if (
    key.columns.length !== 1 ||
    key.rows === 0 ||
    (isOwn && name === column.name) ||
    (key.duplicates ?? 1) > 0 ||
    key.kinds[0] !== hashKind(column.type)
  )
    return []
  const likeness = nameLikeness({ table: relation.name, column: column.name }, { table: key.relation.name, column: name }, isOwn)
  const parent = tables.find(table => table.relation === key.relation)?.columns.find(known => known.column.name === name)
  if (parent === undefined) return []
  const chance = chanceOf(facts, parent)
  const isOwnKey = relation.primaryKey?.length === 1 && relation.primaryKey[0] === column.name
  const isInt = facts.numbers !== null
  // Two tables numbered from 1 on lie in one another whatever they hold; so does a parent in its child.
  if (isOwnKey && likeness < PLAIN_NAME && familyOf(column.type) !== 'uuid') return []
  if (likeness < PLAIN_NAME && facts.distinct > parent.distinct * 1.05) return []
  if (likeness < SOME_NAME) {
    if (isInt ? chance > 0.5 || facts.distinct < 10 || !isWithin(facts, parent) : facts.distinct < 10) return []
    if (isOwn || looksPlain(facts)) return []
  }
  return [{ child: relation, columns: [column.name], key, isDeclared: false, likeness, chance, distinct: facts.distinct }]
}

/** Texts that are dates or truths refer to nothing. */
function looksPlain({ texts }: ColumnFacts): boolean {
  return texts !== null && (texts.looks === 'date' || texts.looks === 'boolean' || (texts.longest ?? 0) > 100)
}

function isWithin(child: ColumnFacts, parent: ColumnFacts): boolean {
  if (child.numbers === null || parent.numbers === null) return true
  return child.numbers.low >= parent.numbers.low && child.numbers.high <= parent.numbers.high
}

/** How dense the parent's numbers lie. */
function chanceOf(child: ColumnFacts, parent: ColumnFacts): number {
  if (child.numbers === null || parent.numbers === null) return 0
  const span = parent.numbers.high - parent.numbers.low + 1
  return Math.min(1, parent.distinct / span)
}

/** `owner_type` beside `owner_id`, however written. */
export function polymorphicPairs(relation: Relation): readonly { readonly type: string; readonly id: string }[] {
  const byStem = (ending: RegExp): ReadonlyMap<string, string> =>
    new Map(
      relation.columns.flatMap(({ name }) => {
        const flat = name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
        return ending.test(flat) && flat.replace(ending, '') !== '' ? [[flat.replace(ending, ''), name] as const] : []
      }),
    )
  const types = byStem(/(?:type|table|kind|class|entity|model)$/)
  const declaredColumns = new Set(relation.foreignKeys.flatMap(key => key.columns))
  return [...byStem(/(?:id|key|ref)$/)].flatMap(([stem, id]) => {
    const type = types.get(stem)
    return type === undefined || declaredColumns.has(id) ? [] : [{ type, id }]
  })
}
