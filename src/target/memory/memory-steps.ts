import { bug } from '../../errors.ts'
import type { Relation } from '../../model/catalogue.ts'
import type { SchemaStep } from '../../model/ledger-records.ts'

/** The memory engine's steps: the same kinds and the same order as PostgreSQL's, each a name to switch off and on again. */
export function switchStep(kind: SchemaStep['kind'], relation: Relation, name: string): SchemaStep {
  return { kind, schema: relation.schema, table: relation.name, name, apply: `off ${name}`, undo: `on ${name}` }
}

/** `isRule`: its rows are checked when it is switched on again. */
export function parseStep(step: SchemaStep): { readonly name: string; readonly isRule: boolean } {
  if (step.apply !== `off ${step.name}`) throw bug('expected a step of the memory engine, got one of another')
  return { name: step.name, isRule: step.kind !== 'guard' && step.kind !== 'disable_trigger' }
}
