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
  readonly shape: StagedShape
  readonly signal: AbortSignal
}

/**
 * Copies a relation once, whole and raw, in one transaction with its record: whoever dies in between leaves nothing, and the next begins again. Of several that want the same,
 * one copies and the others wait for it. What the file's reader throws is thrown, with the table named.
 */
export async function stageRelation(database: StagingDatabase, staging: Staging): Promise<void> {
  const { shape, relation, signal } = staging
  const session = await openStagingSession(database.address)
  // Also while it waits for who is copying already.
  const onAbort = (): void => session.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (await isStaged(session, shape)) return
    await session.script('begin')
    await session.query('select pg_catalog.pg_advisory_xact_lock($1::pg_catalog.int8)', [lockOf(shape)])
    if (!(await isStaged(session, shape))) await copy(session, staging)
    await session.script('commit')
    await session.close()
  } catch (error) {
    throw atPlace(signal.aborted ? interruption(signal) : error, { table: tableLabel(relation.schema, relation.name) })
  } finally {
    signal.removeEventListener('abort', onAbort)
    session.destroy()
  }
}

/** Both the record and the rows: after a crash of the server neither is there, but no trust is put in that. */
async function isStaged(session: Session, shape: StagedShape): Promise<boolean> {
  const { rows } = await session.query(`select rows from ${STAGING_SCHEMA}.relation where name = $1`, [shape.table])
  const count = rows[0]?.[0]
  if (count === undefined) return false
  if (count === '0') return true
  return (await session.query(`select from ${tableOf(shape)} limit 1`)).rowCount > 0
}

async function copy(session: Session, { snapshot, relation, shape, signal }: Staging): Promise<void> {
  await session.script(`drop table if exists ${tableOf(shape)}; ${createStatement(shape)}`)
  const columns = relation.columns.map(column => column.name)
  const hash = createHash('sha256')
  const chunks = hashed(snapshot.read({ relation, columns, key: WHOLE, after: null, signal }), { hash, signal })
  const names = quoteNames([...shape.columns.map(({ name }) => name), ...shape.keyed.map(keyedName)])
  const list = names === '' ? '' : ` (${names})`
  const statement = `copy ${tableOf(shape)}${list} from stdin (format binary)`
  const rows = await session.copyInStream(statement, shape.keyed.length === 0 ? chunks : withKeyTexts(chunks, shape))
  await session.query(
    `insert into ${STAGING_SCHEMA}.relation (name, marker, relation, rows, sha256) values ($1, $2, $3, $4, $5)
     on conflict (name) do update set marker = excluded.marker, rows = excluded.rows, sha256 = excluded.sha256, finished_at = excluded.finished_at`,
    [shape.table, snapshot.marker, tableLabel(relation.schema, relation.name), String(rows), hash.digest()],
  )
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

function tableOf({ table }: StagedShape): string {
  return qualifiedName({ schema: STAGING_SCHEMA, name: table })
}

/** 64 bits as a signed number. */
function lockOf({ table }: StagedShape): string {
  return createHash('sha256').update(table).digest().readBigInt64BE(0).toString()
}
