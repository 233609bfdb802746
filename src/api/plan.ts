import { tableLabel } from '../base/table-label.ts'
import type { ManyTables } from '../model/catalogue.ts'
import { type Entity, type RelationName, VIEWS, type View } from '../model/mapping.ts'
import type { PlanTables } from '../model/plan-result.ts'
import type { PlanEntity, PlanRelated, PlanResult } from '../model/results.ts'
import { type CompatInput, compatOf } from '../plan/compat.ts'
import type { EntityFacts } from '../plan/tenant-plan.ts'
import { waysBack } from '../plan/way-back.ts'
import { type MigrationSurvey, surveyMigration } from '../run/survey-migration.ts'
import { whyNotScanned } from '../source/scan-keys.ts'
import { openMigration } from './open-migration.ts'
import type { Options } from './options.ts'
import { preflight } from './preflight.ts'

/** What a run would do: phases, order, ids, what fills each column and what can be lost. */
export async function plan(options: Options & { readonly compat?: boolean }): Promise<PlanResult> {
  const migration = await openMigration(options)
  try {
    const survey = await surveyMigration(migration, null)
    const { mapping } = migration
    const phases = mapping.phases.map(phase => ({
      name: phase.name,
      entities: survey.order.filter(item => item.phase === phase.name).map(item => planEntity(item, survey)),
    }))
    const findings = [...migration.findings, ...preflight(survey), ...(await migration.dropStaging('own'))]
    const compat = options.compat === true ? { compat: compatOf(compatInput(survey)) } : {}
    return { migration: mapping.migration, mapping_hash: mapping.hash, findings, phases, ...compat }
  } finally {
    await migration.close()
  }
}

function compatInput({ mapping, plans, sources, compiled }: MigrationSurvey): CompatInput {
  const readings = plans.flatMap(({ tenant, entities }) =>
    [...entities.values()].map(({ entity, relation, related, key }) => {
      const program = compiled.find(one => one.entity === entity && one.tenant === (tenant?.code ?? null))?.compiled
      const ways = waysBack({
        entity,
        relation,
        related,
        described: program?.described ?? [],
        key: key.source.kind === 'columns' ? key.source.names : [],
        rest: program?.rest ?? [],
      })
      return { entity: entity.name, source: entity.from.source, relation, ways }
    }),
  )
  return { mapping, sources: sources.map(({ name, catalogue }) => ({ source: name, relations: catalogue.relations })), readings }
}

function planEntity(item: MigrationSurvey['order'][number], survey: MigrationSurvey): PlanEntity {
  const { entity } = item
  const plans = survey.plans.filter(p => p.entities.has(entity.name))
  const facts = plans[0]?.entities.get(entity.name)
  const compiled = survey.compiled.find(c => c.entity === entity)?.compiled
  const rows = plans.map(p => p.entities.get(entity.name)?.relation.estimatedRows ?? null)
  const { source, schema, name } = entity.from
  return {
    entity: entity.name,
    service: entity.service,
    from: `${source}/${tableLabel(schema, name)}`,
    into: entity.into.map(shape => tableLabel(shape.schema, shape.table)),
    key: facts?.key.names ?? [],
    id: facts?.strategy ?? '',
    strategy: `${readingOf(entity.name, survey)}${scopeOf(entity.from, survey.mapping.views)}`,
    depends_on: item.dependsOn,
    settles: item.settles,
    tenants: entity.isShared ? 0 : plans.length,
    estimated_rows: rows.some(count => count === null) ? null : rows.reduce<number>((sum, count) => sum + (count ?? 0), 0),
    tables: tablesOf(
      entity,
      plans.flatMap(p => p.entities.get(entity.name) ?? []),
    ),
    related: relatedOf(entity, survey),
    columns: compiled?.described ?? [],
  }
}

function tablesOf({ tables, from }: Entity, facts: readonly EntityFacts[]): PlanTables | null {
  if (tables === null) return null
  const read = facts.flatMap(({ isAbsent, relation }): readonly ManyTables[] =>
    isAbsent || relation.many === undefined ? [] : [relation.many],
  )
  const { listing, name } = tables
  const shapes = new Set(read.flatMap(many => many.shapes.map(shape => JSON.stringify(shape))))
  return {
    named_in: `${from.source}/${tableLabel(listing.schema, listing.name)}.${name}`,
    count: read.reduce((sum, many) => sum + many.tables.length, 0),
    shapes: shapes.size,
  }
}

/** What must be made anew when a row of a view changes; nothing to say of a table, whose rows change one by one. */
function scopeOf({ schema, name }: RelationName, views: readonly View[]): string {
  const view = schema === VIEWS ? views.find(one => one.name === name) : undefined
  if (view === undefined) return ''
  return view.within.length === 0 ? '; its rows change together' : `; rows with the same ${view.within.join(', ')} change together`
}

/** In the order they are read; of tenants it holds for together one entry. */
function relatedOf(entity: MigrationSurvey['order'][number]['entity'], { compiled }: MigrationSurvey): readonly PlanRelated[] {
  const found = new Map<string, PlanRelated>()
  for (const one of compiled) {
    if (one.entity !== entity) continue
    for (const { path, source, relation, way, reason } of one.compiled.related) {
      const from = `${source}/${tableLabel(relation.schema, relation.name)}`
      const owned = one.compiled.owned.some(({ parts }) => parts.path === path)
      const name = JSON.stringify([path, from, way, reason])
      const known = found.get(name) ?? { name: path, from, way, reason, owned, tenants: 0, estimated_rows: 0 }
      const rows = known.estimated_rows === null || relation.estimatedRows === null ? null : known.estimated_rows + relation.estimatedRows
      found.set(name, { ...known, tenants: known.tenants + (one.tenant === null ? 0 : 1), estimated_rows: rows })
    }
  }
  return [...found.values()]
}

/** How the rows are read. Tenants whose files differ may be read in different ways: then each is told, with how many tenants it holds for. */
function readingOf(entity: string, { plans, sources, compiled }: MigrationSurvey): string {
  const ways = new Map<string, number>()
  for (const { tenant, entities } of plans) {
    const facts = entities.get(entity)
    if (facts === undefined) continue
    const code = tenant?.code ?? null
    const source = sources.find(s => s.name === facts.entity.from.source && (s.tenant === null || s.tenant === code))
    const related = compiled.filter(c => c.entity.name === entity && c.tenant === code).flatMap(c => c.compiled.related)
    const goes = (way: PlanRelated['way']): boolean => related.some(one => one.way === way)
    const way = wayOf(facts, { isFile: source?.capability === 'scan', isMerged: goes('merge'), isPushed: goes('pushed') })
    ways.set(way, (ways.get(way) ?? 0) + 1)
  }
  if (ways.size <= 1) return [...ways.keys()][0] ?? ''
  return [...ways].map(([way, count]) => `${way} (${count} tenant${count === 1 ? '' : 's'})`).join('; ')
}

interface HowRead {
  readonly isFile: boolean
  /** Related rows are read beside its rows. */
  readonly isMerged: boolean
  /** Related rows come with its rows. */
  readonly isPushed: boolean
}

function wayOf(facts: EntityFacts, how: HowRead): string {
  const { list } = facts.entity
  if (!list) return passOf(facts, how)
  const isPlaced = facts.key.list?.parts.some(part => part.kind === 'ordinal') ?? false
  return `${passOf(facts, how)}, each element of ${list.column} a row${isPlaced ? ' whose identifier depends on its place in the list' : ''}`
}

function passOf({ relation, key }: EntityFacts, { isFile, isMerged, isPushed }: HowRead): string {
  if (!isFile) return key.source.kind === 'content' ? 'one pass in the order of the rows’ content' : 'one pass in key order, streamed'
  const asked = isPushed ? 'related rows come with its rows' : isMerged ? 'related rows are read beside it' : null
  const why = whyNotScanned(relation, key.source) ?? asked
  return why === null ? 'streamed from the file' : `through staging: ${why}`
}
