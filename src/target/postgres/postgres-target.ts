import type { ConnectionOptions } from 'node:tls'
import { RehouseError } from '../../errors.ts'
import type { TargetRelation } from '../../model/catalogue.ts'
import type { SchemaStep } from '../../model/ledger-records.ts'
import { addressLabel } from '../../postgres/address-label.ts'
import { sharesBackends } from '../../postgres/pooler.ts'
import { systemIdentifier } from '../../postgres/server-identity.ts'
import { Session, type SessionOptions } from '../../postgres/session.ts'
import { sqlFile } from '../../postgres/sql-files.ts'
import { type DeferralRule, Refusal, type TableName, type Target, type TargetFacts, type TargetReader, type Writer } from '../target.ts'
import { planDeferral } from './plan-deferral.ts'
import { PostgresReader } from './postgres-reader.ts'
import { PostgresWriter } from './postgres-writer.ts'
import { readTargetRows } from './read-target-rows.ts'
import { advanceSequences } from './sequences.ts'
import { withSetAside } from './set-aside.ts'
import { targetRelationsFrom } from './target-relations.ts'

export interface PostgresTargetOptions {
  readonly service: string
  readonly url: string
  /** What `sslmode` of the address means; absent = as the driver reads the address. */
  readonly ssl?: ConnectionOptions | false | undefined
  /** The service's own session settings (`app.current_sub`), applied after ours. */
  readonly settings: Readonly<Record<string, string>>
  readonly applicationName: string
}

const DESCRIBE_ROLE = sqlFile('describe-role')

/** Connects when first asked something. */
export function openPostgresTarget(options: PostgresTargetOptions): Target {
  return new PostgresTarget(options)
}

class PostgresTarget implements Target {
  readonly engine = 'postgres'
  readonly service: string
  readonly label: string
  readonly #options: SessionOptions
  readonly #writers = new Set<Writer>()
  readonly #readers = new Set<TargetReader>()

  constructor(options: PostgresTargetOptions) {
    const { service, ...rest } = options
    this.service = service
    this.label = addressLabel(options.url)
    this.#options = { ...rest, side: 'target' }
  }

  facts(): Promise<TargetFacts> {
    return this.#withSession(this.#options, async session => {
      const system = await systemIdentifier(session)
      const { rows } = await session.query(DESCRIBE_ROLE)
      const [database, role, isSuperuser, canBypass, canCreate, isReadOnly] = rows[0] ?? []
      return {
        identity: `postgres:${system ?? this.label}:${database}`,
        version: session.version,
        role: String(role),
        isSuperuser: isSuperuser === 't',
        canBypassRowSecurity: isSuperuser === 't' || canBypass === 't',
        canCreateSchema: canCreate === 't',
        isPooled: await sharesBackends(session, this.#options),
        isReadOnly: isReadOnly === 't',
      }
    })
  }

  describe(tables: readonly TableName[], setAside: readonly SchemaStep[] = []): Promise<readonly TargetRelation[]> {
    return this.#withSession(this.#options, async session => {
      const relations = targetRelationsFrom(await readTargetRows(session, tables))
      return relations.map(relation => withSetAside(relation, setAside))
    })
  }

  async openReader(): Promise<TargetReader> {
    const reader = await PostgresReader.open(this.#options)
    this.#readers.add(reader)
    return reader
  }

  async openWriter(): Promise<Writer> {
    const writer = await PostgresWriter.open(this.#options)
    this.#writers.add(writer)
    return writer
  }

  advanceSequences(tables: readonly TableName[]): Promise<void> {
    return this.#withSession(this.#options, session => advanceSequences(session, tables))
  }

  applyScript(script: string): Promise<void> {
    // What a person wrote counts on the usual search path.
    const settings = { search_path: 'public', ...this.#options.settings }
    return this.#withSession({ ...this.#options, settings }, async session => {
      try {
        await session.script(`begin;\n${script}\n;commit`)
      } catch (error) {
        if (error instanceof Refusal) throw scriptRefused(error)
        throw error
      }
    })
  }

  planDeferral(relations: readonly TargetRelation[], rule: DeferralRule): readonly SchemaStep[] {
    return planDeferral(relations, rule)
  }

  async #withSession<T>(options: SessionOptions, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await Session.open(options)
    try {
      return await work(session)
    } finally {
      await session.close()
    }
  }

  /** Also ends the writers and readers that are still open. */
  async close(): Promise<void> {
    const open = [...this.#writers, ...this.#readers]
    this.#writers.clear()
    this.#readers.clear()
    await Promise.all(open.map(one => one.close()))
  }
}

function scriptRefused(refusal: Refusal): RehouseError {
  return new RehouseError('TARGET_REFUSED', `expected the target to take its script, got SQLSTATE ${refusal.sqlstate}`, {
    next: 'Run the script by hand to see where; nothing of it was kept.',
    cause: refusal,
  })
}
