import { namesIn, parseExpression } from '../expression/parse-expression.ts'
import type { Relation } from '../model/catalogue.ts'
import { everyShape } from '../model/every-shape.ts'
import { everyValue } from '../model/every-value.ts'
import type { Entity, Expression, MappingValue, Numbering, Outcome, Related, Shape } from '../model/mapping.ts'

/** Every expression of an entity, in the order of the manifest. */
function expressionsOf(entity: Entity): readonly Expression[] {
  return [
    ...entity.with.flatMap(oursIn),
    ...entity.number.flatMap(inNumbering),
    ...entity.let.flatMap(named => inValue(named.value)),
    ...entity.rules.flatMap(rule => [rule.when, ...(rule.fate === 'same_as' ? rule.row.from : [])]),
    ...everyShape(entity).flatMap(inShape),
  ]
}

export function oursIn(related: Related): Expression[] {
  return related.match.flatMap(({ ours }) => inValue(ours))
}

export function inNumbering(numbering: Numbering): Expression[] {
  return [...numbering.within, ...numbering.order, ...(numbering.where ? [numbering.where] : [])]
}

function inShape(shape: Shape): Expression[] {
  const groups = shape.each?.groups.flatMap(group => group.map(member => member.value)) ?? []
  return [
    ...(shape.when ? [shape.when] : []),
    ...groups,
    ...(shape.each ? [shape.each.key] : []),
    ...(shape.each?.list ? [shape.each.list] : []),
    ...shape.columns.flatMap(column => inValue(column.value)),
  ]
}

function inValue(value: MappingValue): Expression[] {
  switch (value.kind) {
    case 'expression':
      return [value.expression]
    case 'constant':
      return []
    case 'pipeline':
      return [value.from, ...(value.when ? [value.when] : []), ...[...value.ifNull, ...value.otherwise, ...value.onLoss].flatMap(inOutcome)]
    case 'ref':
      return [...value.from, ...(value.when ? [value.when] : []), ...value.missing.flatMap(inOutcome)]
    case 'id':
      return [...(value.from ?? [])]
    case 'fn':
      return value.uses.map(use => use.value)
    case 'rest':
      return []
    case 'collect':
      // About its members: see namesUsed.
      return []
    case 'json':
      return value.fields.flatMap(field => inValue(field.value))
  }
}

function inOutcome(outcome: Outcome): Expression[] {
  return outcome.take !== null && 'from' in outcome.take ? [outcome.take.from] : []
}

/** The source columns an entity's expressions name, in the relation's order; names that are no column are somebody else's to report. */
export function columnsUsed(entity: Entity, relation: Pick<Relation, 'columns'>, defaults: readonly Outcome[]): readonly string[] {
  return columnsNamed(namesUsed(entity, defaults), relation)
}

/** The names in an entity's expressions, parts joined by dots. */
export function namesUsed(entity: Entity, defaults: readonly Outcome[]): ReadonlySet<string> {
  const names = namesInAll([...expressionsOf(entity), ...defaults.flatMap(inOutcome)])
  const collected = everyValue(entity).flatMap(value => {
    if (value.kind !== 'collect') return []
    const inner = namesInAll([...(value.key ? [value.key] : []), ...inValue(value.value)])
    return [...inner].map(name => `${value.list}.${name}`)
  })
  return new Set([...names, ...collected, ...wholeNames(entity)])
}

/** `name.*` of each related row or list a function is given as it is. */
function wholeNames(entity: Entity): readonly string[] {
  const paths = new Set(relatedPaths(entity.with))
  return everyValue(entity).flatMap(value =>
    value.kind === 'fn' ? value.uses.flatMap(({ value: { text } }) => (paths.has(text.trim()) ? [`${text.trim()}.${WHOLE}`] : [])) : [],
  )
}

/** Stands for every column of a related relation. */
export const WHOLE = '*'

/** Names of related rows: `name`, `outer.inner`. */
export function relatedPaths(related: readonly Related[]): readonly string[] {
  return related.flatMap(one => [one.name, ...relatedPaths(one.with).map(inner => `${one.name}.${inner}`)])
}

export function namesInAll(expressions: readonly Expression[]): ReadonlySet<string> {
  return new Set(expressions.flatMap(namesOf))
}

/** Names a related relation's own row must have: what it is matched and chosen by, and what rows related to it in turn are matched by. */
export function namesInRelated(related: Related): ReadonlySet<string> {
  const many =
    related.many === null
      ? []
      : [...related.many.order, ...related.many.number.flatMap(inNumbering), ...related.many.rules.map(rule => rule.when)]
  const own = [...related.match.map(({ theirs }) => theirs), ...(related.where ? [related.where] : []), ...many]
  return namesInAll([...own, ...related.with.flatMap(oursIn)])
}

/** `inner.Column` of `outer.inner.Column`, for one `outer`. */
export function innerNames(names: ReadonlySet<string>, outer: string): ReadonlySet<string> {
  const prefix = `${outer}.`
  return new Set([...names].filter(name => name.toLowerCase().startsWith(prefix)).map(name => name.slice(prefix.length)))
}

/** The columns among some names, in the relation's order. */
export function columnsNamed(names: ReadonlySet<string>, relation: Pick<Relation, 'columns'>): readonly string[] {
  const used = new Set([...names].map(name => matchColumn(name, relation)))
  return relation.columns.map(c => c.name).filter(name => used.has(name))
}

/** An expression that cannot be parsed names nothing here; compiling it reports why. */
function namesOf(expression: Expression): readonly string[] {
  try {
    return namesIn(parseExpression(expression)).map(parts => parts.join('.'))
  } catch {
    return []
  }
}

/** Exactly, else the only one that differs in case alone: legacy columns are `FirstName`. */
export function matchColumn(name: string, relation: { readonly columns: readonly { readonly name: string }[] }): string | null {
  const names = relation.columns.map(c => c.name)
  if (names.includes(name)) return name
  const matches = names.filter(known => known.toLowerCase() === name.toLowerCase())
  return matches.length === 1 ? (matches[0] ?? null) : null
}
