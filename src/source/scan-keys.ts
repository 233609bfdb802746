import type { Relation } from '../model/catalogue.ts'
import type { SourceKey } from '../model/source-key.ts'
import type { ReadRequest } from './source.ts'

/** All rows of a relation, in no order that means anything. */
export const WHOLE: SourceKey = { kind: 'columns', names: [] }

/** Why a file cannot answer a request by itself, in a few words for people; null = it can. */
export function whyNotAsItLies({ relation, key, inOrder }: Pick<ReadRequest, 'relation' | 'key' | 'inOrder'>): string | null {
  if (inOrder === true && (key.kind === 'content' || key.names.length > 0)) return 'rows are wanted in the order of their key'
  return whyNotScanned(relation, key)
}

/** Why rows of a file cannot be read by a key as they lie there, in a few words for people; null = they can: no key is asked for, or the catalogue says it names one row. */
export function whyNotScanned(relation: Relation, key: SourceKey): string | null {
  if (relation.query !== undefined) return 'SQL of the mapping'
  if (key.kind === 'content') return 'rows are told apart by their content'
  if (key.names.length === 0) return null
  const nullable = key.names.filter(name => !relation.columns.some(column => column.name === name && !column.isNullable))
  if (nullable.length > 0) return `the key may be NULL (${nullable.join(', ')})`
  const isUnique = relation.uniqueKeys.some(
    ({ columns, isPartialOrExpression }) =>
      !isPartialOrExpression && columns.length > 0 && columns.every(column => key.names.includes(column)),
  )
  return isUnique ? null : `nothing makes the key unique (${key.names.join(', ')})`
}
