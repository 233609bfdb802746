import { tableLabel } from '../base/table-label.ts'
import type { Survey } from '../checks/survey.ts'
import { atPlace, RehouseError } from '../errors.ts'
import type { Catalogue, TargetRelation } from '../model/catalogue.ts'
import type { Finding } from '../model/finding.ts'
import type { NumberedTenant, RunRecord, SchemaStep } from '../model/ledger-records.ts'
import type { Mapping, Tenant } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'
import { matchColumn } from '../plan/collect-names.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import { findUncovered } from '../plan/coverage.ts'
import { checkExamples } from '../plan/example-watch.ts'
import { spokenOf, type UsedColumns, usedOfTables } from '../plan/many-tables-used.ts'
import { type EntityOrder, orderEntities } from '../plan/order.ts'
import { OutcomeRegistry } from '../plan/outcome-registry.ts'
import { RowState } from '../plan/row-state.ts'
import { type CompileSetting, compileFor, planTenant, type TenantPlan } from '../plan/tenant-plan.ts'
import type { TableName } from '../target/target.ts'
import { findElsewhere } from './absent-tables.ts'
import type { Migration } from './migration.ts'
import { runsOf, withoutEmptySamples } from './sample-rule.ts'
import { type LeftOut, type SurveyedSource, surveySources } from './survey-sources.ts'
import { watchOptions } from './watched-examples.ts'

/** Everything looked at before anything is done: read only. */
export interface MigrationSurvey extends Survey {
  readonly tenants: readonly NumberedTenant[]
  readonly setting: CompileSetting
  readonly findings: readonly Finding[]
  /** Of the control ledger, newest first. */
  readonly runs: readonly RunRecord[]
}

/**
 * Looks at targets, sources and tenants, plans and compiles everything, and finds what is not covered. `chosen` null = all tenants. Rejects where a source cannot be reached, unless
 * `leftOut` is given and it is not every tenant’s: then the tenant is left out and told.
 */
export async function surveyMigration(migration: Migration, chosen: readonly string[] | null, leftOut?: LeftOut): Promise<MigrationSurvey> {
  const { mapping } = migration
  const order = orderEntities(mapping)
  const services = await surveyServices(migration)
  const wanted = await numberedTenants(migration, chosen)
  const { sources, tenants } = await surveySources(migration, wanted, leftOut)
  const catalogues = (tenant: string | null): ReadonlyMap<string, Catalogue> =>
    new Map(sources.filter(s => s.tenant === null || s.tenant === tenant).map(s => [s.name, s.catalogue]))
  const elsewhere = await findElsewhere(migration, sources)
  const shared = planTenant({ mapping, tenant: null, order, catalogues: catalogues(null), elsewhere })
  const plans = [shared, ...tenants.map(tenant => planTenant({ mapping, tenant, order, catalogues: catalogues(tenant.code), elsewhere }))]
  const numbers = await entityNumbers(migration)
  const targets = new Map(services.map(s => [s.ref.name, { version: s.facts.version, relations: s.relations }]))
  const { identifiers, relatedWay } = migration
  const forced = relatedWay === undefined ? {} : { forcedWay: relatedWay }
  const setting = { mapping, identifiers, numbers, targets, shared, lackingTypes: lackingTypes(mapping, plans), ...forced }
  const compiled = plans.flatMap(plan => compileAll(plan, setting))
  const uncovered = sources.flatMap(source => uncoveredIn(source, { mapping, plans, compiled }))
  const findings = distinct([
    ...plans.flatMap(plan => plan.findings),
    ...compiled.flatMap(c => c.compiled.findings),
    ...uncovered,
    ...sources.flatMap(s => s.excluded),
  ])
  const staging = sources.some(source => source.capability === 'scan') ? await migration.stagingIdentity?.() : null
  const runs = await withoutEmptySamples(await runsOf(migration), migration)
  return { mapping, services, sources, staging: staging ?? null, plans, compiled, order, tenants, setting, findings, runs }
}

async function surveyServices({ mapping, services }: Pick<Migration, 'mapping' | 'services'>): Promise<MigrationSurvey['services']> {
  const surveyed = []
  for (const service of services) {
    try {
      const facts = await service.target.facts()
      const relations = await describeTargets(mapping, service)
      surveyed.push({ ref: service.ref, label: service.label, facts, relations, ledger: await service.ledger.state() })
    } catch (error) {
      throw atPlace(error, { ...service.ref.at, service: service.name })
    }
  }
  return surveyed
}

/** The tables the mapping writes to in one service, those that exist, by `schema.table`; with the keys that are set aside at the moment. */
export async function describeTargets(
  mapping: Mapping,
  service: Migration['services'][number],
): Promise<ReadonlyMap<string, TargetRelation>> {
  const isKnown = (await service.ledger.state()) !== 'absent'
  return describeTables(mapping, { service, setAside: isKnown ? await service.ledger.debts() : [] })
}

/** The same, with the keys of `setAside` as if they were there. */
export async function describeTables(
  mapping: Mapping,
  { service, setAside }: { readonly service: Migration['services'][number]; readonly setAside: readonly SchemaStep[] },
): Promise<ReadonlyMap<string, TargetRelation>> {
  const names = new Map<string, TableName>()
  for (const entity of mapping.entities) {
    if (entity.service !== service.name) continue
    for (const shape of entity.into) names.set(tableLabel(shape.schema, shape.table), { schema: shape.schema, name: shape.table })
  }
  const relations = await service.target.describe([...names.values()], setAside)
  return new Map(relations.map(relation => [tableLabel(relation.schema, relation.name), relation]))
}

/** Numbers from the ledger where it has them; provisional ones, never written, where it has not. */
async function numberedTenants(migration: Migration, chosen: readonly string[] | null): Promise<readonly NumberedTenant[]> {
  const all = await migration.tenants()
  const wanted = chosen === null ? all : chosen.map(code => all.find(t => t.code === code) ?? unknownTenant(code, all))
  const known = new Map((await knownNumbers(migration)).tenants.map(t => [t.code, t.number]))
  let next = Math.max(0, ...known.values())
  return wanted.map(tenant => ({ ...tenant, number: known.get(tenant.code) ?? ++next }))
}

async function entityNumbers(migration: Migration): Promise<ReadonlyMap<string, number>> {
  const known = new Map((await knownNumbers(migration)).entities.map(e => [e.name, e.number]))
  let next = Math.max(0, ...known.values())
  return new Map(migration.mapping.entities.map(entity => [entity.name, known.get(entity.name) ?? ++next]))
}

async function knownNumbers({
  services,
}: Migration): Promise<{ tenants: readonly NumberedTenant[]; entities: readonly { name: string; number: number }[] }> {
  const control = services[0]?.ledger
  if (control === undefined || (await control.state()) === 'absent') return { tenants: [], entities: [] }
  return { tenants: await control.tenants(), entities: await control.entities() }
}

function unknownTenant(code: string, all: readonly Tenant[]): never {
  throw new RehouseError('USAGE', `expected a tenant of the manifest, got ${code}`, {
    next: `Use one of: ${all
      .slice(0, 20)
      .map(t => t.code)
      .join(', ')}${all.length > 20 ? ', …' : ''}.`,
  })
}

/** A column some tenants lack has the type it has where it is. */
function lackingTypes(mapping: Mapping, plans: readonly TenantPlan[]): ReadonlyMap<string, SqlType> {
  const types = new Map<string, SqlType>()
  for (const entity of mapping.entities) {
    for (const column of entity.mayLack) {
      for (const plan of plans) {
        const relation = plan.entities.get(entity.name)?.relation
        const name = relation && matchColumn(column, relation)
        const type = relation?.columns.find(c => c.name === name)?.type
        if (type && !types.has(`${entity.name}.${column}`)) types.set(`${entity.name}.${column}`, type)
      }
    }
  }
  return types
}

/** Compiling finds what is wrong; the programs themselves are compiled again when a lane runs them, and 383 tenants' worth of them is not kept until then. */
function compileAll(
  plan: TenantPlan,
  setting: CompileSetting,
): { tenant: string | null; entity: EntityOrder['entity']; compiled: CompiledEntity }[] {
  return [...plan.entities.values()].map(facts => {
    const { entity } = facts
    const compiled = compileFor(plan, entity.name, { setting, index: () => null })
    const tenant = plan.tenant?.code ?? null
    const wrong = compiled.program === null ? [] : checkExamples(watchOptions({ facts, compiled, tenant }, setting))
    const tables = compiled.tables.map(table => ({ ...table, when: null, tuples: [] }))
    return {
      tenant,
      entity,
      compiled: { ...compiled, findings: [...compiled.findings, ...wrong], program: null, rowKey: null, state: NO_STATE, tables },
    }
  })
}

const NO_STATE = new RowState(new OutcomeRegistry())

function uncoveredIn(
  source: SurveyedSource,
  { mapping, plans, compiled }: { mapping: Mapping; plans: readonly TenantPlan[]; compiled: MigrationSurvey['compiled'] },
): readonly Finding[] {
  const used = new Map<string, Set<string>>()
  const add = (table: string, columns: readonly string[]): void => {
    const known = used.get(table) ?? new Set<string>()
    for (const column of columns) known.add(column)
    used.set(table, known)
  }
  const addOf = ({ relation, columns }: UsedColumns): void => add(tableLabel(relation.schema, relation.name), columns)
  for (const { tenant, compiled: program } of compiled) {
    if (source.tenant !== null && tenant !== source.tenant) continue
    for (const { source: from, relation, columns } of program.related)
      if (from === source.name) add(tableLabel(relation.schema, relation.name), columns)
  }
  for (const { tenant, entity, compiled: program } of compiled) {
    if (entity.from.source !== source.name || (source.tenant !== null && tenant !== source.tenant)) continue
    const relation = plans.find(plan => (plan.tenant?.code ?? null) === tenant)?.entities.get(entity.name)?.relation
    const columns = [...program.used, ...(program.key?.source.kind === 'columns' ? program.key.names : [])]
    if (relation?.many !== undefined) for (const one of usedOfTables(relation.many, columns)) addOf(one)
    else if (relation) add(tableLabel(relation.schema, relation.name), columns)
  }
  for (const { many, restTypes } of source.catalogue.relations) {
    for (const { list } of restTypes?.values() ?? []) addOf(list)
    if (many !== undefined) for (const one of [...usedOfTables(many, []), ...spokenOf(many, source.catalogue.relations)]) addOf(one)
  }
  const { tenants } = mapping
  if (tenants.kind === 'relation' && tenants.relation.source === source.name) {
    const relation = source.catalogue.relations.find(r => r.schema === tenants.relation.schema && r.name === tenants.relation.name)
    if (relation)
      add(
        tableLabel(relation.schema, relation.name),
        relation.columns.map(c => c.name),
      )
  }
  return findUncovered({ mapping, source: source.name, tenant: source.tenant, relations: source.catalogue.relations, used })
}

/** The same finding for 383 tenants is one finding, said of the first and how many more. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  const groups = new Map<string, { first: Finding; others: number }>()
  for (const finding of findings) {
    const { tenant: _, ...where } = finding.where
    const name = JSON.stringify([finding.code, finding.severity, finding.message, where])
    const group = groups.get(name)
    if (group) group.others++
    else groups.set(name, { first: finding, others: 0 })
  }
  return [...groups.values()].map(({ first, others }) =>
    others === 0 ? first : { ...first, message: `${first.message} (and in ${others} more tenant${others === 1 ? '' : 's'})` },
  )
}
