import { tableLabel } from '../base/table-label.ts'
import { RehouseError } from '../errors.ts'
import { tableOfPosition } from '../plan/check-many-tables.ts'
import type { EntityRows } from './entity-rows.ts'
import type { LoadContext } from './load-context.ts'

/**
 * Of many tables the one a reading is taken up in: the source compares the tables that are read from their beginning; of this one the rows read before, as the ledger has them, and those read now must come to
 * what the source counts. Rows without a part of their key come later, so a table that may have some is left to the sum over all tables.
 */
export class ResumedTable {
  readonly #told: { readonly table: string; readonly counted: bigint; readonly context: LoadContext }
  #read: bigint
  #isFirst = true
  #isOver = false

  private constructor(told: { readonly table: string; readonly counted: bigint; readonly context: LoadContext }, before: number) {
    this.#told = told
    this.#read = BigInt(before)
  }

  /** Null: nothing was read before, or it is no reading of many tables. */
  static async at(context: LoadContext, after: readonly string[] | null): Promise<ResumedTable | null> {
    const { facts, snapshot, service, run, entity, tenant, sample } = context
    if (sample !== null) return null
    const { many } = facts.relation
    const label = many && after && tableOfPosition(many, facts.key.names, after)
    const table = many?.tables.find(({ relation }) => tableLabel(relation.schema, relation.name) === label)?.relation
    if (label == null || table === undefined) return null
    if (table.columns.some(column => column.isNullable && facts.key.names.includes(column.name))) return null
    const totals = (await service.ledger.totals(run)).find(
      total => total.entity === entity.number && total.tenant === (tenant?.number ?? 0),
    )
    const known = totals?.relations.find(({ relation }) => relation === `${facts.entity.from.source}/${label}`)
    return new ResumedTable({ table: label, counted: await snapshot.count(table), context }, known?.counts.read ?? 0)
  }

  /** A row is read, the first of another table or not. Throws as `end`. */
  meet(rows: Pick<EntityRows, 'position'>, begins: boolean): void {
    if (this.#isOver) return
    const isOther = begins || (this.#isFirst && !this.#isOwn(rows.position()))
    this.#isFirst = false
    if (isOther) this.end()
    else this.#read++
  }

  #isOwn(position: readonly string[]): boolean {
    const { relation, key } = this.#told.context.facts
    return relation.many !== undefined && tableOfPosition(relation.many, key.names, position) === this.#told.table
  }

  /** Its last row was read. Throws SOURCE_COUNT_MISMATCH. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { table, counted, context } = this.#told
    if (this.#read === counted) return
    throw new RehouseError(
      'SOURCE_COUNT_MISMATCH',
      `expected ${counted} rows of ${table}, as the source counted in the same snapshot, got ${this.#read}`,
      {
        where: { entity: context.facts.entity.name, tenant: context.tenant?.code, table },
        next: 'Nothing of the last batch was kept. Run `rehouse migrate --resume`; if it stays, report it with the source’s version.',
      },
    )
  }
}
