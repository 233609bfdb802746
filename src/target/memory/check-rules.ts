import { placeOf, rulesInForce, type States, stateOf, type TableState, tableKey } from './memory-store.ts'
import { keyOf, keyWithNulls, type Rule, type StoredRow } from './memory-table.ts'
import { refusal } from './parse-rows.ts'

type Unique = Rule & { readonly kind: 'unique' }
type ForeignKey = Rule & { readonly kind: 'foreign key' }

/** Rows that a rule does not allow: of equal ones all but the first, or those without a parent. */
export function offenders(states: States, state: TableState, rule: Rule): readonly StoredRow[] {
  return rule.kind === 'unique' ? duplicates(state.rows, rule) : orphans(states, state.rows, rule)
}

function duplicates(rows: readonly StoredRow[], rule: Unique): readonly StoredRow[] {
  const seen = new Set<string>()
  return rows.filter(row => {
    const key = rule.nullsNotDistinct ? keyWithNulls(row, rule.columns) : keyOf(row, rule.columns)
    if (key === null) return false
    const isKnown = seen.has(key)
    seen.add(key)
    return isKnown
  })
}

function orphans(states: States, rows: readonly StoredRow[], rule: ForeignKey): readonly StoredRow[] {
  const parent = stateOf(states, rule.referenced)
  const columns = rule.referencedColumns.map(name => placeOf(parent, name))
  const parents = new Set(parent.rows.map(row => keyOf(row, columns)))
  return rows.filter(row => {
    const key = keyOf(row, rule.columns)
    return key !== null && !parents.has(key)
  })
}

/** Throws the Refusal PostgreSQL would: 23505 or 23503 of the first rule that is broken. `when` deferred: only rules that wait for the end of the transaction. */
export function checkRules(states: States, tables: Iterable<string>, when: 'immediate' | 'deferred'): void {
  for (const name of tables) {
    const state = stateOf(states, name)
    for (const rule of rulesInForce(state)) {
      const isDeferred = rule.kind === 'foreign key' && rule.isDeferrable
      if (isDeferred !== (when === 'deferred') || offenders(states, state, rule).length === 0) continue
      throw refusal(rule.kind === 'unique' ? '23505' : '23503', state.form.relation, { constraint: rule.name })
    }
  }
}

/** The tables with a foreign key in force that refers to this one. */
export function referencing(states: States, table: string): readonly { readonly name: string; readonly rule: ForeignKey }[] {
  return [...states.values()].flatMap(state =>
    rulesInForce(state)
      .filter((rule): rule is ForeignKey => rule.kind === 'foreign key' && rule.referenced === table)
      .map(rule => ({ name: tableKey(state.form.relation), rule })),
  )
}
