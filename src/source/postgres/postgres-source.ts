import type { ConnectionOptions } from 'node:tls'
import type { Catalogue, Relation } from '../../model/catalogue.ts'
import type { CatalogueExtras } from '../../model/catalogue-extras.ts'
import { addressLabel } from '../../postgres/address-label.ts'
import { catalogueFrom } from '../../postgres/catalogue.ts'
import { readCatalogueRows } from '../../postgres/catalogue-rows.ts'
import { systemIdentifier } from '../../postgres/server-identity.ts'
import { Session, type SessionOptions } from '../../postgres/session.ts'
import { sqlFile } from '../../postgres/sql-files.ts'
import type { Source, SourceFacts, SourceSnapshot } from '../source.ts'
import { describeQuery, type Query } from './describe-query.ts'
import { readPostgresExtras } from './postgres-extras.ts'
import { PostgresSnapshot } from './postgres-snapshot.ts'

export interface PostgresSourceOptions {
  readonly url: string
  /** What `sslmode` of the address means; absent = as the driver reads the address. */
  readonly ssl?: ConnectionOptions | false | undefined
  readonly applicationName: string
}

const DESCRIBE_LOGIN = sqlFile('describe-login')

/** Connects when first asked something. */
export function openPostgresSource(options: PostgresSourceOptions): Source {
  return new PostgresSource({ ...options, side: 'source', settings: { default_transaction_read_only: 'on' } })
}

class PostgresSource implements Source {
  readonly engine = 'postgres'
  readonly capability = 'query'
  readonly attaches = 'direct'
  readonly label: string
  readonly #options: SessionOptions
  readonly #snapshots = new Set<SourceSnapshot>()

  constructor(options: SessionOptions) {
    this.#options = options
    this.label = addressLabel(options.url)
  }

  describe(): Promise<Catalogue> {
    return this.#withSession(async session => {
      await session.query('begin isolation level repeatable read read only')
      return catalogueFrom(await readCatalogueRows(session, null))
    })
  }

  describeQuery(query: Query): Promise<Relation> {
    return this.#withSession(async session => {
      await session.query('begin isolation level repeatable read read only')
      return describeQuery(session, query)
    })
  }

  extras(): Promise<CatalogueExtras> {
    return this.#withSession(async session => {
      await session.query('begin isolation level repeatable read read only')
      return readPostgresExtras(session)
    })
  }

  facts(): Promise<SourceFacts> {
    return this.#withSession(async session => {
      const system = await systemIdentifier(session)
      const { rows } = await session.query(DESCRIBE_LOGIN)
      const [database, canWrite] = rows[0] ?? []
      return { identity: `postgres:${system ?? this.label}:${database}`, canWrite: canWrite === 't', serverVersion: session.version }
    })
  }

  async openSnapshot(relations: readonly Relation[] = []): Promise<SourceSnapshot> {
    const snapshot = await PostgresSnapshot.open(this.#options, relations)
    this.#snapshots.add(snapshot)
    return snapshot
  }

  async #withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await Session.open(this.#options)
    try {
      return await work(session)
    } finally {
      await session.close()
    }
  }

  async close(): Promise<void> {
    const snapshots = [...this.#snapshots]
    this.#snapshots.clear()
    await Promise.all(snapshots.map(snapshot => snapshot.close()))
  }
}
