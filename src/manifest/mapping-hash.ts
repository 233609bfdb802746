import { createHash } from 'node:crypto'
import type {
  CleanseRule,
  DrivingList,
  Entity,
  Expression,
  JsonLiteral,
  ListedTables,
  Mapping,
  MappingValue,
  NamedValue,
  Numbering,
  Outcome,
  Related,
  RestTypesFrom,
  Rule,
  Shape,
} from '../model/mapping.ts'

/**
 * SHA-256 (hex) of what decides what a row becomes. Not in it: addresses, batch sizes, stop rules, phases, reasons, comments, places, and the order of keys.
 * In it with its order: rules, outcomes, named values, keys of JSON documents, groups, and which table is the head.
 */
export function mappingHash(mapping: Omit<Mapping, 'hash'>): string {
  return createHash('sha256')
    .update(JSON.stringify(canonicalMapping(mapping)))
    .digest('hex')
}

type Canonical = null | boolean | number | string | readonly Canonical[]

/** Raised when the canonical form changes: hashes of other forms must not compare equal by accident. */
const FORM = 'rehouse mapping 2'

function canonicalMapping(mapping: Omit<Mapping, 'hash'>): Canonical {
  const tenantColumns = new Map(mapping.services.map(service => [service.name, service.tenantColumn]))
  const { tenants, exclude } = mapping
  return [
    FORM,
    mapping.migration,
    mapping.time.gap,
    mapping.time.overlap,
    sorted(Object.entries(mapping.options).map(([name, value]) => [name, value])),
    mapping.defaults.id,
    mapping.defaults.onLoss.map(outcome),
    'columns' in tenants ? [tenants.columns.key, tenants.columns.id, tenants.columns.zone] : tenants.kind === 'single' ? null : [],
    sorted([...exclude.tables.map(({ pattern }) => ['table', pattern]), ...exclude.columns.map(({ pattern }) => ['column', pattern])]),
    sorted(mapping.entities.map(entity => canonicalEntity(entity, tenantColumns.get(entity.service) ?? null))),
    ...(mapping.views.length === 0 ? [] : [sorted(mapping.views.map(({ name, sql, key }) => [name, sql, key]))]),
    ...(mapping.functions.length === 0 ? [] : [sorted(mapping.functions.map(({ file, source }) => ['function', file, source]))]),
    ...(mapping.cleanse.length === 0 ? [] : [sorted(mapping.cleanse.map(cleanseRule))]),
  ]
}

function cleanseRule({ name, steps }: CleanseRule): Canonical {
  const canonical = steps.map(step => {
    if (step.kind === 'word') return step.word
    return step.kind === 'regex'
      ? ['regex', step.pattern, step.by]
      : ['map', sorted(step.entries.map(({ from, to }) => [from, literal(to)]))]
  })
  return [name, canonical]
}

function canonicalEntity(entity: Entity, tenantColumn: string | null): Canonical {
  const [head, ...parts] = entity.into.map(shape)
  return [
    entity.name,
    entity.service,
    tenantColumn,
    entity.isShared,
    [entity.from.source, entity.from.schema, entity.from.name, ...(entity.isOptional ? ['optional'] : [])],
    sorted(entity.mayLack),
    entity.key,
    entity.id,
    sorted(entity.with.map(related)),
    sorted(entity.number.map(numbering)),
    entity.let.map(named),
    entity.rules.map(rule),
    head ?? null,
    sorted(parts),
    ...(entity.list === null ? [] : [list(entity.list)]),
    ...(entity.tables === null ? [] : [listedTables(entity.tables)]),
  ]
}

function numbering(of: Numbering): Canonical {
  return [of.name, of.within.map(expression), of.order.map(expression), optional(of.where)]
}

function rule(of: Rule): Canonical {
  return [expression(of.when), of.fate, of.fate === 'same_as' ? value(of.row) : of.code]
}

function related(of: Related): Canonical {
  const match = of.match.map(({ theirs, ours }) => [expression(theirs), value(ours)])
  const many = of.many && [of.many.order.map(expression), sorted(of.many.number.map(numbering)), of.many.rules.map(rule)]
  // What is not said must not change the hash of what was said before there was a word for it.
  const owns = of.owns === null ? [] : [[of.owns.fate, of.owns.code]]
  return [
    of.name,
    [of.from.source, of.from.schema, of.from.name],
    sorted(match),
    optional(of.where),
    sorted(of.with.map(related)),
    many,
    ...owns,
  ]
}

function list({ column, as, empty, notAList }: DrivingList): Canonical {
  return ['each', column, as, empty && [empty.fate, empty.code], [notAList.fate, notAList.code]]
}

/** What is said of missing and unlisted tables makes no row another. */
function listedTables({ listing, name, carry }: ListedTables): Canonical {
  return ['tables', [listing.source, listing.schema, listing.name], name, sorted(carry.map(one => [one.name, one.column]))]
}

function shape(of: Shape): Canonical {
  const each = of.each && [
    of.each.as,
    of.each.groups.map(group => sorted(group.map(field => [field.name, expression(field.value)]))),
    expression(of.each.key),
    ...(of.each.list === null ? [] : [expression(of.each.list)]),
  ]
  const own: readonly Canonical[] = [of.schema, of.table, optional(of.when), of.note, of.isOptional, each, sorted(of.columns.map(named))]
  return of.alternatives.length === 0 ? own : [...own, of.alternatives.map(shape)]
}

function named(of: NamedValue): Canonical {
  return [of.name, value(of.value)]
}

function value(of: MappingValue): Canonical {
  switch (of.kind) {
    case 'expression':
      return ['expression', expression(of.expression)]
    case 'constant':
      return ['constant', literal(of.value)]
    case 'pipeline': {
      const map = of.map && sorted(of.map.map(({ from, to }) => [from, literal(to)]))
      return [
        'pipeline',
        expression(of.from),
        optional(of.when),
        of.ifNull.map(outcome),
        map,
        of.otherwise.map(outcome),
        of.as,
        of.onLoss.map(outcome),
        ...(of.cleanse.length === 0 ? [] : [of.cleanse]),
      ]
    }
    case 'ref':
      return ['ref', of.entities, of.from.map(expression), of.missing.map(outcome), optional(of.when)]
    case 'id':
      return ['id', of.strategy, of.from?.map(expression) ?? null]
    case 'fn':
      return ['fn', of.file, of.name, sorted(of.uses.map(use => [use.name, expression(use.value)])), of.as, of.inverse]
    case 'rest':
      return [
        'rest',
        of.types && sorted(of.types.map(({ column, type }) => [column, type])),
        of.undeclared.map(outcome),
        ...(of.typesFrom === null ? [] : [typesFrom(of.typesFrom)]),
      ]
    case 'collect':
      return ['collect', of.list, of.into, optional(of.key), value(of.value)]
    case 'json':
      return ['json', of.fields.map(named), of.nulls]
  }
}

function typesFrom({ from, match, column, map, otherwise }: RestTypesFrom): Canonical {
  const matched = match.map(({ theirs, ours }) => [
    theirs,
    ours.kind,
    ours.kind === 'constant' ? ours.text : ours.kind === 'carried' ? ours.name : null,
  ])
  const words = map && sorted(map.map(({ from: word, to }) => [word, to]))
  return [[from.source, from.schema, from.name], sorted(matched), column, words, otherwise.map(outcome)]
}

function expression(of: Expression): Canonical {
  return of.text.trim()
}

function optional(of: Expression | null): Canonical {
  return of && expression(of)
}

function outcome(of: Outcome): Canonical {
  const { take } = of
  const taken =
    take === null
      ? null
      : 'value' in take
        ? ['value', literal(take.value)]
        : 'from' in take
          ? ['from', expression(take.from)]
          : Object.entries(take).flat()
  return [taken, of.note]
}

/** Told apart by kind: the number 1, the text "1" and the list [1] are three things. */
function literal(of: JsonLiteral): Canonical {
  if (of === null || typeof of === 'boolean') return of
  if (typeof of === 'string') return ['text', of]
  if ('digits' in of) return ['number', of.digits]
  if ('object' in of) return ['object', of.object.map(([key, inner]) => [key, literal(inner)])]
  return ['list', of.map(literal)]
}

/** By their JSON text: an order that no key of the file decides. */
function sorted(of: readonly Canonical[]): Canonical {
  return of
    .map(item => ({ item, text: JSON.stringify(item) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ item }) => item)
}
