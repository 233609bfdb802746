import { namesIn, parseExpression } from '../expression/parse-expression.ts'
import type { Relation } from '../model/catalogue.ts'
import { everyShape } from '../model/every-shape.ts'
import type { Entity, Expression, MappingValue, Outcome, Shape } from '../model/mapping.ts'

/** Every expression of an entity, in the order of the manifest. */
function expressionsOf(entity: Entity): readonly Expression[] {
  return [
    ...entity.let.flatMap(named => inValue(named.value)),
    ...entity.rules.map(rule => rule.when),
    ...everyShape(entity).flatMap(inShape),
  ]
}

function inShape(shape: Shape): Expression[] {
  const groups = shape.each?.groups.flatMap(group => group.map(member => member.value)) ?? []
  return [
    ...(shape.when ? [shape.when] : []),
    ...groups,
    ...(shape.each ? [shape.each.key] : []),
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
    case 'rest':
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
  const used = new Set<string>()
  const expressions = [...expressionsOf(entity), ...defaults.flatMap(inOutcome)]
  for (const expression of expressions) {
    for (const name of namesOf(expression)) {
      const column = matchColumn(name, relation)
      if (column !== null) used.add(column)
    }
  }
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
