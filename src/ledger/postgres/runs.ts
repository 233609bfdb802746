import { RehouseError } from '../../errors.ts'
import type { RunRecord, RunSelection, RunStatus } from '../../model/ledger-records.ts'
import type { Session } from '../../postgres/session.ts'
import { appendAudit } from './audit.ts'
import { newSeal } from './seal.ts'

/** A new run, or one that is resumed: then it is `running` again under the new operator and process. In a transaction of the caller. */
export async function beginRun(session: Session, run: Omit<RunRecord, 'status' | 'finishedAt'>, auditKey: Buffer): Promise<void> {
  const { rowCount } = await session.query(
    `insert into rehouse.run (id, status, migration, mapping_hash, program_version, operator, host, pid, started_at, selection)
    values ($1, 'running', $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (id) do update set status = 'running', finished_at = null, program_version = excluded.program_version,
      operator = excluded.operator, host = excluded.host, pid = excluded.pid
    where run.mapping_hash = excluded.mapping_hash`,
    [
      run.id,
      run.migration,
      run.mappingHash,
      run.programVersion,
      run.operator,
      run.host,
      run.pid,
      run.startedAt,
      JSON.stringify(run.selection),
    ],
  )
  if (rowCount === 0) {
    throw new RehouseError('MAPPING_CHANGED', `expected the mapping run ${run.id} began with, got another`, {
      next: 'Resume with the mapping as it was, or begin a new run.',
    })
  }
  const { mappingHash, programVersion, host, pid, selection, settings } = run
  await appendAudit(session, auditKey, {
    who: run.operator,
    action: 'run:started',
    run: run.id,
    detail: { mappingHash, programVersion, host, pid, selection, settings },
  })
}

/** Its entry in the chain seals what the ledger got since the last. In a transaction of the caller. */
export async function finishRun(
  session: Session,
  end: { readonly id: string; readonly status: RunStatus; readonly summary: unknown },
  auditKey: Buffer,
): Promise<void> {
  const { rows } = await session.query(
    `update rehouse.run set status = $2, summary = $3, finished_at = case when $2 = 'running' then null else pg_catalog.clock_timestamp() end
    where id = $1 returning operator`,
    [end.id, end.status, JSON.stringify(end.summary ?? null)],
  )
  const operator = rows[0]?.[0]
  if (operator === undefined || operator === null) throw unknownRun(end.id)
  const ledger = end.status === 'running' ? null : await newSeal(session)
  const detail = { status: end.status, ...(ledger === null ? {} : { ledger }) }
  await appendAudit(session, auditKey, { who: operator, action: 'run:finished', run: end.id, detail })
}

function unknownRun(id: string): RehouseError {
  return new RehouseError('LEDGER_INVALID', `expected run ${id} in the ledger, got none`, {
    next: 'See `rehouse status` for the runs there are.',
  })
}

const RFC3339 = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`

/** Newest first. */
export async function readRuns(session: Session): Promise<readonly RunRecord[]> {
  const { rows } = await session.query(
    `select id, status, migration, mapping_hash, program_version, operator, host, pid, selection,
      to_char(started_at at time zone 'UTC', ${RFC3339}), to_char(finished_at at time zone 'UTC', ${RFC3339})
    from rehouse.run order by run.started_at desc, run.id desc`,
  )
  return rows.map(row => {
    const [id, status, migration, mappingHash, programVersion, operator, host, pid, selection, startedAt, finishedAt] = row.map(
      field => field ?? '',
    )
    return {
      id: String(id),
      // The CHECK of the table holds the words.
      status: status as RunStatus,
      migration: String(migration),
      mappingHash: String(mappingHash),
      programVersion: String(programVersion),
      operator: String(operator),
      host: String(host),
      pid: Number(pid),
      startedAt: String(startedAt),
      finishedAt: finishedAt || null,
      // Written by beginRun from the same type.
      selection: JSON.parse(String(selection)) as RunSelection,
    }
  })
}

/** The summary given to finishRun; null where there is none yet. */
export async function readSummary(session: Session, run: string): Promise<unknown> {
  const { rows } = await session.query('select summary from rehouse.run where id = $1', [run])
  const summary = rows[0]?.[0]
  return typeof summary === 'string' ? JSON.parse(summary) : null
}
