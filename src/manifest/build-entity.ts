import { splitName } from '../base/table-label.ts'
import {
  type BatchOptions,
  CONFLICT_RULES,
  type ConflictRule,
  type DrivingList,
  type Entity,
  type Example,
  type ListedTables,
  type MemberRule,
  type Numbering,
  type Related,
  type RelatedMany,
  type RelationName,
  type RowFate,
  type Rule,
  type Shape,
  TABLES,
} from '../model/mapping.ts'
import { asIdStrategy, buildExpression, buildNamed, buildOptionalExpression, buildReference, buildValue } from './build-value.ts'
import { jsonLiteral } from './json-literal.ts'
import { readBytes, readMilliseconds } from './quantities.ts'
import { readRelationName } from './relation-name.ts'
import type { Entry, Tree } from './tree.ts'
import { asScalar, child, childText, entriesOf, oneOrMany, required, requiredText, textsOf } from './tree-access.ts'

/** What holds where neither the entity nor `defaults` says otherwise. Rows and bytes: measured, see design.md; whichever comes first closes a batch. */
export const DEFAULT_BATCH: BatchOptions = { rows: 100_000, bytes: 32 * 1024 * 1024, retries: 5, timeoutMs: 600_000 }

export interface EntityContext {
  readonly defaultSource: string
  readonly batch: BatchOptions
  readonly onConflict: ConflictRule
}

/** A tree of checked form → an entity. */
export function buildEntity(entry: Entry, context: EntityContext): Entity {
  const tree = entry.value
  const from = required(tree, 'from')
  const tables = from.kind === 'map' ? buildTables(from, context) : null
  return {
    name: entry.key,
    service: requiredText(tree, 'service'),
    isShared: childText(tree, 'tenant') === 'none',
    isLeftOut: false,
    from: tables === null ? buildFrom(from, context) : { source: tables.listing.source, schema: TABLES, name: entry.key },
    isOptional: from.kind === 'map' && childText(from, 'optional')?.toLowerCase() === 'true',
    mayLack: from.kind === 'map' ? textsOf(child(from, 'may_lack')) : [],
    list: from.kind === 'map' ? buildList(from) : null,
    tables,
    key: buildKey(child(tree, 'key')),
    id: asIdStrategy(childText(tree, 'id')),
    with: entriesOf(child(tree, 'with')).map(related => buildRelated(related, context)),
    number: entriesOf(child(tree, 'number')).map(buildNumbering),
    let: entriesOf(child(tree, 'let')).map(named => buildNamed(named, context.defaultSource)),
    rules: oneOrMany(child(tree, 'rules')).map(buildRule),
    into: entriesOf(required(tree, 'into')).map(table => buildTable(table, context)),
    batch: buildBatch(child(tree, 'batch'), context.batch),
    onConflict: asConflictRule(childText(tree, 'on_conflict')) ?? context.onConflict,
    examples: oneOrMany(child(tree, 'examples')).map(buildExample),
    at: entry.keyAt,
  }
}

function buildFrom(from: Tree, { defaultSource }: EntityContext): RelationName {
  return readRelationName(from.kind === 'map' ? requiredText(from, 'table') : asScalar(from).text, defaultSource)
}

function buildTables(from: Tree, { defaultSource }: EntityContext): ListedTables | null {
  const tables = child(from, 'tables')
  if (!tables) return null
  const carry = child(from, 'carry')
  const missing = child(from, 'missing')
  const note = missing && childText(missing, 'note')
  return {
    listing: readRelationName(asScalar(tables).text, defaultSource),
    name: requiredText(from, 'name'),
    carry:
      carry?.kind === 'map'
        ? entriesOf(carry).map(({ key, value }) => ({ name: key, column: asScalar(value).text }))
        : textsOf(carry).map(column => ({ name: column, column })),
    missing: missing && (note === null ? { kind: 'exclude', code: requiredText(missing, 'exclude') } : { kind: 'note', code: note }),
    unlisted: childText(from, 'unlisted'),
    at: tables.at,
  }
}

export function asConflictRule(text: string | null): ConflictRule | null {
  return CONFLICT_RULES.find(rule => rule === text) ?? null
}

export function buildBatch(tree: Tree | null, otherwise: BatchOptions): BatchOptions {
  if (!tree) return otherwise
  const [rows, bytes, retries, timeout] = ['rows', 'bytes', 'retries', 'timeout'].map(key => childText(tree, key))
  return {
    rows: rows == null ? otherwise.rows : Number(rows),
    bytes: bytes == null ? otherwise.bytes : readBytes(bytes),
    retries: retries == null ? otherwise.retries : Number(retries),
    timeoutMs: timeout == null ? otherwise.timeoutMs : readMilliseconds(timeout),
  }
}

function buildList(from: Tree): DrivingList | null {
  const each = child(from, 'each')
  if (!each) return null
  return {
    column: asScalar(each).text,
    as: requiredText(from, 'as'),
    empty: buildFate(child(from, 'empty')),
    notAList: buildFate(child(from, 'not_a_list')) ?? { fate: 'quarantine', code: 'not_a_list' },
    at: each.at,
  }
}

function buildFate(tree: Tree | null): RowFate | null {
  if (!tree) return null
  const exclude = childText(tree, 'exclude')
  return exclude === null ? { fate: 'quarantine', code: requiredText(tree, 'quarantine') } : { fate: 'exclude', code: exclude }
}

function buildExample(tree: Tree): Example {
  return {
    tenant: childText(tree, 'tenant'),
    key: textsOf(required(tree, 'key')),
    values: entriesOf(required(tree, 'values')).map(({ key: column, keyAt: at, value }) => ({ column, value: jsonLiteral(value), at })),
    at: tree.at,
  }
}

function buildKey(tree: Tree | null): Entity['key'] {
  if (!tree) return null
  return tree.kind === 'map' ? 'content' : textsOf(tree)
}

function buildRelated({ key: name, keyAt: at, value: tree }: Entry, context: EntityContext): Related {
  return {
    name,
    from: readRelationName(requiredText(tree, 'from'), context.defaultSource),
    match: entriesOf(required(tree, 'match')).map(({ key, keyAt, value }) => ({
      theirs: { text: key, at: keyAt },
      ours: buildValue(value, context.defaultSource),
    })),
    where: buildOptionalExpression(child(tree, 'where')),
    with: entriesOf(child(tree, 'with')).map(inner => buildRelated(inner, context)),
    many: child(tree, 'many') ? buildMany(tree) : null,
    owns: buildOwns(child(tree, 'owns')),
    at,
  }
}

function buildOwns(tree: Tree | null): Related['owns'] {
  return tree && buildFate(required(tree, 'orphans'))
}

function buildMany(tree: Tree): RelatedMany {
  return {
    order: oneOrMany(child(tree, 'order')).map(buildExpression),
    number: entriesOf(child(tree, 'number')).map(buildNumbering),
    rules: oneOrMany(child(tree, 'rules')).map(buildMemberRule),
  }
}

function buildNumbering({ key: name, keyAt: at, value: tree }: Entry): Numbering {
  return {
    name,
    within: oneOrMany(child(tree, 'within')).map(buildExpression),
    order: oneOrMany(required(tree, 'order')).map(buildExpression),
    where: buildOptionalExpression(child(tree, 'where')),
    at,
  }
}

function buildRule(tree: Tree): Rule {
  const same = child(tree, 'same_as')
  if (!same) return buildMemberRule(tree)
  return { when: buildExpression(required(tree, 'when')), fate: 'same_as', row: buildReference(same), at: tree.at }
}

function buildMemberRule(tree: Tree): MemberRule {
  const when = buildExpression(required(tree, 'when'))
  for (const fate of ['exclude', 'quarantine'] as const) {
    const code = childText(tree, fate)
    if (code !== null) return { when, fate, code, at: tree.at }
  }
  return { when, fate: 'note', code: requiredText(tree, 'note'), at: tree.at }
}

/** A table and its shape, or its shapes. */
function buildTable(entry: Entry, context: EntityContext): Shape {
  const { parts } = splitName(entry.key)
  const table = { schema: parts[0]?.text ?? '', table: parts[1]?.text ?? '' }
  if (entry.value.kind !== 'list') return buildShape(entry.value, { ...table, alternatives: [], at: entry.keyAt }, context)
  const [first, ...others] = entry.value.items
  const alternatives = others.map(tree => buildShape(tree, { ...table, alternatives: [], at: tree.at }, context))
  return buildShape(first ?? entry.value, { ...table, alternatives, at: first?.at ?? entry.keyAt }, context)
}

function buildShape(tree: Tree, table: Pick<Shape, 'schema' | 'table' | 'alternatives' | 'at'>, { defaultSource }: EntityContext): Shape {
  return {
    ...table,
    columns: entriesOf(required(tree, 'columns')).map(column => buildNamed(column, defaultSource)),
    when: buildOptionalExpression(child(tree, 'when')),
    note: childText(tree, 'note'),
    isOptional: childText(tree, 'optional')?.toLowerCase() === 'true',
    each: buildGroups(tree),
  }
}

function buildGroups(tree: Tree): Shape['each'] {
  const each = child(tree, 'each')
  if (!each) return null
  const rows = { as: requiredText(tree, 'as'), key: buildExpression(required(tree, 'key')) }
  if (each.kind === 'scalar') return { ...rows, groups: [], list: buildExpression(each) }
  const groups = oneOrMany(each).map(group => entriesOf(group).map(({ key, value }) => ({ name: key, value: buildExpression(value) })))
  return { ...rows, groups, list: null }
}
