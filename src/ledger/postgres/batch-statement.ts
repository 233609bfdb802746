import { canonicalKey } from '../../base/key-text.ts'
import type { BatchRecord, OwnedRows, QuarantineRow } from '../../model/ledger-records.ts'
import { plainArray, storable, textArray } from './array-text.ts'

type Parameter = string | number | null | Uint8Array

/** One statement that writes all of a batch but its id map; only the parts that are needed, because the server plans it anew each time. */
export function batchStatement(record: BatchRecord): { readonly text: string; readonly values: readonly Parameter[] } {
  const values: Parameter[] = []
  const add = (value: Parameter): string => `$${values.push(value)}`
  // Written in every part; the types are said once, in the first use.
  const common = {
    batch: `${add(record.id)}::bigint`,
    run: `${add(record.run)}::text`,
    entity: `${add(record.entity)}::smallint`,
    tenant: `${add(record.tenant)}::integer`,
  }
  const parts = [batchPart(record, common, add), countsPart(record, common, add)]
  if (record.outcomes.length > 0) parts.push(outcomesPart(record, common, add))
  parts.push(...quarantineParts(record, common, add))
  if ((record.resolved ?? []).length > 0)
    parts.push(freedPart('freed', { keys: record.resolved, which: "q.part = ''" }, { ...common, add }))
  if ((record.resolvedParts ?? []).length > 0)
    parts.push(freedPart('freed_parts', { keys: record.resolvedParts, which: "q.part <> ''" }, { ...common, add }))
  if (record.exclusions.length > 0) parts.push(exclusionsPart(record, common, add))
  if (record.notes.length > 0) parts.push(notesPart(record, common, add))
  if ((record.owned ?? []).length > 0) parts.push(ownedPart(record, common, add))
  return { text: `with ${parts.join(',\n')}\n${taskPart(record, common, add)}`, values }
}

interface Common {
  readonly batch: string
  readonly run: string
  readonly entity: string
  readonly tenant: string
}

type Add = (value: Parameter) => string

function batchPart(record: BatchRecord, c: Common, add: Add): string {
  const { task, kind, pass, after, upTo, snapshot, idMap, unmapped, digest, bytes, written, seconds } = record
  return `new_batch as (
    insert into rehouse.batch (id, kind, task, fence, run, entity, tenant, pass, after_key, up_to_key, snapshot, mapped, unmapped, digest, bytes, written, seconds,
      mapping_hash, program_version, operator)
    select ${c.batch}, ${add(kind)}, ${add(task.id)}, ${add(task.fence)}, r.id, ${c.entity}, ${c.tenant}, ${add(pass)}, ${add(after && textArray(after))},
      ${add(upTo && textArray(upTo))}, ${add(storable(snapshot))}, ${add(idMap?.rows ?? 0)}, ${add(unmapped.length)}, ${add(digest)}, ${add(bytes)}, ${add(JSON.stringify(written))}::jsonb, ${add(seconds)},
      r.mapping_hash, r.program_version, r.operator
    from rehouse.run r where r.id = ${c.run}
  )`
}

function countsPart(record: BatchRecord, c: Common, add: Add): string {
  const rows = record.counts
  const column = (pick: (row: BatchRecord['counts'][number]) => number): string => `${add(plainArray(rows.map(pick)))}::bigint[]`
  return `new_counts as (
    insert into rehouse.batch_count (batch, relation, read, loaded, updated, unchanged, merged, skipped, excluded, quarantined, parts_quarantined,
      loaded_earlier_in_run, owned, source_count)
    select ${c.batch}, relation.* from rows from (unnest(${add(textArray(rows.map(row => row.relation)))}::text[],
      ${column(r => r.counts.read)}, ${column(r => r.counts.loaded)}, ${column(r => r.counts.updated)}, ${column(r => r.counts.unchanged)},
      ${column(r => r.counts.merged)}, ${column(r => r.counts.skipped)}, ${column(r => r.counts.excluded)}, ${column(r => r.counts.quarantined)},
      ${column(r => r.counts.partsQuarantined)}, ${column(r => r.loadedEarlierInRun)},
      ${add(plainArray(rows.map(row => String(row.isOwned ?? false))))}::boolean[], ${add(textArray(rows.map(row => row.sourceCount ?? null)))}::bigint[])) as relation
  )`
}

function outcomesPart(record: BatchRecord, c: Common, add: Add): string {
  const rows = record.outcomes
  return `new_outcomes as (
    insert into rehouse.outcome_count (batch, kind, column_name, code, count)
    select ${c.batch}, o.kind, o.column_name, o.code, pg_catalog.sum(o.count) from unnest(${add(textArray(rows.map(row => row.kind)))}::text[],
      ${add(textArray(rows.map(row => row.column)))}::text[], ${add(textArray(rows.map(row => row.code)))}::text[],
      ${add(plainArray(rows.map(row => row.count)))}::bigint[]) as o(kind, column_name, code, count)
    group by o.kind, o.column_name, o.code
  )`
}

/** A refused row that was refused before keeps its first run. Rows of earlier runs that came to another end now are resolved. */
function quarantineParts(record: BatchRecord, c: Common, add: Add): readonly string[] {
  const parts: string[] = []
  const rows = record.quarantine
  // A parameter no part uses would have no type.
  if (rows.length === 0 && record.kind !== 'load') return []
  const keys = add(textArray(rows.map(row => canonicalKey(row.key))))
  if (rows.length > 0) {
    parts.push(
      `refused as materialized (
        select * from unnest(${keys}::text[], ${add(textArray(rows.map(row => row.part ?? '')))}::text[], ${add(plainArray(ordinals(rows)))}::integer[],
          ${add(textArray(rows.map(row => row.code)))}::text[], ${add(textArray(rows.map(row => row.column)))}::text[],
          ${add(textArray(rows.map(row => row.valueMasked)))}::text[], ${add(textArray(rows.map(row => row.detail)))}::text[]) as q(key, part, ordinal, code, column_name, value_masked, detail)
      )`,
      `new_quarantine as (
        insert into rehouse.quarantine (tenant, entity, key, part, ordinal, code, column_name, value_masked, detail, batch, first_run, last_run)
        select ${c.tenant}, ${c.entity}, q.*, ${c.batch}, ${c.run}, ${c.run} from refused q
        on conflict (tenant, entity, key, part, ordinal) do update set code = excluded.code, column_name = excluded.column_name,
          value_masked = excluded.value_masked, detail = excluded.detail, batch = excluded.batch, last_run = excluded.last_run, resolved_batch = null
      )`,
      `no_longer_excluded as (
        delete from rehouse.exclusion x where x.tenant = ${c.tenant} and x.entity = ${c.entity} and x.key in (select q.key from refused q where q.part = '')
      )`,
    )
  }
  if (record.kind === 'load') parts.push(resolvePart(record, { ...c, keys }, add))
  return parts
}

/** Parts of one row in the same table have no name of their own: they are counted. */
function ordinals(rows: readonly QuarantineRow[]): readonly number[] {
  const seen = new Map<string, number>()
  return rows.map(row => {
    const name = `${row.part ?? ''}\0${canonicalKey(row.key)}`
    const ordinal = seen.get(name) ?? 0
    seen.set(name, ordinal + 1)
    return ordinal
  })
}

/**
 * Quarantine rows of other runs (in a later pass: of any batch) whose key this batch loaded, excluded or refused in another way. The two ranges over
 * last_run let the index leave out the rows of this run, which can be many.
 */
function resolvePart(record: BatchRecord, c: Common & { readonly keys: string }, add: Add): string {
  const excluded = `${add(textArray(record.exclusions.map(row => canonicalKey(row.key))))}::text[]`
  const loaded = {
    integer: ` or exists (select from rehouse.id_map_integer m where m.tenant = ${c.tenant} and m.entity = ${c.entity} and m.key = rehouse.integer_key(q.key) and m.batch = ${c.batch})`,
    text: ` or exists (select from rehouse.id_map_text m where m.tenant = ${c.tenant} and m.entity = ${c.entity} and m.key = q.key and m.batch = ${c.batch})`,
  }
  const merged = record.merged ?? []
  const others = record.pass > 1 ? 'true' : `(q.last_run < ${c.run} or q.last_run > ${c.run})`
  const isSeenAgain =
    record.quarantine.length > 0
      ? ` and not exists (select from refused n where n.key = q.key and n.part = q.part and n.ordinal = q.ordinal)`
      : ''
  return `resolved as (
    update rehouse.quarantine q set resolved_batch = ${c.batch}
    where q.tenant = ${c.tenant} and q.entity = ${c.entity} and q.resolved_batch is null and ${others}${isSeenAgain}
      and (q.key = any(${c.keys}::text[]) or q.key = any(${excluded})${merged.length === 0 ? '' : ` or q.key = any(${add(textArray(merged.map(row => canonicalKey(row.key))))}::text[])`}${record.idMap === null ? '' : loaded[record.idMap.format]})
  )`
}

/** Keys no other part of the statement looks at. */
function freedPart(
  name: string,
  { keys = [], which }: { readonly keys: BatchRecord['resolved']; readonly which: string },
  c: Common & { readonly add: Add },
): string {
  return `${name} as (
    update rehouse.quarantine q set resolved_batch = ${c.batch}
    where q.tenant = ${c.tenant} and q.entity = ${c.entity} and q.resolved_batch is null and ${which}
      and q.key = any(${c.add(textArray(keys.map(canonicalKey)))}::text[])
  )`
}

function exclusionsPart(record: BatchRecord, c: Common, add: Add): string {
  const rows = record.exclusions
  return `new_exclusions as (
    insert into rehouse.exclusion (tenant, entity, key, code, batch)
    select distinct on (x.key) ${c.tenant}, ${c.entity}, x.key, x.code, ${c.batch}
    from unnest(${add(textArray(rows.map(row => canonicalKey(row.key))))}::text[], ${add(textArray(rows.map(row => row.code)))}::text[]) as x(key, code)
    on conflict (tenant, entity, key) do update set code = excluded.code, batch = excluded.batch where exclusion.code <> excluded.code
  )`
}

function notesPart(record: BatchRecord, c: Common, add: Add): string {
  const rows = record.notes
  return `new_notes as (
    insert into rehouse.note (batch, tenant, entity, key, code, column_name)
    select ${c.batch}, ${c.tenant}, ${c.entity}, n.* from unnest(${add(textArray(rows.map(row => canonicalKey(row.key))))}::text[],
      ${add(textArray(rows.map(row => row.code)))}::text[], ${add(textArray(rows.map(row => row.column)))}::text[]) as n
  )`
}

function ownedPart(record: BatchRecord, c: Common, add: Add): string {
  const rows = record.owned ?? []
  const column = (pick: (row: OwnedRows) => number): string => `${add(plainArray(rows.map(pick)))}::integer[]`
  return `new_owned as (
    insert into rehouse.owned_row (tenant, entity, key, relation, kept, excluded, quarantined, batch)
    select ${c.tenant}, ${c.entity}, o.key, o.relation, o.kept, o.excluded, o.quarantined, ${c.batch}
    from unnest(${add(textArray(rows.map(row => canonicalKey(row.key))))}::text[], ${add(textArray(rows.map(row => row.relation)))}::text[],
      ${column(row => row.kept)}, ${column(row => row.excluded)}, ${column(row => row.quarantined)}) as o(key, relation, kept, excluded, quarantined)
    on conflict (tenant, entity, key, relation) do update set kept = excluded.kept, excluded = excluded.excluded, quarantined = excluded.quarantined, batch = excluded.batch
  )`
}

/** The fence: no row is updated when another process took the task over. */
function taskPart(record: BatchRecord, c: Common, add: Add): string {
  const { task, upTo, taskState, sourceCount } = record
  const isOver = taskState === 'settled' || taskState === 'failed' || taskState === 'stopped'
  return `update rehouse.task set state = ${add(taskState)}, position = coalesce(${add(upTo && textArray(upTo))}, position),
    source_count = coalesce(${add(sourceCount)}, source_count)${isOver ? ', finished_at = pg_catalog.clock_timestamp(), backend_started = null' : ''}
  where id = ${add(task.id)} and fence = ${add(task.fence)} and run = ${c.run}`
}
