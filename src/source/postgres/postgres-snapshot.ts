import { RehouseError } from '../../errors.ts'
import type { Relation } from '../../model/catalogue.ts'
import { sharesBackends } from '../../postgres/pooler.ts'
import { quoteLiteral } from '../../postgres/quote.ts'
import { NAME_ROW_HASH } from '../../postgres/row-hash.ts'
import { systemIdentifier } from '../../postgres/server-identity.ts'
import { Session, type SessionOptions } from '../../postgres/session.ts'
import { sqlFile } from '../../postgres/sql-files.ts'
import type { AggregateRequest, CountedList, ReadRequest, SourceSnapshot } from '../source.ts'
import { aggregateStatement } from './aggregate-statement.ts'
import { checkHeld, holdRelations } from './hold-relations.ts'
import { countStatement, elementCountStatement, foreignKeyTypes, type KeyOperators, readStatements } from './read-statements.ts'

const DESCRIBE_SNAPSHOT = sqlFile('describe-snapshot')
const FIND_KEY_OPERATORS = sqlFile('find-key-operators')
const BEGIN = 'begin isolation level repeatable read read only'

/**
 * One moment of the whole database. The exporting session only keeps the snapshot alive and counts; each read has a session of its own that imports it,
 * so reads may run side by side, and one that is left early takes only its own session with it.
 */
export class PostgresSnapshot implements SourceSnapshot {
  readonly #options: SessionOptions
  readonly #exporter: Session
  readonly #idle: Session[] = []
  readonly #open = new Set<Session>()
  #isClosed = false
  readonly id: string
  readonly marker: string
  readonly origin: string

  private constructor(
    options: SessionOptions,
    exporter: Session,
    moment: { readonly id: string; readonly marker: string; readonly origin: string },
  ) {
    this.#options = options
    this.#exporter = exporter
    this.id = moment.id
    this.marker = moment.marker
    this.origin = moment.origin
  }

  static async open(options: SessionOptions, relations: readonly Relation[]): Promise<PostgresSnapshot> {
    const exporter = await Session.open(options)
    try {
      if (await sharesBackends(exporter, options)) throw pooled()
      const system = await systemIdentifier(exporter)
      await exporter.query(BEGIN)
      await holdRelations(exporter, relations)
      const { rows } = await exporter.query(DESCRIBE_SNAPSHOT)
      const [id, database, timeline, started, xmax, isQuiet] = rows[0] ?? []
      const marker = [system, database, timeline, started, xmax].join('/')
      await checkHeld(exporter, relations)
      const isProof = isQuiet === 't' && system !== null && timeline !== 'standby'
      return new PostgresSnapshot(options, exporter, {
        id: String(id),
        marker: isProof ? marker : `${marker}/${id}`,
        origin: system === null ? '' : `${system}/${database}`,
      })
    } catch (error) {
      exporter.destroy()
      throw error
    }
  }

  async count(relation: Relation): Promise<bigint> {
    const { rows } = await this.#exporter.query(countStatement(relation))
    return BigInt(rows[0]?.[0] ?? 0)
  }

  aggregates(request: AggregateRequest): Promise<readonly (string | null)[]> {
    return this.#row(aggregateStatement(request))
  }

  async rowHash(): Promise<string> {
    return String((await this.#row({ text: NAME_ROW_HASH, values: [] }))[0])
  }

  async #row({ text, values }: ReturnType<typeof aggregateStatement>): Promise<readonly (string | null)[]> {
    const session = await this.#take(new AbortController().signal)
    try {
      return (await session.query(text, values)).rows[0] ?? []
    } catch (error) {
      session.destroy()
      throw error
    } finally {
      this.#giveBack(session)
    }
  }

  async countElements(relation: Relation, list: CountedList): Promise<bigint> {
    const { rows } = await this.#exporter.query(elementCountStatement(relation, list))
    return BigInt(rows[0]?.[0] ?? 0)
  }

  async *read(request: ReadRequest): AsyncGenerator<Buffer> {
    const session = await this.#take(request.signal)
    try {
      const statements = readStatements(request, await this.#operators(session, request))
      for (const [i, statement] of statements.entries()) {
        const chunks = session.copyOut(statement, request.signal)
        if (i === statements.length - 1) yield* chunks
        else yield* withoutTrailer(chunks)
      }
    } catch (error) {
      // Its transaction has failed and the snapshot with it.
      session.destroy()
      throw error
    } finally {
      this.#giveBack(session)
    }
  }

  async #operators(session: Session, request: ReadRequest): Promise<KeyOperators> {
    const types = foreignKeyTypes(request)
    if (types.length === 0) return new Map()
    const { rows } = await session.query(FIND_KEY_OPERATORS, [types.map(String)])
    const found = (oid: number, strategy: string): string => rows.find(row => Number(row[0]) === oid && row[1] === strategy)?.[2] ?? ''
    const known = types.filter(oid => found(oid, '5') !== '')
    return new Map(known.map(oid => [oid, { equal: found(oid, '3'), greater: found(oid, '5') }]))
  }

  async #take(signal: AbortSignal): Promise<Session> {
    signal.throwIfAborted()
    if (this.#isClosed || !this.#exporter.isOpen) throw this.#lost()
    for (let session = this.#idle.pop(); session; session = this.#idle.pop()) if (session.isOpen) return session
    const session = await Session.open(this.#options)
    this.#open.add(session)
    void session.ended.then(() => this.#open.delete(session))
    try {
      await session.script(`${BEGIN}; set transaction snapshot ${quoteLiteral(this.id)}`)
    } catch (error) {
      session.destroy()
      // The server does not know the snapshot once its session has ended.
      throw this.#exporter.isOpen ? error : this.#lost()
    }
    if (this.#isClosed) {
      session.destroy()
      throw this.#lost()
    }
    return session
  }

  #giveBack(session: Session): void {
    if (session.isOpen && !this.#isClosed) this.#idle.push(session)
    else session.destroy()
  }

  #lost(): RehouseError {
    return new RehouseError('SOURCE_UNREACHABLE', 'expected the snapshot to be kept by its session, got one that has ended', {
      next: 'Run the same command with --resume: it opens a new snapshot.',
    })
  }

  /** Idempotent; ends reads that are under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const session of this.#open) session.destroy()
    await Promise.all([...this.#open].map(session => session.ended))
    await this.#exporter.close()
  }
}

function pooled(): RehouseError {
  return new RehouseError(
    'SOURCE_REFUSED',
    'expected a session of its own with the source, got a pooler that shares sessions between transactions',
    {
      next: 'Give the address of the server itself, or of a pool in session mode.',
    },
  )
}

/** The tuples without the end marker (two bytes), so that more can follow. */
async function* withoutTrailer(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    if (chunk.length < 2) held = Buffer.concat([held, chunk])
    else {
      if (held.length > 0) yield held
      held = chunk
    }
  }
  if (held.length > 2) yield held.subarray(0, -2)
}
