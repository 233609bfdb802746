import { isPerTenant } from '../base/address-template.ts'
import { tableLabel } from '../base/table-label.ts'
import { shapesOf } from '../model/every-shape.ts'
import type { Entity, Expression, Mapping, MappingValue, NamedValue, Related, Shape } from '../model/mapping.ts'
import type { Place } from '../model/place.ts'
import { checkAlternatives } from './check-alternatives.ts'
import { checkManyTables } from './check-many-tables.ts'
import { checkSourceName, unknownName } from './check-names.ts'
import { checkOwned } from './check-owned.ts'
import { checkRest } from './check-rest.ts'
import type { Problems } from './problems.ts'
import type { Tree } from './tree.ts'
import { child } from './tree-access.ts'

interface Context {
  readonly mapping: Mapping
  readonly problems: Problems
}

/** One entity against the rest of the manifest. */
export function checkEntity(manifest: Tree, entity: Entity, context: Context): void {
  const { mapping, problems } = context
  const entities = child(manifest, 'entities')
  const tree = entities && child(entities, entity.name)
  const placeOf = (key: string): Place => (tree && child(tree, key)?.at) ?? entity.at
  const services = mapping.services.map(service => service.name)
  if (!services.includes(entity.service))
    problems.add({ at: placeOf('service'), ...unknownName('a service', entity.service, services), entity: entity.name })
  if (checkSourceName(entity.from, placeOf('from'), { ...context, entity: entity.name })) checkShared(entity, placeOf('tenant'), context)
  checkRelated(entity.with, entity, context)
  checkOwned(entity, context)
  checkKey(entity, placeOf('key'), context)
  for (const { value } of entity.let) checkReferences(value, entity, context)
  for (const rule of entity.rules) if (rule.fate === 'same_as') checkReferences(rule.row, entity, context)
  checkTables(entity, context)
  checkManyTables(entity, problems)
  checkRest(entity, problems)
  for (const [index, shape] of entity.into.entries()) {
    checkAlternatives(shape, { entity, problems })
    for (const one of shapesOf(shape)) checkShape(one, { ...context, entity, isHead: index === 0 })
  }
}

function checkShared(entity: Entity, at: Place, { mapping, problems }: Context): void {
  const source = mapping.sources.find(({ name }) => name === entity.from.source)
  if (!entity.isShared || !source || !isPerTenant(source.url)) return
  const message = `expected rows without tenant from a shared source, got \`${source.name}\`, of which there is one per tenant`
  problems.add({
    code: 'MANIFEST_INVALID',
    at,
    message,
    next: 'Read them from a source without {tenant.…}, or take `tenant: none` out.',
    entity: entity.name,
  })
}

function checkRelated(related: readonly Related[], entity: Entity, context: Context): void {
  for (const one of related) {
    if (checkSourceName(one.from, one.at, { ...context, entity: entity.name })) checkShared({ ...entity, from: one.from }, one.at, context)
    for (const { ours } of one.match) refuseReference(ours, { name: one.name, entity, problems: context.problems })
    checkRelated(one.with, entity, context)
  }
}

/** Rows are matched by what the source says, not by identifiers made for the target. */
function refuseReference(ours: MappingValue, { name, entity, problems }: { name: string; entity: Entity; problems: Problems }): void {
  if (ours.kind !== 'ref' && ours.kind !== 'id') return
  problems.add({
    code: 'MANIFEST_INVALID',
    at: ours.at,
    message: `expected an expression or a constant to match \`${name}\` by, got \`${ours.kind}\``,
    next: 'Write the column that holds the legacy key.',
    entity: entity.name,
  })
}

/** A member of a list has no row in the target, so no identifier either, and no lists of its own. */
function refuseInMember(value: MappingValue, { entity, problems }: { entity: Entity; problems: Problems }): void {
  if (value.kind === 'json') for (const { value: inner } of value.fields) refuseInMember(inner, { entity, problems })
  if (
    value.kind === 'expression' ||
    value.kind === 'constant' ||
    value.kind === 'pipeline' ||
    value.kind === 'json' ||
    value.kind === 'ref'
  )
    return
  problems.add({
    code: 'MANIFEST_INVALID',
    at: value.at,
    message: `expected an expression, a constant, a pipeline, a reference or \`json\` as value of a member, got \`${value.kind}\``,
    next: 'Collect what the source says and references to other rows; the row’s own identifier belongs into a column.',
    entity: entity.name,
  })
}

function checkKey(entity: Entity, at: Place, { problems }: Context): void {
  if (entity.key === null || entity.key === 'content') return
  const twice = entity.key.find((name, i) => entity.key?.indexOf(name) !== i)
  if (twice !== undefined)
    problems.add({
      code: 'MANIFEST_INVALID',
      at,
      message: `expected each column once in the key, got \`${twice}\` again`,
      next: 'Take one of the two out.',
      entity: entity.name,
    })
}

function checkTables(entity: Entity, { problems }: Context): void {
  const seen = new Set<string>()
  for (const { schema, table, at } of entity.into) {
    const name = JSON.stringify([schema, table])
    if (seen.has(name))
      problems.add({
        code: 'MANIFEST_INVALID',
        at,
        message: `expected each table once under \`into\`, got ${tableLabel(schema, table)} again`,
        next: 'Use `each` for several rows of one table.',
        entity: entity.name,
      })
    seen.add(name)
  }
}

interface ShapeContext extends Context {
  readonly entity: Entity
  readonly isHead: boolean
}

function checkShape(shape: Shape, context: ShapeContext): void {
  const { entity, isHead, problems } = context
  const table = tableLabel(shape.schema, shape.table)
  const invalid = (at: Place, message: string, next: string): void =>
    problems.add({ code: 'MANIFEST_INVALID', at, message, next, entity: entity.name, table })
  if (isHead && shape.isOptional)
    invalid(
      shape.at,
      'expected the first table under `into` to be the whole row’s fate, got `optional: true` on it',
      'Take `optional` out; only parts may be optional.',
    )
  const ids = shape.columns.filter(column => column.value.kind === 'id')
  if (ids.length > 1)
    invalid(
      ids[1]?.at ?? shape.at,
      `expected at most one column with \`id\` in ${table}, got ${ids.length}`,
      'Keep the one `ref` is to yield.',
    )
  for (const { value, at } of ids)
    if (value.kind === 'id' && value.strategy === 'lookup') checkLookUp({ from: value.from, at, isHead }, invalid)
  const names = shape.each?.groups.map(group => new Set(group.map(field => field.name))) ?? []
  const first = [...(names[0] ?? [])]
  const odd = names.find(group => group.size !== first.length || first.some(name => !group.has(name)))
  if (odd)
    invalid(
      shape.at,
      `expected the same names in each group of \`each\`, got ${first.join(', ')} in one and ${[...odd].join(', ')} in another`,
      'Write NULL for what a group does not have: phone: "null".',
    )
  for (const column of shape.columns) checkReferences(column.value, entity, context)
}

function checkLookUp(
  { from, at, isHead }: { readonly from: readonly Expression[] | null; readonly at: Place; readonly isHead: boolean },
  invalid: (at: Place, message: string, next: string) => void,
): void {
  if (!isHead)
    invalid(
      at,
      'expected `id: lookup` in the first table under `into`, got it in another',
      'Refer to the row instead: { ref: …, from: … }.',
    )
  else if (from?.length !== 1)
    invalid(
      at,
      `expected one expression under \`from\` beside \`id: lookup\`, got ${from?.length ?? 'none'}`,
      'Name the column that holds the identifier, as in { id: lookup, from: subject.sub }.',
    )
}

function checkReferences(value: MappingValue, entity: Entity, context: Context): void {
  if (value.kind === 'json') for (const field of value.fields as readonly NamedValue[]) checkReferences(field.value, entity, context)
  if (value.kind === 'collect') {
    refuseInMember(value.value, { entity, problems: context.problems })
    checkReferences(value.value, entity, context)
  }
  if (value.kind !== 'ref') return
  const { mapping, problems } = context
  const names = mapping.entities.map(({ name }) => name)
  for (const name of value.entities) {
    const parent = mapping.entities.find(candidate => candidate.name === name)
    if (!parent) problems.add({ at: value.at, ...unknownName('an entity', name, names), entity: entity.name })
    else checkParent(parent, { value, entity, problems })
  }
}

function checkParent(
  parent: Entity,
  { value, entity, problems }: { value: Extract<MappingValue, { kind: 'ref' }>; entity: Entity; problems: Problems },
): void {
  const invalid = (message: string, next: string): void =>
    problems.add({ code: 'MANIFEST_INVALID', at: value.at, message, next, entity: entity.name })
  if (entity.isShared && !parent.isShared)
    invalid(
      `expected a reference to rows without tenant from \`${entity.name}\`, got \`${parent.name}\`, whose rows belong to tenants`,
      'A shared row cannot refer to a row of one tenant.',
    )
  if (parent.key === 'content') {
    invalid(
      `expected an entity with a key, got \`${parent.name}\`, whose rows are told apart by content`,
      'Give it a key, or drop the reference.',
    )
    return
  }
  const wanted = parent.key?.length ?? value.from.length
  if (wanted !== value.from.length)
    invalid(
      `expected ${wanted} ${wanted === 1 ? 'expression' : 'expressions'} for the key of \`${parent.name}\`, got ${value.from.length}`,
      `Its key is ${parent.key?.join(', ')}: write as many under \`from\`.`,
    )
}
