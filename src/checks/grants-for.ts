import { quoteName } from '../base/quote-name.ts'
import { tableLabel } from '../base/table-label.ts'
import type { Relation, TargetRelation } from '../model/catalogue.ts'
import { usedOfTables } from '../plan/many-tables-used.ts'
import { circleKeys } from './circle-keys.ts'
import { type ReadTable, readerGrants, type WriterGrants, type WriteTable, writerGrants } from './grants.ts'
import { liveTriggers } from './live-triggers.ts'
import type { Survey, SurveyedService, SurveyedSource } from './survey.ts'
import { writtenRelations, writtenTables } from './written-tables.ts'

export const READER_ROLE = 'rehouse_reader'
export const WRITER_ROLE = 'rehouse_writer'

/**
 * `check --grants`: comments and statements in the order to run them. Databases that need the same statements are named together; a statement may have several lines.
 * No password is in it: the comment says how to give one.
 */
export function grantsFor(survey: Survey): readonly string[] {
  // A file needs no login.
  const databases = survey.sources.filter(source => source.capability !== 'scan')
  const readers = databases.map(source => ({
    place: placeOf(source),
    statements: readerGrants({ role: READER_ROLE, tables: readTables(source, survey) }),
  }))
  const writers = survey.services.map(service => ({
    place: `service ${service.ref.name}, ${service.label}`,
    statements: [...writerGrants(writerOf(service, survey)), ...inPassing(service, survey)],
  }))
  return [
    `-- Logins with what migration ${oneLine(survey.mapping.migration)} needs and no more. Run each part in the databases it names, as an administrator;`,
    `-- once on each server give the logins a password: psql’s \\password ${READER_ROLE} and \\password ${WRITER_ROLE}. Run it again when the mapping changes.`,
    ...grouped('Read from', readers),
    ...grouped('Write to', writers),
  ]
}

interface Part {
  readonly place: string
  readonly statements: readonly string[]
}

function grouped(title: string, parts: readonly Part[]): readonly string[] {
  const groups = new Map<string, { readonly places: string[]; readonly statements: readonly string[] }>()
  for (const { place, statements } of parts) {
    const name = statements.join('\n')
    const group = groups.get(name) ?? { places: [], statements }
    groups.set(name, group)
    group.places.push(place)
  }
  return [...groups.values()].flatMap(({ places, statements }) => [
    '',
    ...places.map(place => `-- ${title} ${oneLine(place)}`),
    ...statements,
  ])
}

function placeOf({ name, tenant, catalogue }: SurveyedSource): string {
  return `source ${name}${tenant === null ? '' : ` of tenant ${tenant}`}, database ${catalogue.database}`
}

/** What is read of a source, in the catalogue's order: the columns the entities use, whole tables where rows are told apart by content or an entity could not be compiled. */
function readTables(source: SurveyedSource, survey: Survey): readonly ReadTable[] {
  const wanted = new Map<Relation, Set<string> | null>()
  const add = (relation: Relation, columns: readonly string[] | null): void => {
    const known = wanted.get(relation)
    if (columns === null || known === null) wanted.set(relation, null)
    else wanted.set(relation, new Set([...(known ?? []), ...columns]))
  }
  for (const plan of survey.plans) {
    const tenant = plan.tenant?.code ?? null
    if (source.tenant !== null && source.tenant !== tenant) continue
    for (const { entity, relation, key } of plan.entities.values()) {
      const compiled = survey.compiled.find(candidate => candidate.entity === entity && candidate.tenant === tenant)?.compiled
      for (const related of compiled?.related ?? []) if (related.source === source.name) add(related.relation, related.columns)
      if (entity.from.source !== source.name) continue
      // Equal keys are told apart by where their rows lie.
      const place = key.isUnique ? [] : placeColumns(relation)
      const columns = key.source.kind === 'content' || !compiled ? null : [...compiled.columns, ...place]
      for (const { list } of relation.restTypes?.values() ?? []) add(list.relation, list.columns)
      if (relation.many === undefined) add(relation, columns)
      else
        for (const one of usedOfTables(relation.many, columns ?? []))
          add(one.relation, columns === null ? null : [...one.columns, ...place])
    }
  }
  addTenants(source, survey, relation => add(relation, null))
  // What a view of the mapping reads is named in its SQL.
  const inViews = [...wanted.keys()].flatMap(relation => relation.query?.reads ?? [])
  for (const relation of source.catalogue.relations)
    if (inViews.some(table => table.schema === relation.schema && table.name === relation.name)) add(relation, null)
  return source.catalogue.relations.flatMap(relation => {
    const columns = relation.query === undefined ? wanted.get(relation) : undefined
    if (columns === undefined) return []
    const isWhole = columns === null || relation.columns.every(column => columns.has(column.name))
    return { schema: relation.schema, name: relation.name, columns: isWhole ? null : [...columns] }
  })
}

function placeColumns(relation: Relation): readonly string[] {
  if (relation.kind === 'partitioned') return ['tableoid', 'ctid']
  return relation.kind === 'table' || relation.kind === 'materialized_view' ? ['ctid'] : []
}

/** Any column of the tenants' relation may stand in an address. */
function addTenants(source: SurveyedSource, { mapping }: Survey, add: (relation: Relation) => void): void {
  const { tenants } = mapping
  if (tenants.kind !== 'relation' || tenants.relation.source !== source.name) return
  const { schema, name } = tenants.relation
  const relation = source.catalogue.relations.find(candidate => candidate.schema === schema && candidate.name === name)
  if (relation !== undefined) add(relation)
}

function writerOf(service: SurveyedService, survey: Survey): WriterGrants {
  const owned = mustOwn(service, survey)
  const relations = writtenRelations(survey).filter(written => written.service === service)
  const tables = relations.map(
    ({ name, relation }): WriteTable => ({
      schema: relation.schema,
      name: relation.name,
      hasSequence: relation.columns.some(column => column.hasDefault || column.generated.startsWith('identity')),
      owner: owned.has(name) ? relation.owner : null,
    }),
  )
  return {
    role: WRITER_ROLE,
    tables,
    referenced: referencedBy(
      relations.filter(({ name }) => owned.has(name)).map(({ relation }) => relation),
      service,
    ),
    bypassesRowSecurity: relations.some(
      ({ name, relation }) => relation.hasRowSecurity && (relation.forcesRowSecurity || !owned.has(name)),
    ),
    ledger: service.ledger === 'absent' ? 'absent' : 'present',
  }
}

/** Tables whose keys or triggers must be set aside, which only an owner may do. */
function mustOwn(service: SurveyedService, survey: Survey): ReadonlySet<string> {
  const circles = writtenTables(survey).filter(table => table.service === service && circleKeys(table, survey).length > 0)
  const relations = writtenRelations(survey).filter(written => written.service === service)
  const triggered = service.ref.triggers === 'disable' ? relations.filter(({ relation }) => liveTriggers(relation).length > 0) : []
  return new Set([...circles, ...triggered].map(({ name }) => name))
}

/** Parents that are not written to themselves. */
function referencedBy(owned: readonly TargetRelation[], service: SurveyedService): WriterGrants['referenced'] {
  const parents = owned.flatMap(relation => relation.foreignKeys.map(key => ({ schema: key.referencedSchema, name: key.referencedTable })))
  const names = new Map(parents.map(parent => [tableLabel(parent.schema, parent.name), parent]))
  return [...names].filter(([name]) => !service.relations.has(name)).map(([, parent]) => parent)
}

/** What only makes it faster is left to a person. */
function inPassing(service: SurveyedService, survey: Survey): readonly string[] {
  const owned = mustOwn(service, survey)
  const others = writtenRelations(survey).filter(
    written => written.service === service && !owned.has(written.name) && written.relation.owner !== WRITER_ROLE,
  )
  const owners = [...new Set(others.map(({ relation }) => relation.owner))]
  if (owners.length === 0) return []
  return [
    '-- Optional: with the powers of their owner Rehouse sets indexes of empty tables aside while it loads them, which is faster. Never lend those of a superuser.',
    ...owners.map(owner => `-- grant ${oneLine(quoteName(owner))} to ${quoteName(WRITER_ROLE)};`),
  ]
}

/** Inside a comment a line must not end. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
}
