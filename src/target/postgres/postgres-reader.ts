import type { Measure } from '../../model/measure.ts'
import { measureStatement } from '../../postgres/measures.ts'
import { qualifiedName, quoteLiteral, quoteName, quoteNames } from '../../postgres/quote.ts'
import { NAME_ROW_HASH } from '../../postgres/row-hash.ts'
import { Session, type SessionOptions } from '../../postgres/session.ts'
import type { ReferenceTo, RowsOf, RowsRequest, StrayRows, TableName, TargetReader } from '../target.ts'

const BEGIN = 'begin isolation level repeatable read read only'
/**
 * What a session is for. Streams follow the index of the identifier where there is one: after a load there are no statistics yet, and the planner would sort what lies in order already, with more
 * processes than the machine has to spare. Questions may use all it has.
 */
const SETTINGS = {
  stream: "set local work_mem = '64MB'; set local enable_sort = off; set local max_parallel_workers_per_gather = 0",
  question: "set local work_mem = '64MB'",
} as const
type Purpose = keyof typeof SETTINGS
const NAMED = 20

/** Sessions that share one exported snapshot: each statement has one to itself while it runs. */
export class PostgresReader implements TargetReader {
  readonly #options: SessionOptions
  readonly #exporter: Session
  readonly #snapshot: string
  readonly #idle: Readonly<Record<Purpose, Session[]>> = { stream: [], question: [] }
  readonly #open = new Set<Session>()
  readonly #counts = new Map<string, Promise<bigint>>()

  private constructor(options: SessionOptions, exporter: Session, snapshot: string) {
    this.#options = options
    this.#exporter = exporter
    this.#snapshot = snapshot
  }

  static async open(options: SessionOptions): Promise<PostgresReader> {
    const exporter = await Session.open(options)
    try {
      await exporter.query(BEGIN)
      const { rows } = await exporter.query('select pg_catalog.pg_export_snapshot()')
      return new PostgresReader(options, exporter, String(rows[0]?.[0]))
    } catch (error) {
      exporter.destroy()
      throw error
    }
  }

  async *rows({ columns, orderBy, ids, signal, ...of }: RowsRequest): AsyncGenerator<Buffer> {
    const conditions = [...tenantCondition(of), ...(orderBy === null ? [] : [`${quoteName(orderBy)} is not null`])]
    if (ids !== null && orderBy !== null)
      conditions.push(`${quoteName(orderBy)} = any (${quoteLiteral(`{${ids.join(',')}}`)}::pg_catalog.uuid[])`)
    const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
    const order = orderBy === null ? '' : ` order by ${quoteName(orderBy)}`
    const session = await this.#take('stream')
    try {
      const select = `select ${quoteNames(columns)} from ${qualifiedName(of.table)}${where}${order}`
      yield* session.copyOut(`copy (${select}) to stdout (format binary)`, signal)
    } finally {
      this.#giveBack(session, 'stream')
    }
  }

  /** Asked once: it is one moment of the database. */
  count(of: RowsOf): Promise<bigint> {
    const from = fromTenant(of)
    const known = this.#counts.get(from)
    if (known !== undefined) return known
    const counted = this.#row(`select pg_catalog.count(*) from ${from}`).then(row => BigInt(row[0] ?? 0))
    this.#counts.set(from, counted)
    return counted
  }

  async strays(table: TableName, references: readonly ReferenceTo[]): Promise<readonly StrayRows[]> {
    if (references.length === 0) return []
    const joins = references.map((reference, i) => parentJoins(reference, i)).join(' ')
    const items = references.flatMap((reference, i) => {
      const { orphan, other } = strayConditions(reference, i)
      return [`pg_catalog.count(*) filter (where ${orphan})`, `pg_catalog.count(*) filter (where ${other})`]
    })
    const counts = await this.#row(`select ${items.join(', ')} from ${qualifiedName(table)} c ${joins}`)
    const found: StrayRows[] = []
    for (const [i, reference] of references.entries()) {
      const [orphans, otherTenant] = [Number(counts[2 * i]), Number(counts[2 * i + 1])]
      const conditions = strayConditions(reference, i)
      const named = (condition: string, count: number): Promise<readonly string[]> =>
        count === 0 || reference.idColumn === null ? Promise.resolve([]) : this.#named(table, reference, { joins, condition })
      const orphanIds = await named(conditions.orphan, orphans)
      found.push({ orphans, otherTenant, orphanIds, otherTenantIds: await named(conditions.other, otherTenant) })
    }
    return found
  }

  async #named(table: TableName, { idColumn }: ReferenceTo, of: { joins: string; condition: string }): Promise<readonly string[]> {
    const id = `c.${quoteName(idColumn ?? '')}`
    const statement = `select ${id}::pg_catalog.text from ${qualifiedName(table)} c ${of.joins} where ${of.condition} order by ${id} limit ${NAMED}`
    return this.#with(async session => (await session.query(statement)).rows.map(row => row[0] ?? ''))
  }

  aggregates(of: RowsOf, measures: readonly Measure[]): Promise<readonly (string | null)[]> {
    return this.#row(measureStatement(measures, fromTenant(of)))
  }

  async rowHash(): Promise<string> {
    return String((await this.#row(NAME_ROW_HASH))[0])
  }

  #row(statement: string): Promise<readonly (string | null)[]> {
    return this.#with(async session => (await session.query(statement)).rows[0] ?? [])
  }

  async #with<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#take('question')
    try {
      return await work(session)
    } catch (error) {
      // Its transaction has failed.
      session.destroy()
      throw error
    } finally {
      this.#giveBack(session, 'question')
    }
  }

  async #take(purpose: Purpose): Promise<Session> {
    const idle = this.#idle[purpose]
    for (let session = idle.pop(); session; session = idle.pop()) if (session.isOpen) return session
    const session = await Session.open(this.#options)
    this.#open.add(session)
    void session.ended.then(() => this.#open.delete(session))
    try {
      await session.script(`${BEGIN}; set transaction snapshot ${quoteLiteral(this.#snapshot)}; ${SETTINGS[purpose]}`)
      return session
    } catch (error) {
      // Closed meanwhile.
      session.destroy()
      throw error
    }
  }

  #giveBack(session: Session, purpose: Purpose): void {
    if (session.isOpen) this.#idle[purpose].push(session)
  }

  /** Idempotent; ends streams that are under way. */
  async close(): Promise<void> {
    for (const session of this.#open) session.destroy()
    await Promise.all([...this.#open].map(session => session.ended))
    await this.#exporter.close()
  }
}

function tenantCondition({ tenant }: RowsOf): readonly string[] {
  return tenant === null ? [] : [`${quoteName(tenant.column)} = ${quoteLiteral(tenant.id)}::pg_catalog.uuid`]
}

function fromTenant(of: RowsOf): string {
  const conditions = tenantCondition(of)
  return `${qualifiedName(of.table)}${conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`}`
}

function parentJoins({ column, parents }: ReferenceTo, i: number): string {
  return parents
    .map(
      ({ table, idColumn }, p) =>
        `left join ${qualifiedName(table)} p${i}_${p} on p${i}_${p}.${quoteName(idColumn)} = c.${quoteName(column)}`,
    )
    .join(' ')
}

/** A parent without a tenant belongs to all. */
function strayConditions({ column, parents, tenantColumn }: ReferenceTo, i: number): { readonly orphan: string; readonly other: string } {
  const isSet = `c.${quoteName(column)} is not null`
  const missing = parents.map(({ idColumn }, p) => `p${i}_${p}.${quoteName(idColumn)} is null`)
  const others = parents.flatMap((parent, p) =>
    parent.tenantColumn === null || tenantColumn === null
      ? []
      : [
          `p${i}_${p}.${quoteName(parent.tenantColumn)} is distinct from c.${quoteName(tenantColumn)} and p${i}_${p}.${quoteName(parent.idColumn)} is not null`,
        ],
  )
  return {
    orphan: [isSet, ...missing].join(' and '),
    other: others.length === 0 ? 'false' : `${isSet} and (${others.map(other => `(${other})`).join(' or ')})`,
  }
}
