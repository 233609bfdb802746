import { didYouMean } from '../base/did-you-mean.ts'
import type { KeyIndex } from '../base/key-index.ts'
import { tableLabel } from '../base/table-label.ts'
import type { Identifiers } from '../cast/identifiers.ts'
import type { Catalogue, Relation, TargetRelation } from '../model/catalogue.ts'
import type { Finding } from '../model/finding.ts'
import type { NumberedTenant } from '../model/ledger-records.ts'
import type { Entity, IdStrategy, ListedTables, Mapping, Related, RelationName, ServiceRef } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'
import { checkManyTablesColumns, checkManyTablesKey } from './check-many-tables.ts'
import { namesUsed } from './collect-names.ts'
import type { DrawKey, KeyPlan, ParentFacts, RelatedFacts } from './compile-context.ts'
import { type CompiledEntity, compileEntity } from './compile-entity.ts'
import { idStrategyOf } from './compile-own-id.ts'
import { planKey } from './key-plan.ts'
import type { MergedStore } from './merged-store.ts'
import type { NumberStore } from './number-store.ts'
import type { EntityOrder } from './order.ts'
import { Problems } from './problems.ts'
import type { RelatedStore } from './related-store.ts'
import type { RelatedWay } from './related-way.ts'

/** What one entity is in one tenant's source. */
export interface EntityFacts {
  readonly order: EntityOrder
  readonly entity: Entity
  readonly relation: Relation
  /** The tenant's source does not have the relation (`optional: true`): it stands here as another tenant has it, and has no rows. */
  readonly isAbsent: boolean
  readonly sourceVersion: number
  readonly attaches: Catalogue['attaches'] | null
  readonly key: KeyPlan
  readonly strategy: IdStrategy
  /** Relations of its related rows, by path (`name`, `outer.inner`). */
  readonly related: ReadonlyMap<string, RelatedFacts & { readonly source: string }>
}

/** A tenant's entities, found in its own catalogues. `tenant` null: the shared rows. */
export interface TenantPlan {
  readonly tenant: NumberedTenant | null
  readonly entities: ReadonlyMap<string, EntityFacts>
  readonly findings: readonly Finding[]
}

/** A table as another tenant has it. */
export interface TableElsewhere {
  readonly relation: Relation
  readonly version: number
}

export interface TenantSources {
  readonly mapping: Mapping
  readonly tenant: NumberedTenant | null
  readonly order: readonly EntityOrder[]
  /** By source name. */
  readonly catalogues: ReadonlyMap<string, Catalogue>
  /** Tables a tenant may lack, by entity, as a tenant has them that does not. */
  readonly elsewhere?: ReadonlyMap<string, TableElsewhere>
}

/** Finds each entity's relation and key. Shared entities belong to the plan without a tenant, all others to every tenant's. */
export function planTenant({ mapping, tenant, order, catalogues, elsewhere }: TenantSources): TenantPlan {
  const problems = new Problems({ file: mapping.file, ...(tenant ? { tenant: tenant.code } : {}) })
  const entities = new Map<string, EntityFacts>()
  const absent: Finding[] = []
  for (const item of order) {
    const { entity } = item
    if (entity.isShared !== (tenant === null)) continue
    const catalogue = catalogues.get(entity.from.source)
    const own = catalogue && ownRelation(catalogue, { entity, tenant, findings: absent })
    const mayBeAbsent = entity.isOptional || entity.tables !== null
    const borrowed = own === undefined && mayBeAbsent ? elsewhere?.get(entity.name) : undefined
    const relation = own ?? borrowed?.relation
    if (relation === undefined && entity.tables !== null && absent.some(finding => isErrorOf(finding, entity))) continue
    if (catalogue === undefined || relation === undefined) {
      const known = catalogue?.relations.map(r => tableLabel(r.schema, r.name)) ?? []
      const name = tableLabel(entity.from.schema, entity.from.name)
      problems.error(
        'MAPPING_UNKNOWN_COLUMN',
        entity.tables === null
          ? `expected relation ${name} in source ${entity.from.source}, got none${didYouMean(name, known)}`
          : `expected at least one table named in ${listLabel(entity.tables)} of source ${entity.from.source}, got none, for no tenant`,
        {
          at: { ...entity.at, entity: entity.name },
          next:
            entity.tables === null
              ? 'Name a relation the source has, as schema.table.'
              : 'Take the entity out: nothing says what its rows are.',
        },
      )
      continue
    }
    if (borrowed !== undefined) absent.push(lacking(entity, { tenant, file: mapping.file }))
    const key = planKey(entity, relation, problems)
    const { many } = relation
    if (many !== undefined) checkManyTablesColumns({ entity, many, used: namesUsed(entity, mapping.defaults.onLoss) }, problems)
    if (key !== null && many !== undefined) checkManyTablesKey({ entity, many, key }, problems)
    if (key !== null)
      entities.set(entity.name, {
        order: item,
        entity,
        relation,
        isAbsent: own === undefined,
        sourceVersion: borrowed?.version ?? catalogue.version,
        attaches: catalogue.attaches ?? null,
        key,
        strategy: idStrategyOf({ entity, mapping, key }),
        related: findRelated(entity, catalogues, problems),
      })
  }
  return { tenant, entities, findings: [...problems.findings, ...absent] }
}

/** Findings about a list of tables are added to `findings`. Undefined: the source has no such relation, or none of the tables. */
function ownRelation(
  catalogue: Catalogue,
  { entity, tenant, findings }: { readonly entity: Entity; readonly tenant: NumberedTenant | null; readonly findings: Finding[] },
): Relation | undefined {
  const found = findRelation(catalogue, entity.from)
  const of = tenant === null ? {} : { tenant: tenant.code }
  const said = found?.many?.findings ?? found?.restTypes?.get(entity.name)?.findings ?? []
  findings.push(...said.map(finding => ({ ...finding, where: { ...finding.where, ...of } })))
  return found?.many?.tables.length === 0 ? undefined : found
}

function isErrorOf({ severity, where }: Finding, entity: Entity): boolean {
  return severity === 'error' && where.entity === entity.name
}

function listLabel({ listing, name }: ListedTables): string {
  return `${tableLabel(listing.schema, listing.name)}.${name}`
}

function lacking(entity: Entity, { tenant, file }: { readonly tenant: NumberedTenant | null; readonly file: string }): Finding {
  const name = tableLabel(entity.from.schema, entity.from.name)
  return {
    code: 'SOURCE_TABLE_ABSENT',
    severity: 'info',
    where: { file, line: entity.at.line, ...(tenant === null ? {} : { tenant: tenant.code }), entity: entity.name, table: name },
    message:
      entity.tables === null
        ? `expected relation ${name} in source ${entity.from.source}, got none, which \`optional: true\` allows: no rows are read`
        : `expected tables named in ${listLabel(entity.tables)} of source ${entity.from.source}, got none: no rows are read`,
    next: 'Nothing, if the tenant never had it.',
  }
}

/** Every related relation of an entity, or what was looked for in vain. */
function findRelated(entity: Entity, catalogues: ReadonlyMap<string, Catalogue>, problems: Problems): EntityFacts['related'] {
  const found = new Map<string, RelatedFacts & { readonly source: string }>()
  const visit = (related: readonly Related[], path: string): void => {
    for (const one of related) {
      const full = path === '' ? one.name : `${path}.${one.name}`
      const catalogue = catalogues.get(one.from.source)
      const relation = catalogue && findRelation(catalogue, one.from)
      if (catalogue === undefined || relation === undefined) {
        const known = catalogue?.relations.map(r => tableLabel(r.schema, r.name)) ?? []
        const name = tableLabel(one.from.schema, one.from.name)
        problems.error(
          'MAPPING_UNKNOWN_COLUMN',
          `expected relation ${name} in source ${one.from.source} for \`${full}\`, got none${didYouMean(name, known)}`,
          {
            at: { ...one.at, entity: entity.name },
            next: 'Name a relation the source has, as schema.table.',
          },
        )
      } else found.set(full, { relation, sourceVersion: catalogue.version, source: one.from.source })
      visit(one.with, full)
    }
  }
  visit(entity.with, '')
  return found
}

/** To the letter, else the only one that differs in case alone. */
export function findRelation(catalogue: Catalogue, { schema, name }: RelationName): Relation | undefined {
  const exact = catalogue.relations.find(r => r.schema === schema && r.name === name)
  if (exact) return exact
  const alike = catalogue.relations.filter(
    r => r.schema.toLowerCase() === schema.toLowerCase() && r.name.toLowerCase() === name.toLowerCase(),
  )
  return alike.length === 1 ? alike[0] : undefined
}

/** What compilation needs besides the plans. */
export interface CompileSetting {
  readonly mapping: Mapping
  readonly identifiers: Identifiers
  readonly numbers: ReadonlyMap<string, number>
  readonly targets: ReadonlyMap<string, { readonly version: number; readonly relations: ReadonlyMap<string, TargetRelation> }>
  readonly shared: TenantPlan
  /** Types of columns some tenants lack, by `entity.column`, from those that have them. */
  readonly lackingTypes: ReadonlyMap<string, SqlType>
  /** For tests; absent = as is best. */
  readonly forcedWay?: RelatedWay
}

export interface CompileWith {
  readonly setting: CompileSetting
  readonly index: (entity: string) => KeyIndex | null
  /** Absent: nobody asks what rows refer to. */
  readonly draws?: DrawKey
  /** Where rows that are other rows are remembered; absent = as `index`. */
  readonly aliases?: (entity: string) => KeyIndex | null
  /** What is in memory already; absent = nothing is. */
  readonly filled?: {
    readonly stores: ReadonlyMap<string, RelatedStore>
    readonly numbers: NumberStore | null
    readonly merged: MergedStore | null
  }
  /** How long a call of a function may take; absent: CALL_MS (function-watch.ts). */
  readonly callMs?: number
}

/** Compiles one entity for one tenant. `index` answers for parents of this tenant or among the shared rows. */
export function compileFor(
  plan: TenantPlan,
  name: string,
  { setting, index, aliases, filled, draws, callMs }: CompileWith,
): CompiledEntity {
  const facts = plan.entities.get(name)
  if (facts === undefined) throw new RangeError(`expected an entity of the plan, got ${name}`)
  const { entity, relation, order } = facts
  const { mapping, identifiers, numbers, shared } = setting
  const service = mapping.services.find(s => s.name === entity.service) as ServiceRef
  const target = setting.targets.get(service.name)
  const lacking = new Map<string, SqlType>()
  for (const column of entity.mayLack) {
    const type = setting.lackingTypes.get(`${entity.name}.${column}`)
    if (type) lacking.set(column, type)
  }
  const parent = (other: string): ParentFacts | null => {
    const found = plan.entities.get(other) ?? shared.entities.get(other)
    if (found === undefined) return null
    return {
      entity: found.entity,
      number: numbers.get(other) ?? 0,
      tenantNumber: found.entity.isShared ? 0 : (plan.tenant?.number ?? 0),
      strategy: found.strategy,
      keyTypes: found.key.types,
      keyEqualities: found.key.equalities,
    }
  }
  const input = {
    mapping,
    entity,
    entityNumber: numbers.get(name) ?? 0,
    service,
    tenant: plan.tenant,
    relation,
    sourceVersion: facts.sourceVersion,
    targets: target?.relations ?? new Map<string, TargetRelation>(),
    targetVersion: target?.version ?? 0,
    identifiers,
    parent,
    index,
    draws: draws ?? null,
    aliases: aliases ?? index,
    related: (path: string) => facts.related.get(path) ?? null,
    stores: filled?.stores ?? new Map<string, RelatedStore>(),
    attaches: facts.attaches ?? null,
    forcedWay: setting.forcedWay ?? null,
    numbers: filled?.numbers ?? null,
    merged: filled?.merged ?? null,
    settles: new Set(order.settles),
    late: new Set(order.late),
    ...(callMs === undefined ? {} : { callMs }),
  }
  return compileEntity(input, lacking)
}
