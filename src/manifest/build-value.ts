import type { Expression, IdStrategy, MappingValue, NamedValue, Outcome, RestMatch, RestTypesFrom } from '../model/mapping.ts'
import { jsonLiteral } from './json-literal.ts'
import { readRelationName } from './relation-name.ts'
import type { Entry, Tree } from './tree.ts'
import { asScalar, child, childText, entriesOf, oneOrMany, required, requiredText, textsOf } from './tree-access.ts'

/** Trees of checked form → column values and outcomes. `source`: the one relations are of where none is written. */

export function buildValue(tree: Tree, source: string): MappingValue {
  if (tree.kind === 'scalar') return { kind: 'expression', expression: buildExpression(tree) }
  if (child(tree, 'ref')) return buildReference(tree)
  if (child(tree, 'id')) return buildIdentifier(tree)
  if (child(tree, 'fn')) return buildFunction(tree)
  if (child(tree, 'rest')) return buildRest(tree, source)
  if (child(tree, 'collect'))
    return {
      kind: 'collect',
      list: requiredText(tree, 'collect'),
      into: requiredText(tree, 'into') === 'object' ? 'object' : 'array',
      key: buildOptionalExpression(child(tree, 'key')),
      value: buildValue(required(tree, 'value'), source),
      at: tree.at,
    }
  if (child(tree, 'json'))
    return {
      kind: 'json',
      fields: entriesOf(child(tree, 'json')).map(entry => buildNamed(entry, source)),
      nulls: childText(tree, 'nulls') === 'drop' ? 'drop' : 'keep',
      at: tree.at,
    }
  const constant = child(tree, 'value')
  if (constant) return { kind: 'constant', value: jsonLiteral(constant), at: tree.at }
  return buildPipeline(tree)
}

export function buildNamed(entry: Entry, source: string): NamedValue {
  return { name: entry.key, value: buildValue(entry.value, source), at: entry.keyAt }
}

export function buildExpression(tree: Tree): Expression {
  return { text: asScalar(tree).text, at: tree.at }
}

export function buildOptionalExpression(tree: Tree | null): Expression | null {
  return tree ? buildExpression(tree) : null
}

export function buildOutcomes(tree: Tree | null): readonly Outcome[] {
  return oneOrMany(tree).map(item => ({ take: buildTake(item), note: childText(item, 'note'), at: item.at }))
}

/** What the form check lets through under `id`. */
export function asIdStrategy(text: string | null): IdStrategy | null {
  return text === 'ordered' || text === 'hashed' || text === 'v5' || text === 'keep' || text === 'lookup' ? text : null
}

function buildTake(tree: Tree): Outcome['take'] {
  const value = child(tree, 'value')
  if (value) return { value: jsonLiteral(value) }
  const from = child(tree, 'from')
  if (from) return { from: buildExpression(from) }
  const exclude = childText(tree, 'exclude')
  if (exclude !== null) return { exclude }
  const quarantine = childText(tree, 'quarantine')
  if (quarantine !== null) return { quarantine }
  return child(tree, 'allow') ? { allow: true } : null
}

export function buildReference(tree: Tree): Extract<MappingValue, { kind: 'ref' }> {
  return {
    kind: 'ref',
    entities: textsOf(required(tree, 'ref')),
    from: oneOrMany(required(tree, 'from')).map(buildExpression),
    missing: buildOutcomes(child(tree, 'missing')),
    when: buildOptionalExpression(child(tree, 'when')),
    at: tree.at,
  }
}

function buildIdentifier(tree: Tree): MappingValue {
  const from = child(tree, 'from')
  return {
    kind: 'id',
    strategy: asIdStrategy(requiredText(tree, 'id')) ?? 'ordered',
    from: from ? oneOrMany(from).map(buildExpression) : null,
    at: tree.at,
  }
}

function buildFunction(tree: Tree): MappingValue {
  const [file = '', name = ''] = requiredText(tree, 'fn').split('#')
  const uses = required(tree, 'uses')
  const named =
    uses.kind === 'map'
      ? entriesOf(uses).map(({ key, value }) => ({ name: key, value: buildExpression(value) }))
      : oneOrMany(uses).map(item => ({ name: lastPart(asScalar(item).text), value: buildExpression(item) }))
  return { kind: 'fn', file, name, uses: named, as: childText(tree, 'as'), inverse: childText(tree, 'inverse'), at: tree.at }
}

function lastPart(text: string): string {
  return (/[^.]*$/.exec(text.trim())?.[0] ?? text).replace(/^"(.*)"$/, '$1')
}

function buildRest(tree: Tree, source: string): MappingValue {
  const types = child(tree, 'types')
  const isFrom = types !== null && child(types, 'match') !== null
  return {
    kind: 'rest',
    types:
      types === null || isFrom
        ? null
        : entriesOf(types).map(entry => ({ column: entry.key, type: asScalar(entry.value).text, at: entry.value.at })),
    typesFrom: isFrom ? buildTypesFrom(types, source) : null,
    undeclared: buildOutcomes(child(tree, 'undeclared')),
    at: tree.at,
  }
}

function buildTypesFrom(tree: Tree, source: string): RestTypesFrom {
  const as = required(tree, 'as')
  const map = as.kind === 'map' ? child(as, 'map') : null
  return {
    from: readRelationName(requiredText(tree, 'from'), source),
    match: entriesOf(required(tree, 'match')).map(({ key, value }) => ({ theirs: key, ours: buildMatch(value) })),
    column: as.kind === 'map' ? requiredText(as, 'from') : asScalar(as).text,
    map: map && entriesOf(map).map(({ key, value }) => ({ from: key, to: asScalar(value).text })),
    otherwise: as.kind === 'map' ? buildOutcomes(child(as, 'else')) : [],
    at: tree.at,
  }
}

function buildMatch(tree: Tree): RestMatch {
  if (tree.kind === 'map') return { kind: 'constant', text: requiredText(tree, 'value') }
  const text = asScalar(tree).text.trim()
  return text === 'rest.name' ? { kind: 'name' } : { kind: 'carried', name: text }
}

function buildPipeline(tree: Tree): MappingValue {
  const map = child(tree, 'map')
  return {
    kind: 'pipeline',
    from: buildExpression(required(tree, 'from')),
    when: buildOptionalExpression(child(tree, 'when')),
    cleanse: textsOf(child(tree, 'cleanse')),
    ifNull: buildOutcomes(child(tree, 'if_null')),
    map: map
      ? entriesOf(map).map(entry => ({
          from: entry.keyType === 'boolean' ? entry.key.toLowerCase() : entry.key,
          to: jsonLiteral(entry.value),
        }))
      : null,
    otherwise: buildOutcomes(child(tree, 'else')),
    as: childText(tree, 'as'),
    onLoss: buildOutcomes(child(tree, 'on_loss')),
    at: tree.at,
  }
}
