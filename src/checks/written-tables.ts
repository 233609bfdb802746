import { tableLabel } from '../base/table-label.ts'
import type { TargetRelation } from '../model/catalogue.ts'
import type { Entity, Shape } from '../model/mapping.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import type { TablePlan } from '../plan/compile-table.ts'
import type { Survey, SurveyedService } from './survey.ts'

/** One table an entity writes to. An entity is compiled once per tenant; the target side is the same each time, so the first one speaks for all. */
export interface WrittenTable {
  readonly service: SurveyedService
  readonly entity: Entity
  readonly shape: Shape
  readonly isHead: boolean
  /** `schema.table` */
  readonly name: string
  /** Null: the table is not there. */
  readonly relation: TargetRelation | null
  /** Null: the entity was not compiled for any tenant. */
  readonly compiled: CompiledEntity | null
  /** Null: not compiled, or not without errors. */
  readonly plan: TablePlan | null
}

/** In the manifest's order: entity by entity, head first. */
export function writtenTables(survey: Survey): readonly WrittenTable[] {
  const first = firstCompiled(survey)
  return survey.mapping.entities.flatMap(entity => {
    const service = survey.services.find(candidate => candidate.ref.name === entity.service)
    if (service === undefined) return []
    const compiled = first.get(entity.name) ?? null
    return entity.into.map((shape, i) => {
      const name = tableLabel(shape.schema, shape.table)
      const relation = service.relations.get(name) ?? null
      const plan = compiled?.tables.find(table => table.name === name) ?? null
      return { service, entity, shape, isHead: i === 0, name, relation, compiled, plan }
    })
  })
}

/** A table that exists, once, with everything that is written to it. */
export interface WrittenRelation {
  readonly service: SurveyedService
  readonly name: string
  readonly relation: TargetRelation
  readonly writers: readonly WrittenTable[]
}

/** Services in the manifest's order, in each the tables in the order they are first written to. */
export function writtenRelations(survey: Survey): readonly WrittenRelation[] {
  const tables = writtenTables(survey)
  return survey.services.flatMap(service => {
    const here = tables.filter(table => table.service === service)
    return [...new Set(here.map(table => table.name))].flatMap(name => {
      const relation = service.relations.get(name)
      return relation === undefined ? [] : [{ service, name, relation, writers: here.filter(table => table.name === name) }]
    })
  })
}

function firstCompiled(survey: Survey): ReadonlyMap<string, CompiledEntity> {
  const first = new Map<string, CompiledEntity>()
  for (const { entity, compiled } of survey.compiled) if (!first.has(entity.name)) first.set(entity.name, compiled)
  return first
}

/** The columns a table is sent: those of the mapping, also where they could not be compiled, and those Rehouse fills itself. */
export function filledColumns(table: WrittenTable): ReadonlySet<string> {
  return new Set([...table.shape.columns.map(column => column.name), ...(table.plan?.columns ?? [])])
}
