import { bug, RehouseError } from '../../errors.ts'
import type { SchemaStep } from '../../model/ledger-records.ts'
import { qualifiedName, quoteLiteral, quoteName, quoteNames } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { sqlFile } from '../../postgres/sql-files.ts'
import { bindTransaction } from '../../postgres/transaction-session.ts'
import {
  type ColumnUpdate,
  Refusal,
  type Removal,
  type RowsByIds,
  type RowsUpdate,
  type TableName,
  type WriteTransaction,
} from '../target.ts'
import { violationsQuery } from './violations.ts'

const DESCRIBE_COLUMN = sqlFile('describe-column')

const UPDATES = 'pg_temp.rehouse_updates'

/** One transaction of a session. After `commit` or `rollback` it is over. */
export class PostgresTransaction implements WriteTransaction {
  readonly #session: Session
  #isOver = false
  #savepoints = 0

  constructor(session: Session) {
    this.#session = session
    bindTransaction(this, session)
  }

  get isOver(): boolean {
    return this.#isOver || !this.#session.isOpen
  }

  copy(table: TableName, columns: readonly string[], tuples: readonly Buffer[]): Promise<number> {
    const list = columns.length === 0 ? '' : ` (${quoteNames(columns)})`
    return this.#open().copyIn(`copy ${qualifiedName(table)}${list} from stdin (format binary)`, tuples)
  }

  async checkConstraints(): Promise<void> {
    await this.#open().script('set constraints all immediate; set constraints all deferred')
  }

  async attempt<T>(work: () => Promise<T>): Promise<{ readonly done: T } | { readonly refused: Refusal }> {
    const session = this.#open()
    const savepoint = `attempt_${++this.#savepoints}`
    await session.query(`savepoint ${savepoint}`)
    try {
      const done = await work()
      await session.query(`release savepoint ${savepoint}`)
      return { done }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      await session.script(`rollback to savepoint ${savepoint}; release savepoint ${savepoint}`)
      return { refused: error }
    } finally {
      this.#savepoints--
    }
  }

  async removeRows(removals: readonly Removal[]): Promise<readonly number[]> {
    const removed: number[] = []
    for (const { table, column, ids } of removals) {
      const { type, equals } = await this.#column(table, column)
      const statement = `delete from ${qualifiedName(table)} where ${quoteName(column)} ${equals} any ($1::${type}[])`
      removed.push((await this.#open().query(statement, [ids])).rowCount)
    }
    return removed
  }

  async selectIds({ table, column, ids, idColumn }: Removal & { readonly idColumn: string }): Promise<readonly string[]> {
    const { type, equals } = await this.#column(table, column)
    const id = `${quoteName(idColumn)}::pg_catalog.text`
    const statement = `select distinct ${id} from ${qualifiedName(table)} where ${quoteName(column)} ${equals} any ($1::${type}[]) and ${quoteName(idColumn)} is not null`
    const { rows } = await this.#open().query(statement, [ids])
    return rows.map(row => row[0] ?? '')
  }

  async updateColumn({ table, where, set, pairs, over }: ColumnUpdate): Promise<number> {
    const id = await this.#column(table, where)
    const value = await this.#column(table, set)
    const wanted = over === 'empty' ? 'is null' : 'is distinct from pair.value'
    const statement = `update ${qualifiedName(table)} as t set ${quoteName(set)} = pair.value
      from unnest($1::${id.type}[], $2::${value.type}[]) as pair (id, value) where t.${quoteName(where)} ${id.equals} pair.id and t.${quoteName(set)} ${wanted}`
    const { rowCount } = await this.#open().query(statement, [pairs.map(pair => pair.id), pairs.map(pair => pair.value)])
    return rowCount
  }

  /** COPY takes no parameters. */
  async *readRows({ table, column, ids, columns, lock }: RowsByIds): AsyncGenerator<Buffer> {
    if (ids.length === 0) return
    const { type, equals } = await this.#column(table, column)
    const wanted = quoteLiteral(textArray(ids))
    const select = `select ${quoteNames(columns)} from ${qualifiedName(table)} where ${quoteName(column)} ${equals} any (${wanted}::${type}[])`
    yield* this.#open().copyOut(`copy (${select}${lock === 'rows' ? ' for update' : ''}) to stdout (format binary)`)
  }

  /** By a table of its own, so that no value passes through text. */
  async updateRows({ table, columns, key, tuples }: RowsUpdate): Promise<number> {
    const { equals } = await this.#column(table, key)
    const session = this.#open()
    await session.script(`create temporary table ${UPDATES} as select ${quoteNames(columns)} from ${qualifiedName(table)} with no data`)
    await session.copyIn(`copy ${UPDATES} from stdin (format binary)`, tuples)
    const others = columns.filter(column => column !== key).map(column => `${quoteName(column)} = u.${quoteName(column)}`)
    const statement = `update ${qualifiedName(table)} as t set ${others.join(', ')} from ${UPDATES} as u where t.${quoteName(key)} ${equals} u.${quoteName(key)}`
    const { rowCount } = await session.query(statement)
    await session.script(`drop table ${UPDATES}`)
    return rowCount
  }

  async #column(table: TableName, column: string): Promise<{ readonly type: string; readonly equals: string }> {
    const { rows } = await this.#open().query(DESCRIBE_COLUMN, [table.schema, table.name, column])
    const [type, equals] = rows[0] ?? []
    if (!type || !equals) {
      throw new RehouseError('TARGET_REFUSED', `expected column ${column} in ${table.schema}.${table.name}, got none of that name`, {
        where: { table: `${table.schema}.${table.name}`, column },
        next: 'The table changed since it was described: run `rehouse check`.',
      })
    }
    return { type, equals }
  }

  async refresh({ isConcurrent, ...view }: TableName & { readonly isConcurrent: boolean }): Promise<void> {
    await this.#open().script(`refresh materialized view ${isConcurrent ? 'concurrently ' : ''}${qualifiedName(view)}`)
  }

  async applyStep(step: SchemaStep): Promise<void> {
    await this.#open().script(step.apply)
  }

  async undoStep(step: SchemaStep): Promise<void> {
    await this.#open().script(step.undo)
  }

  async violations(step: SchemaStep, idColumn: string): Promise<readonly string[]> {
    const query = violationsQuery(step, idColumn)
    if (query === null) return []
    const { rows } = await this.#open().query(query)
    return rows.map(row => row[0] ?? '')
  }

  async commit({ durable }: { readonly durable: boolean }): Promise<void> {
    const session = this.#open()
    this.#isOver = true
    const setting = durable
      ? "select pg_catalog.set_config('synchronous_commit', 'on', true) where pg_catalog.current_setting('synchronous_commit') = 'off'"
      : 'set local synchronous_commit = off'
    const tags = await session.script(`${setting}; commit`)
    // The server answers COMMIT of a failed transaction with ROLLBACK, and no error.
    if (tags.at(-1) !== 'COMMIT') throw bug(`expected the transaction to be committed, got ${tags.at(-1)}: it had failed before`)
  }

  async rollback(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    // A session that cannot even roll back is of no use: its end rolls back.
    await this.#session.query('rollback').catch(() => this.#session.destroy())
  }

  #open(): Session {
    if (this.#isOver) throw bug('expected an open transaction, got one that is over')
    return this.#session
  }
}

function textArray(texts: readonly string[]): string {
  return `{${texts.map(text => `"${text.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}
