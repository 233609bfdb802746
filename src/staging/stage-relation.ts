import { createHash } from 'node:crypto'
import { tableLabel } from '../base/table-label.ts'
import { atPlace, RehouseError } from '../errors.ts'
import type { Relation } from '../model/catalogue.ts'
import { qualifiedName, quoteNames } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { WHOLE } from '../source/scan-keys.ts'
import type { SourceSnapshot } from '../source/source.ts'
import { withKeyTexts } from './key-texts.ts'
import { createStatement, keyedName, STAGING_SCHEMA, type StagedShape } from './staged-shape.ts'
import type { StagingDatabase } from './staging-database.ts'
import { openStagingSession } from './staging-server.ts'

export interface Staging {
  readonly snapshot: SourceSnapshot
  readonly relation: Relation
  readonly table: StagedTable
  readonly signal: AbortSignal
}

/** A table in staging, and how the rows of a whole relation become its rows. */
export interface StagedTable {
  /** In the staging database. Its schema is there. */
  readonly table: { readonly schema: string; readonly name: string }
  /** In `legacy_staging.relation`. */
  readonly record: string
  readonly create: string
  /** As `tuples` gives them. */
  readonly columns: readonly string[]
  tuples(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer>
  /** Once all rows are there, before anybody sees them. */
  finish(session: Session): Promise<void>
  /** To remember with the record, asked after `finish`. */
  remark(): string
}

/** The raw copy of a relation, with the canonical texts of its keys. */
export function rawTable(shape: StagedShape): StagedTable {
  return {
    table: { schema: STAGING_SCHEMA, name: shape.table },
    record: shape.table,
    create: createStatement(shape),
    columns: [...shape.columns.map(({ name }) => name), ...shape.keyed.map(keyedName)],
    tuples: chunks => (shape.keyed.length === 0 ? chunks : withKeyTexts(chunks, shape)),
    finish: () => Promise.resolve(),
    remark: () => '',
  }
}

/**
 * Copies a relation once, whole, in one transaction with its record: whoever dies in between leaves nothing, and the next begins again. Of several that want the same,
 * one copies and the others wait for it. Resolves to the record’s remark. What the file's reader throws is thrown, with the table named.
 */
export async function stageRelation(database: StagingDatabase, staging: Staging): Promise<string> {
  const { table, relation, signal } = staging
  const session = await openStagingSession(database.address)
  // Also while it waits for who is copying already.
  const onAbort = (): void => session.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const known = await remarkOf(session, table)
    if (known !== null) return known
    await session.script('begin')
    await session.query('select pg_catalog.pg_advisory_xact_lock($1::pg_catalog.int8)', [lockOf(table)])
    const remark = (await remarkOf(session, table)) ?? (await copy(session, staging))
    await session.script('commit')
    await session.close()
    return remark
  } catch (error) {
    throw atPlace(signal.aborted ? interruption(signal) : error, { table: tableLabel(relation.schema, relation.name) })
  } finally {
    signal.removeEventListener('abort', onAbort)
    session.destroy()
  }
}

/** Of a table that is there, by both the record and the rows: after a crash of the server neither is there, but no trust is put in that. */
async function remarkOf(session: Session, { record, table }: StagedTable): Promise<string | null> {
  const { rows } = await session.query(`select rows, remark from ${STAGING_SCHEMA}.relation where name = $1`, [record])
  const [count, remark] = rows[0] ?? []
  if (count === undefined) return null
  const isThere = count === '0' || (await session.query(`select from ${qualifiedName(table)} limit 1`)).rowCount > 0
  return isThere ? String(remark) : null
}

async function copy(session: Session, { snapshot, relation, table, signal }: Staging): Promise<string> {
  const name = qualifiedName(table.table)
  await session.script(`drop table if exists ${name}; ${table.create}`)
  const columns = relation.columns.map(column => column.name)
  const hash = createHash('sha256')
  const chunks = hashed(snapshot.read({ relation, columns, key: WHOLE, after: null, signal }), { hash, signal })
  const names = quoteNames(table.columns)
  const list = names === '' ? '' : ` (${names})`
  const rows = await session.copyInStream(`copy ${name}${list} from stdin (format binary)`, table.tuples(chunks))
  await table.finish(session)
  const remark = table.remark()
  await session.query(
    `insert into ${STAGING_SCHEMA}.relation (name, marker, relation, rows, sha256, remark) values ($1, $2, $3, $4, $5, $6)
     on conflict (name) do update set marker = excluded.marker, rows = excluded.rows, sha256 = excluded.sha256, remark = excluded.remark, finished_at = excluded.finished_at`,
    [table.record, snapshot.marker, tableLabel(relation.schema, relation.name), String(rows), hash.digest(), remark],
  )
  return remark
}

async function* hashed(
  chunks: AsyncIterable<Buffer>,
  { hash, signal }: { readonly hash: ReturnType<typeof createHash>; readonly signal: AbortSignal },
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    hash.update(chunk)
    yield chunk
  }
}

function interruption({ reason }: AbortSignal): unknown {
  if (reason instanceof RehouseError) return reason
  return new RehouseError('INTERRUPTED', 'expected to stage a table, got a request to stop', {
    next: 'Run the same command with --resume.',
  })
}

/** 64 bits as a signed number. */
function lockOf({ record }: StagedTable): string {
  return createHash('sha256').update(record).digest().readBigInt64BE(0).toString()
}
