import { builtinType } from '../cast/builtin-types.ts'
import { baseType } from '../expression/scalar-kind.ts'
import { ordinalName } from '../expression/scope.ts'
import type { Relation } from '../model/catalogue.ts'
import type { DrivingList } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'
import { matchColumn } from './collect-names.ts'
import type { KeyPlan } from './compile-context.ts'
import { elementType } from './element-type.ts'
import { partName } from './list-key.ts'

/** What a field of an element's row is filled from. `from`: the delivered field. */
export type ElementField =
  | { readonly kind: 'column'; readonly from: number }
  | { readonly kind: 'element' | 'ordinal' }
  | { readonly kind: 'member'; readonly path: readonly string[] }

/** How rows of a list entity are made of the rows the source delivers. */
export interface ListLayout {
  readonly list: DrivingList
  /** Key of the source's rows. */
  readonly parent: KeyPlan
  /** To ask the source for. */
  readonly columns: readonly string[]
  /** Number of them. */
  readonly delivered: number
  /** Where among them the list is. */
  readonly listAt: number
  readonly listColumn: string
  /** Fields of an element's row: the key first. */
  readonly fields: readonly ElementField[]
  /** Their names in expressions, and types. */
  readonly named: readonly { readonly name: string; readonly type: SqlType }[]
  readonly element: { readonly type: SqlType; readonly isArray: boolean; readonly isBinaryJson: boolean }
  /** A row without elements is a row read. */
  readonly countsEmpty: boolean
  /** What the row at hand is; set by who makes the rows, read by the program. */
  readonly state: { kind: 'element' | 'empty' | 'not_a_list' | 'unreadable' }
}

/** `used`: columns that expressions name. */
export function layOutList(
  { list, relation, key }: { readonly list: DrivingList; readonly relation: Relation; readonly key: KeyPlan },
  used: readonly string[],
): ListLayout | null {
  const listColumn = matchColumn(list.column, relation)
  const column = relation.columns.find(candidate => candidate.name === listColumn)
  const type = column && elementType(column.type)
  if (key.list === null || column === undefined || !type) return null
  const { parent, parts } = key.list
  const own = used.filter(name => !parent.names.includes(name))
  const columns = [...parent.names, ...own, ...(own.includes(column.name) ? [] : [column.name])]
  const others = own.map(name => ({ name, type: relation.columns.find(c => c.name === name)?.type ?? builtinType('text') }))
  const ordinal = { name: ordinalName(list.as), type: builtinType('int4') }
  const hasOrdinal = parts.some(part => part.kind === 'ordinal')
  const keyFields = parts.map(
    (part): ElementField => (part.kind === 'column' ? { kind: 'column', from: columns.indexOf(part.name) } : part),
  )
  return {
    list,
    parent,
    columns,
    delivered: columns.length,
    listAt: columns.indexOf(column.name),
    listColumn: column.name,
    fields: [
      ...keyFields,
      ...own.map((name): ElementField => ({ kind: 'column', from: columns.indexOf(name) })),
      { kind: 'element' },
      ...(hasOrdinal ? [] : [{ kind: 'ordinal' } as const]),
    ],
    named: [
      ...parts.map((part, i) => ({ name: partName(part, list), type: key.types[i] ?? builtinType('text') })),
      ...others,
      { name: list.as, type },
      ...(hasOrdinal ? [] : [ordinal]),
    ],
    element: { type, isArray: baseType(column.type).kind === 'array', isBinaryJson: baseType(column.type).name === 'jsonb' },
    countsEmpty: list.empty !== null,
    state: { kind: 'element' },
  }
}
