import { bug, RehouseError } from '../../errors.ts'
import type { Relation } from '../../model/catalogue.ts'
import { formOf, type Rule, type StoredRow, type TableForm } from './memory-table.ts'

/** A table in one state. Never changed: a transaction makes another one. */
export interface TableState {
  readonly form: TableForm
  readonly rows: readonly StoredRow[]
  /** Names of rules and triggers that are switched off. */
  readonly off: ReadonlySet<string>
}

export type States = ReadonlyMap<string, TableState>

/** What is committed. */
export class MemoryStore {
  #states: States

  constructor(relations: readonly Relation[]) {
    this.#states = new Map(relations.map(relation => [tableKey(relation), { form: formOf(relation), rows: [], off: new Set<string>() }]))
  }

  get states(): States {
    return this.#states
  }

  replace(states: States): void {
    this.#states = states
  }
}

export function tableKey(table: { readonly schema: string; readonly name: string }): string {
  return `${table.schema}.${table.name}`
}

/** Throws TARGET_REFUSED for a table that is not there. */
export function stateOf(states: States, key: string): TableState {
  const state = states.get(key)
  if (state !== undefined) return state
  throw new RehouseError('TARGET_REFUSED', `expected a table ${key}, got none of that name`, {
    next: 'Make the table, or correct its name in the manifest.',
  })
}

/** Throws TARGET_REFUSED for a column that is not there. */
export function placeOf(state: TableState, column: string): number {
  const { relation } = state.form
  const place = relation.columns.findIndex(candidate => candidate.name === column)
  if (place >= 0) return place
  throw new RehouseError('TARGET_REFUSED', `expected a column ${column} in ${tableKey(relation)}, got none of that name`, {
    next: 'Correct its name in the manifest.',
  })
}

export function ruleNamed(state: TableState, name: string): Rule {
  const rule = state.form.rules.find(candidate => candidate.name === name)
  if (rule === undefined) throw bug(`expected a rule ${name} on ${tableKey(state.form.relation)}`)
  return rule
}

export function rulesInForce(state: TableState): readonly Rule[] {
  return state.form.rules.filter(rule => !state.off.has(rule.name))
}
