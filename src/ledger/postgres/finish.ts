import type { Session } from '../../postgres/session.ts'
import { textArray } from './array-text.ts'

/** Batches that say nothing of rows (a rerun that changed nothing) do not make a statement due. */
export async function readDueFinish(session: Session, statements: readonly string[]): Promise<readonly string[]> {
  const { rows } = await session.query(
    `select s.statement from unnest($1::text[]) with ordinality as s(statement, n)
    left join rehouse.finish f on f.statement = s.statement
    where f.statement is null or exists (
      select from rehouse.batch b where b.id > f.through_batch
        and (b.mapped > 0 or b.unmapped > 0 or exists (select from pg_catalog.jsonb_each_text(b.written) w where w.value <> '0')
          or exists (select from rehouse.before_image i where i.batch = b.id))
    )
    order by s.n`,
    [textArray(statements)],
  )
  return rows.map(([statement]) => String(statement))
}

export async function recordFinish(
  session: Session,
  { run, statement }: { readonly run: string; readonly statement: string },
): Promise<void> {
  await session.query(
    `insert into rehouse.finish (statement, run, through_batch) select $1, $2, coalesce(pg_catalog.max(b.id), 0) from rehouse.batch b
    on conflict (statement) do update set run = excluded.run, through_batch = excluded.through_batch, finished_at = excluded.finished_at`,
    [statement, run],
  )
}
