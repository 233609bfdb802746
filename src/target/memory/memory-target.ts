import { tableLabel } from '../../base/table-label.ts'
import { bug } from '../../errors.ts'
import type { ForeignKey, Relation, TargetRelation, Trigger, UniqueKey } from '../../model/catalogue.ts'
import type { SchemaStep } from '../../model/ledger-records.ts'
import type { DeferralRule, TableName, Target, TargetFacts, TargetReader, UnbreakableRules, Writer, WriteTransaction } from '../target.ts'
import { MemoryReader } from './memory-reader.ts'
import { switchStep } from './memory-steps.ts'
import { MemoryStore, stateOf, type TableState, tableKey } from './memory-store.ts'
import type { Field } from './memory-table.ts'
import { MemoryTransaction } from './memory-transaction.ts'

export interface MemoryTargetOptions {
  readonly service: string
  readonly relations: readonly Relation[]
  /** `schema.table` → triggers; they are told by `describe` and do nothing. */
  readonly triggers?: Readonly<Record<string, readonly Trigger[]>>
}

/** A target without a database, for tests: transactions, savepoints, NOT NULL, unique and foreign keys are real; other sessions, locks and rights are not. */
export class MemoryTarget implements Target {
  readonly engine = 'memory'
  readonly service: string
  readonly label: string
  readonly #store: MemoryStore
  readonly #triggers: Readonly<Record<string, readonly Trigger[]>>
  readonly #writers = new Map<number, MemoryWriter>()
  #backends = 0
  /** What `advanceSequences` was asked for, in order. */
  readonly advanced: string[] = []

  constructor(options: MemoryTargetOptions) {
    this.service = options.service
    this.label = `memory:${options.service}`
    this.#store = new MemoryStore(options.relations)
    this.#triggers = options.triggers ?? {}
  }

  facts(): Promise<TargetFacts> {
    return Promise.resolve({
      identity: this.label,
      version: 0,
      role: 'memory',
      isSuperuser: false,
      canBypassRowSecurity: true,
      canCreateSchema: true,
      isPooled: false,
      isReadOnly: false,
    })
  }

  describe(tables: readonly TableName[]): Promise<readonly TargetRelation[]> {
    const { states } = this.#store
    const found = tables.map(table => states.get(tableKey(table))).filter(state => state !== undefined)
    return Promise.resolve(found.map(state => this.#relationOf(state)))
  }

  #relationOf(state: TableState): TargetRelation {
    const { relation } = state.form
    const triggers = this.#triggers[tableKey(relation)] ?? []
    return {
      ...relation,
      owner: 'memory',
      isOwnedByUs: true,
      isRowSecurityActive: false,
      hasRowSecurity: false,
      forcesRowSecurity: false,
      canInsert: true,
      canSelect: true,
      triggers: triggers.map(trigger => ({ ...trigger, isEnabled: trigger.isEnabled && !state.off.has(trigger.name) })),
      checks: [],
      indexes: [],
      isEmpty: state.rows.length === 0,
    }
  }

  openReader(): Promise<TargetReader> {
    return Promise.resolve(new MemoryReader(this.#store.states))
  }

  openWriter(): Promise<Writer> {
    const writer = new MemoryWriter(this.#store, { backend: ++this.#backends, onClose: () => this.#writers.delete(writer.backend) })
    this.#writers.set(writer.backend, writer)
    return Promise.resolve(writer)
  }

  /** Ends a session from outside, as `pg_terminate_backend` would. */
  async terminate(backend: number): Promise<void> {
    await this.#writers.get(backend)?.close()
  }

  advanceSequences(tables: readonly TableName[]): Promise<void> {
    this.advanced.push(...tables.map(tableKey))
    return Promise.resolve()
  }

  /** There is no SQL here to run. */
  applyScript(): Promise<void> {
    return Promise.reject(bug('expected no script for a target in memory'))
  }

  planDeferral(relations: readonly TargetRelation[], rule: DeferralRule): readonly SchemaStep[] {
    const tables = relations.filter(relation => relation.isEmpty && rule.worthwhile.has(tableLabel(relation.schema, relation.name)))
    const rulesOf = (relation: Relation): UnbreakableRules | undefined => rule.unbreakable?.get(tableLabel(relation.schema, relation.name))
    const dropped = (relation: Relation): readonly ForeignKey[] =>
      tables.some(table => tableKey(table) === tableKey(relation)) ? relation.foreignKeys.filter(key => isHeld(key, rulesOf(relation))) : []
    // A key on which a foreign key rests that stays, stays.
    const isFree = (relation: Relation): boolean =>
      ![...this.#store.states.values()].some(({ form }) => {
        const names = dropped(form.relation).map(key => key.name)
        return form.relation.foreignKeys.some(key => !names.includes(key.name) && isTo(key, relation))
      })
    const steps = tables.flatMap(relation => [
      ...dropped(relation).map(key => switchStep('drop_foreign_key', relation, key.name)),
      ...(isFree(relation) ? relation.uniqueKeys : [])
        .filter(key => isUnbreakable(key, rulesOf(relation)))
        .map(key => switchStep('drop_constraint', relation, key.name)),
    ])
    const guarded = tables.filter(relation => steps.some(step => step.schema === relation.schema && step.table === relation.name))
    const disabled = rule.triggers === 'disable' ? relations : []
    return [
      ...guarded.map(relation => switchStep('guard', relation, 'rehouse_guard')),
      ...disabled.flatMap(relation =>
        relation.triggers.filter(trigger => trigger.isEnabled).map(trigger => switchStep('disable_trigger', relation, trigger.name)),
      ),
      ...steps.filter(step => step.kind === 'drop_foreign_key'),
      ...steps.filter(step => step.kind === 'drop_constraint'),
    ]
  }

  /** What is committed, in the order stored; fields in the order of the table's columns. */
  rows(table: TableName): readonly (readonly Field[])[] {
    return stateOf(this.#store.states, tableKey(table)).rows.map(row => row.fields)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map(writer => writer.close()))
  }
}

function isTo(key: ForeignKey, relation: Relation): boolean {
  return key.referencedSchema === relation.schema && key.referencedTable === relation.name
}

function isHeld(key: ForeignKey, rules: UnbreakableRules | undefined): boolean {
  if (rules === undefined) return true
  const isChecked = key.columns.some(column => rules.checked.get(column) === tableLabel(key.referencedSchema, key.referencedTable))
  return isChecked || key.columns.every(column => rules.constant.has(column))
}

function isUnbreakable(key: UniqueKey, rules: UnbreakableRules | undefined): boolean {
  return rules === undefined || rules.distinct.some(columns => columns.every(column => key.columns.includes(column)))
}

class MemoryWriter implements Writer {
  readonly backend: number
  readonly #store: MemoryStore
  readonly #onClose: () => void
  #isOpen = true
  #transaction: MemoryTransaction | null = null

  constructor(store: MemoryStore, options: { readonly backend: number; readonly onClose: () => void }) {
    this.#store = store
    this.backend = options.backend
    this.#onClose = options.onClose
  }

  begin(): Promise<WriteTransaction> {
    if (this.#transaction && !this.#transaction.isOver) throw bug('expected at most one open transaction of a writer')
    this.#transaction = new MemoryTransaction(this.#store, () => this.#isOpen)
    return Promise.resolve(this.#transaction)
  }

  async close(): Promise<void> {
    await this.#transaction?.rollback()
    this.#isOpen = false
    this.#onClose()
  }
}
