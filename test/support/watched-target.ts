import type { Relation } from '../../src/model/catalogue.ts'
import { MemoryTarget, type MemoryTargetOptions } from '../../src/target/memory/memory-target.ts'
import type { Writer, WriteTransaction } from '../../src/target/target.ts'

/** What was asked of a transaction, before it was done. */
export interface Statement {
  readonly kind: 'copy' | 'remove' | 'update' | 'step' | 'commit'
  readonly table: string
  readonly rows: number
}

/** The memory target, telling every statement that could change something; `onStatement` may throw what a server would answer. */
export class WatchedTarget extends MemoryTarget {
  readonly relations: readonly Relation[]
  readonly statements: Statement[] = []
  onStatement: (statement: Statement) => void = () => undefined

  constructor(options: MemoryTargetOptions) {
    super(options)
    this.relations = options.relations
  }

  override async openWriter(): Promise<Writer> {
    const writer = await super.openWriter()
    const begin = writer.begin.bind(writer)
    writer.begin = async () => this.#watch(await begin())
    return writer
  }

  /** Statements on tables' rows, as `kind table rows`. */
  told(): readonly string[] {
    return this.statements
      .filter(({ kind }) => kind === 'copy' || kind === 'remove' || kind === 'update')
      .map(({ kind, table, rows }) => `${kind} ${table} ${rows}`)
  }

  forgetStatements(): void {
    this.statements.length = 0
  }

  /** The transaction itself stays: the ledger knows it by its identity. */
  #watch(tx: WriteTransaction): WriteTransaction {
    const { copy, removeRows, updateColumn, updateRows, applyStep, undoStep, commit } = tx
    tx.copy = (table, columns, tuples) => {
      this.#tell('copy', `${table.schema}.${table.name}`, tuples.length)
      return copy.call(tx, table, columns, tuples)
    }
    tx.removeRows = removals => {
      for (const { table, ids } of removals) this.#tell('remove', `${table.schema}.${table.name}`, ids.length)
      return removeRows.call(tx, removals)
    }
    tx.updateColumn = update => {
      this.#tell('update', `${update.table.schema}.${update.table.name}`, update.pairs.length)
      return updateColumn.call(tx, update)
    }
    tx.updateRows = update => {
      this.#tell('update', `${update.table.schema}.${update.table.name}`, update.tuples.length)
      return updateRows.call(tx, update)
    }
    tx.applyStep = step => {
      this.#tell('step', `${step.schema}.${step.table}`, 0)
      return applyStep.call(tx, step)
    }
    tx.undoStep = step => {
      this.#tell('step', `${step.schema}.${step.table}`, 0)
      return undoStep.call(tx, step)
    }
    tx.commit = options => {
      this.#tell('commit', '', 0)
      return commit.call(tx, options)
    }
    return tx
  }

  #tell(kind: Statement['kind'], table: string, rows: number): void {
    const statement = { kind, table, rows }
    this.statements.push(statement)
    this.onStatement(statement)
  }
}
