import { everyValue } from '../model/every-value.ts'
import type {
  Defaults,
  Entity,
  Exclusion,
  Finish,
  Mapping,
  Phase,
  ServiceRef,
  SourceRef,
  StopRules,
  TenantColumns,
  TenantsFrom,
  View,
} from '../model/mapping.ts'
import type { Place } from '../model/place.ts'
import { buildCleanseRule } from './build-cleanse.ts'
import { asConflictRule, buildBatch, buildEntity, DEFAULT_BATCH } from './build-entity.ts'
import { asIdStrategy, buildOutcomes } from './build-value.ts'
import { mappingHash } from './mapping-hash.ts'
import { readShare } from './quantities.ts'
import { readRelationName } from './relation-name.ts'
import type { Entry, Tree } from './tree.ts'
import { asScalar, child, childText, entriesOf, oneOrMany, requiredText, textsOf } from './tree-access.ts'

export interface Beside {
  readonly options: Readonly<Record<string, string>>
  /** Files of functions that are there, by the name the manifest has for them. */
  readonly functions: ReadonlyMap<string, string>
}

/** A tree of checked form and what stands beside it → the mapping, names not yet checked against one another. */
export function buildMapping(file: string, tree: Tree, { options, functions }: Beside): Mapping {
  const sources = entriesOf(child(tree, 'sources')).map(buildSource)
  const { batch, onConflict } = buildDefaults(child(tree, 'defaults'), tree.at)
  const context = { defaultSource: sources[0]?.name ?? '', batch, onConflict }
  const entities = entriesOf(child(tree, 'entities')).map(entry => buildEntity(entry, context))
  const time = child(tree, 'time')
  const exclude = child(tree, 'exclude')
  const mapping = {
    migration: requiredText(tree, 'migration'),
    file,
    sources,
    staging: buildStaging(child(tree, 'staging')),
    tenants: buildTenants(child(tree, 'tenants'), context.defaultSource),
    time: { gap: asGap(time && childText(time, 'gap')), overlap: asOverlap(time && childText(time, 'overlap')) },
    services: entriesOf(child(tree, 'services')).map(buildService),
    options,
    cleanse: entriesOf(child(tree, 'cleanse')).map(buildCleanseRule),
    functions: functionsOf(entities, functions),
    defaults: buildDefaults(child(tree, 'defaults'), tree.at),
    stop: buildStop(child(tree, 'stop')),
    phases: buildPhases(child(tree, 'phases'), entities),
    views: entriesOf(child(tree, 'views')).map(buildView),
    exclude: {
      tables: entriesOf(exclude && child(exclude, 'tables')).map(buildExclusion),
      columns: entriesOf(exclude && child(exclude, 'columns')).map(buildExclusion),
    },
    entities,
    finish: oneOrMany(child(tree, 'finish')).map(one => buildFinish(one, entriesOf(child(tree, 'services'))[0]?.key ?? '')),
  }
  return { ...mapping, hash: mappingHash(mapping) }
}

function buildFinish(tree: Tree, service: string): Finish {
  if (tree.kind === 'map') return { service: requiredText(tree, 'service'), sql: requiredText(tree, 'sql'), at: tree.at }
  return { service, sql: asScalar(tree).text, at: tree.at }
}

function buildView({ key: name, keyAt: at, value }: Entry): View {
  // What ends a statement is none of a query's business.
  const sql = requiredText(value, 'sql').trim().replace(/;\s*$/, '')
  return { name, sql, key: textsOf(child(value, 'key')), within: textsOf(child(value, 'within')), at }
}

function inverseFile({ inverse }: { readonly inverse: string | null }): readonly string[] {
  return inverse === null || inverse === 'none' ? [] : [inverse.split('#')[0] ?? '']
}

function functionsOf(entities: readonly Entity[], known: ReadonlyMap<string, string>): Mapping['functions'] {
  const files = new Set(entities.flatMap(everyValue).flatMap(value => (value.kind === 'fn' ? [value.file, ...inverseFile(value)] : [])))
  return [...files].flatMap(file => {
    const source = known.get(file)
    return source === undefined ? [] : [{ file, source }]
  })
}

function buildSource(entry: Entry): SourceRef {
  return { name: entry.key, url: asScalar(entry.value).text, at: entry.value.at }
}

function buildStaging(tree: Tree | null): Mapping['staging'] {
  const url = tree && asScalar(tree).text
  return tree === null || url === null || url === 'embedded' ? null : { url, at: tree.at }
}

function buildService(entry: Entry): ServiceRef {
  const triggers = childText(entry.value, 'triggers')
  return {
    name: entry.key,
    url: requiredText(entry.value, 'url'),
    tenantColumn: childText(entry.value, 'tenant_column'),
    triggers: triggers === 'fire' || triggers === 'disable' ? triggers : null,
    session: Object.fromEntries(entriesOf(child(entry.value, 'session')).map(({ key, value }) => [key, asScalar(value).text])),
    at: child(entry.value, 'url')?.at ?? entry.keyAt,
  }
}

function buildTenants(tree: Tree | null, defaultSource: string): TenantsFrom {
  if (!tree || tree.kind === 'scalar') return { kind: 'single' }
  if (tree.kind === 'list')
    return {
      kind: 'list',
      rows: tree.items.map(row => Object.fromEntries(entriesOf(row).map(({ key, value }) => [key, asScalar(value).text]))),
      at: tree.at,
    }
  const from = requiredText(tree, 'from')
  const at = child(tree, 'from')?.at ?? tree.at
  if (/\.csv$/i.test(from)) return { kind: 'csv', file: from, columns: tenantColumns(tree, { id: 'id', name: 'name', zone: 'zone' }), at }
  return {
    kind: 'relation',
    relation: readRelationName(from, defaultSource),
    columns: tenantColumns(tree, { id: null, name: null, zone: null }),
    at,
  }
}

function tenantColumns(tree: Tree, otherwise: Omit<TenantColumns, 'key'>): TenantColumns {
  const id = child(tree, 'id')
  return {
    key: childText(tree, 'key') ?? 'code',
    id: id ? (id.kind === 'map' ? null : asScalar(id).text) : otherwise.id,
    name: childText(tree, 'name') ?? otherwise.name,
    zone: childText(tree, 'zone') ?? otherwise.zone,
  }
}

function asGap(text: string | null): Mapping['time']['gap'] {
  return text === 'shift_forward' || text === 'shift_back' ? text : 'quarantine'
}

function asOverlap(text: string | null): Mapping['time']['overlap'] {
  return text === 'earlier' || text === 'later' ? text : 'quarantine'
}

function buildDefaults(tree: Tree | null, top: Place): Defaults {
  const onLoss = tree && child(tree, 'on_loss')
  return {
    id: asIdStrategy(tree && childText(tree, 'id')),
    onLoss: onLoss ? buildOutcomes(onLoss) : [{ take: { quarantine: 'lossy_cast' }, note: null, at: top }],
    unmapped: tree && childText(tree, 'unmapped') === 'warn' ? 'warn' : 'error',
    onConflict: asConflictRule(tree && childText(tree, 'on_conflict')) ?? 'quarantine',
    batch: buildBatch(tree && child(tree, 'batch'), DEFAULT_BATCH),
  }
}

function buildStop(tree: Tree | null): StopRules {
  const [quarantined, errors, minRows] = ['quarantined', 'errors', 'min_rows'].map(key => (tree ? childText(tree, key) : null))
  return {
    quarantined: quarantined == null ? 0.01 : readShare(quarantined),
    errors: errors == null ? 0.05 : readShare(errors),
    minRows: minRows == null ? 1000 : Number(minRows),
  }
}

function buildPhases(tree: Tree | null, entities: readonly Entity[]): readonly Phase[] {
  if (!tree) return [{ name: 'all', entities: entities.map(entity => entity.name) }]
  return oneOrMany(tree).flatMap(phase => entriesOf(phase).map(({ key, value }) => ({ name: key, entities: textsOf(value) })))
}

function buildExclusion(entry: Entry): Exclusion {
  const rows = childText(entry.value, 'rows')
  return {
    pattern: entry.key,
    reason: requiredText(entry.value, 'reason'),
    rows: rows === 'count' || rows === 'audit' ? rows : null,
    at: entry.keyAt,
  }
}
