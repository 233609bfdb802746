import { canonicalKey, keyParts } from '../../base/key-text.ts'
import type { Session } from '../../postgres/session.ts'
import type { Ledger, QuarantineEntry, QuarantineFilter, TenantOutcome } from '../ledger.ts'
import { storable } from './array-text.ts'
import { COUNT_COLUMNS, countsOf, TASK_SUMS } from './tasks.ts'

type Quarantined = Awaited<ReturnType<Ledger['quarantine']>>
type Outcomes = Awaited<ReturnType<Ledger['outcomes']>>
type Totals = Awaited<ReturnType<Ledger['totals']>>

/** Open rows by entity, tenant and key. `run`: those it refused, first or last. */
export async function readQuarantine(session: Session, filter: QuarantineFilter): Promise<Quarantined> {
  const wanted = [
    ['(q.first_run = ? or q.last_run = ?)', filter.run],
    ['q.tenant = ?', filter.tenant],
    ['q.entity = ?', filter.entity],
    ['q.code = ?', filter.code],
    ['q.key = ?', filter.key && storable(canonicalKey(filter.key))],
  ] as const
  const values: string[] = []
  const conditions = wanted.flatMap(([condition, value]) =>
    value === undefined ? [] : [condition.replaceAll('?', `$${values.push(value)}`)],
  )
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
  const { rows } = await session.query(
    `select entity, tenant, key, code, column_name, value_masked, detail, part, batch, first_run, last_run, pg_catalog.count(*) over ()
    from rehouse.quarantined q ${where} order by entity collate "C", tenant collate "C" nulls first, key, part, ordinal ${filter.limit === null ? '' : `limit ${Math.max(1, Number(filter.limit))}`}`,
    values,
  )
  return { total: Number(rows[0]?.[11] ?? 0), rows: (filter.limit === 0 ? [] : rows).map(entryOf) }
}

function entryOf(row: readonly (string | null)[]): QuarantineEntry {
  const [entity, tenant, key, code, column, masked, detail, part, batch, first, last] = row
  return {
    entity: String(entity),
    tenant: tenant ?? null,
    key: keyParts(String(key)) ?? [String(key)],
    code: String(code),
    column: column ?? null,
    value_masked: masked ?? null,
    detail: detail ?? null,
    part: part || null,
    batch: String(batch),
    first_run: String(first),
    last_run: String(last),
  }
}

/** Of each task's latest pass, as the totals. */
export async function readOutcomes(session: Session, run: string): Promise<Outcomes> {
  const { rows } = await session.query(
    `select e.name, o.kind, o.column_name, o.code, sum(o.count)
    from rehouse.task k join rehouse.batch b on b.task = k.id and b.pass = (select max(l.pass) from rehouse.batch l where l.task = k.id)
    join rehouse.outcome_count o on o.batch = b.id join rehouse.entity e on e.number = k.entity
    where k.run = $1 group by e.name, o.kind, o.column_name, o.code having sum(o.count) <> 0
    order by e.name collate "C", o.kind collate "C", o.column_name collate "C", o.code collate "C"`,
    [run],
  )
  return rows.map(([entity, kind, column, code, count]) => ({
    entity: String(entity),
    kind: String(kind),
    column: String(column),
    code: String(code),
    count: Number(count),
  }))
}

/** Of each task’s latest pass, as the totals. */
export async function readTenantOutcomes(session: Session, run: string): Promise<readonly TenantOutcome[]> {
  const { rows } = await session.query(
    `select k.entity, k.tenant, o.kind, o.column_name, o.code, sum(o.count)
    from rehouse.task k join rehouse.batch b on b.task = k.id and b.pass = (select max(l.pass) from rehouse.batch l where l.task = k.id)
    join rehouse.outcome_count o on o.batch = b.id
    where k.run = $1 group by 1, 2, 3, 4, 5 having sum(o.count) <> 0
    order by k.entity, k.tenant, o.kind collate "C", o.column_name collate "C", o.code collate "C"`,
    [run],
  )
  return rows.map(([entity, tenant, kind, column, code, count]) => ({
    entity: Number(entity),
    tenant: Number(tenant),
    kind: String(kind),
    column: String(column),
    code: String(code),
    count: Number(count),
  }))
}

/** Sum of each entity and tenant’s latest pass in the run; rows loaded earlier in the run count as loaded. `written`: over all passes. */
export async function readTotals(session: Session, run: string): Promise<Totals> {
  const written = await readWritten(session, run)
  const relations = await readRelations(session, run)
  const { rows } = await session.query(
    `select k.id, k.entity, k.tenant, s.seconds, ${COUNT_COLUMNS} from rehouse.task k ${TASK_SUMS} where k.run = $1 order by k.entity, k.tenant`,
    [run],
  )
  return rows.map(row => ({
    entity: Number(row[1]),
    tenant: Number(row[2]),
    seconds: Number(row[3]),
    counts: countsOf(row.slice(4)),
    written: written.get(row[0] ?? '') ?? {},
    relations: relations.get(row[0] ?? '') ?? [],
  }))
}

async function readWritten(session: Session, run: string): Promise<ReadonlyMap<string, Record<string, number>>> {
  const { rows } = await session.query(
    `select k.id, w.key, sum(w.value::bigint)
    from rehouse.task k join rehouse.batch b on b.task = k.id cross join lateral pg_catalog.jsonb_each_text(b.written) w
    where k.run = $1 group by k.id, w.key order by w.key collate "C"`,
    [run],
  )
  const written = new Map<string, Record<string, number>>()
  for (const [task = null, table, count] of rows) written.set(task ?? '', { ...written.get(task ?? ''), [String(table)]: Number(count) })
  return written
}

async function readRelations(session: Session, run: string): Promise<ReadonlyMap<string, Totals[number]['relations']>> {
  const { rows } = await session.query(
    `select k.id, c.relation, sum(c.read), sum(c.loaded + c.loaded_earlier_in_run), sum(c.updated), sum(c.unchanged - c.loaded_earlier_in_run),
      sum(c.merged), sum(c.skipped), sum(c.excluded), sum(c.quarantined), sum(c.parts_quarantined)
    from rehouse.task k join rehouse.batch b on b.task = k.id and b.pass = (select max(l.pass) from rehouse.batch l where l.task = k.id)
    join rehouse.batch_count c on c.batch = b.id and not c.owned
    where k.run = $1 group by k.id, c.relation order by c.relation collate "C"`,
    [run],
  )
  const relations = new Map<string, Totals[number]['relations'][number][]>()
  for (const [task, relation, ...counts] of rows) {
    const own = relations.get(task ?? '') ?? []
    own.push({ relation: String(relation), counts: countsOf(counts) })
    relations.set(task ?? '', own)
  }
  return relations
}
