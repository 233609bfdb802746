import type { Node } from 'libpg-query'
import type { RehouseError } from '../errors.ts'
import { invalid } from './expression-error.ts'
import type { ExpressionText } from './expression-text.ts'

/** What a person would call the nodes they are most likely to meet. */
const NAMES: Readonly<Record<string, string>> = {
  SubLink: 'a subquery',
  ParamRef: 'a parameter',
  A_ArrayExpr: 'an array',
  RowExpr: 'a row of several values',
  A_Indirection: 'a part of a value ([…] or (…).x)',
  CollateClause: 'collate',
  SQLValueFunction: 'a value that depends on when and by whom it is computed',
  BooleanTest: 'is true, is false or is unknown',
  MinMaxExpr: 'greatest or least',
  SetToDefault: 'default',
  GroupingFunc: 'grouping',
  XmlExpr: 'an XML function',
  XmlSerialize: 'an XML function',
  A_Star: '*',
}

/** The error for a node that is not of the subset, at its place as far as the parser tells it. */
export function refusalOf(node: Node, source: ExpressionText): RehouseError {
  const [kind = 'nothing', content] = Object.entries(node)[0] ?? []
  const what = NAMES[kind] ?? (kind.startsWith('Json') ? 'a JSON function' : kind)
  const at = source.placeOfByte(locationOf(content))
  if (kind === 'SQLValueFunction')
    return invalid(at, `expected a part of the subset, got ${what}`, 'If it is a column, put its name in "double quotes".')
  return invalid(at, `expected a part of the subset, got ${what}`)
}

/** The first location in the tree below; nodes such as `a[1]` have none of their own. */
function locationOf(content: unknown): number | undefined {
  if (typeof content !== 'object' || content === null) return undefined
  if ('location' in content && typeof content.location === 'number') return content.location
  for (const part of Object.values(content)) {
    const location = locationOf(part)
    if (location !== undefined) return location
  }
  return undefined
}
