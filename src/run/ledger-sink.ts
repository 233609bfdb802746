import { tableLabel } from '../base/table-label.ts'
import { bug, RehouseError } from '../errors.ts'
import type { BatchRecord, CountLine, IdMapRows, TaskRecord } from '../model/ledger-records.ts'
import { tableOfPosition } from '../plan/check-many-tables.ts'
import { Refusal, type Writer, type WriteTransaction } from '../target/target.ts'
import { type BatchOutcome, outcomeOf } from './batch-outcome.ts'
import { allFresh, type Classified, classify, keysOf } from './classify-batch.ts'
import { rowsLost } from './corrections.ts'
import { withDeadline } from './deadline.ts'
import type { BatchSink, CommitContext, FilledBatch } from './load-context.ts'
import { fieldsOf, withNulls } from './null-fields.ts'
import { type RefusedRow, refusalCode, refusalDetail, refusedColumn } from './refusal-code.ts'
import { rememberStates } from './remember-states.ts'
import { withoutForeign } from './repaired-rows.ts'
import { reportBatch } from './report-batch.ts'
import { halve, type RowRun, rowsIn } from './row-runs.ts'
import { atSeam } from './seams.ts'
import { explainTakenIds } from './taken-ids.ts'
import { type LoadedRow, loadedRows, quarantinedKeys, resolvedKeys, rowPlace, topUpBatch, updatedEarlier } from './three-ways.ts'
import { NOT_TOPPED_UP, type ToppedUp } from './topped-up.ts'
import { unchangedBatch } from './unchanged-batch.ts'

/**
 * Commits batches: rows, id map, quarantine, notes, counts and the task's new position in one transaction (guarantee 1), the fence as its last statement.
 * If the process dies before the commit, nothing of the batch is there and the next run reads it again; after it, the position is past it.
 */
export class LedgerSink implements BatchSink {
  readonly #context: CommitContext
  /** The ledger has keys of this entity and tenant already: compare before writing. */
  readonly #compares: boolean
  #task: TaskRecord
  #last: Promise<void> = Promise.resolve()
  #given = 0
  /** Rows in quarantine when the task began; asked for by a top-up run. */
  #quarantined: ReadonlySet<string> | null = null

  constructor(context: CommitContext, options: { readonly compares: boolean }) {
    this.#context = context
    this.#compares = options.compares
    this.#task = context.task
  }

  nextBatch(): Promise<string> {
    return this.#context.service.ledger.nextBatch()
  }

  get overlap(): number {
    return this.#context.anotherWriter === null ? 1 : 2
  }

  commit(batch: FilledBatch): Promise<void> {
    const earlier = this.#last
    const own = this.#commitAfter(earlier, batch)
    this.#last = own
    return own
  }

  async #commitAfter(earlier: Promise<void>, batch: FilledBatch): Promise<void> {
    const { batch: limits, anotherWriter, writer } = this.#context
    const isOdd = this.#given++ % 2 === 1
    const own = isOdd && anotherWriter !== null ? await anotherWriter() : writer
    // Ending the session is the one way to stop a server that does not answer; the lane opens another.
    const giveUp = (): void => void own.close()
    await withDeadline({ timeoutMs: limits.timeoutMs, what: `batch ${batch.id}`, giveUp }, () =>
      this.#commit(batch, { writer: own, earlier }),
    )
  }

  async #commit(batch: FilledBatch, { writer, earlier }: { writer: Writer; earlier: Promise<void> }): Promise<void> {
    const { now, hooks, service, facts, tenant, index, compiled } = this.#context
    const began = now()
    const place = { entity: facts.entity.name, tenant: tenant?.code ?? null, service: service.name, batch: batch.id }
    await atSeam(hooks, 'batch_filled', place)
    const { classified, rows } = await this.#classify(batch)
    const tx = await writer.begin()
    let seconds = 0
    let outcome: BatchOutcome
    try {
      const toppedUp = await this.#topUp(tx, { batch, classified, rows })
      const own = await this.#withoutForeign(tx, { buffers: batch.buffers, classified })
      const { written, refused } = await this.#write(tx, { batch, classified: own.classified })
      await atSeam(hooks, 'rows_copied', place)
      const done = own.foreign === 0 ? toppedUp : { ...(toppedUp ?? NOT_TOPPED_UP), skipped: (toppedUp?.skipped ?? 0) + own.foreign }
      outcome = outcomeOf({ buffers: batch.buffers, compiled, classified: own.classified, written, refused, toppedUp: done })
      // The rows of two batches may be under way at once; their records are not: the position of the ledger never has a gap before it.
      await earlier
      seconds = (now() - began) / 1000
      await service.ledger.recordBatch(tx, this.#record(batch, { outcome, written: outcome.mapped, seconds }))
      await atSeam(hooks, 'before_batch_commit', place)
      await tx.commit({ durable: batch.isLast })
      if (index !== null)
        rememberStates(index, { buffers: batch.buffers, isInteger: compiled.key?.isInteger ?? false, classified, refused })
    } catch (error) {
      await tx.rollback()
      throw error instanceof Refusal ? unexpectedRefusal(error) : error
    }
    this.#report(batch, outcome, seconds)
    await atSeam(hooks, 'after_batch_commit', place)
  }

  async #classify({ buffers }: FilledBatch): Promise<{ classified: Classified; rows: readonly LoadedRow[] }> {
    if (!this.#compares) return { classified: allFresh(buffers), rows: [] }
    const { service, entity, tenant, compiled, run, topUp } = this.#context
    const isInteger = compiled.key?.isInteger ?? false
    const place = { ledger: service.ledger, entity: entity.number, tenant: tenant?.number ?? 0, task: this.#task.id }
    const unchanged = topUp === null ? await unchangedBatch(buffers, { ...place, isInteger }) : null
    if (unchanged !== null) return { classified: unchanged, rows: [] }
    const known = await service.ledger.known(entity.number, tenant?.number ?? 0, keysOf(buffers, isInteger))
    const classified = classify(buffers, known, { run, retries: this.#context.retries, isTopUp: topUp !== null })
    return { classified, rows: topUp === null ? [] : loadedRows(buffers, { classified, known, isInteger }) }
  }

  /** Before the new rows: what goes or changes makes place for them. Null: this is no top-up run. */
  async #topUp(
    tx: WriteTransaction,
    of: { batch: FilledBatch; classified: Classified; rows: readonly LoadedRow[] },
  ): Promise<ToppedUp | null> {
    const { topUp, compiled, liveReferences } = this.#context
    if (topUp === null || !this.#compares) return null
    const { rows, classified, batch } = of
    const { buffers } = batch
    const isInteger = compiled.key?.isInteger ?? false
    const done =
      rows.length === 0
        ? NOT_TOPPED_UP
        : await topUpBatch(tx, { buffers, rows, place: rowPlace(this.#context), rule: topUp.onConflict, live: liveReferences })
    topUp.touched(done.touched)
    this.#quarantined ??= await quarantinedKeys(this.#context.service.ledger, {
      entity: this.#context.entity.name,
      tenant: this.#context.tenant?.code ?? null,
    })
    const earlier = await updatedEarlier(this.#context, buffers, { classified, isInteger })
    return { ...done, updatedEarlier: earlier, resolved: resolvedKeys(rows, done, this.#quarantined) }
  }

  #withoutForeign(
    tx: WriteTransaction,
    of: { buffers: FilledBatch['buffers']; classified: Classified },
  ): ReturnType<typeof withoutForeign> {
    if (this.#context.topUp?.onConflict !== 'repair') return Promise.resolve({ classified: of.classified, foreign: 0 })
    return withoutForeign(tx, { ...of, place: rowPlace(this.#context) })
  }

  /** All at once; if the server refuses a row, in halves under savepoints until each refused row stands alone. */
  async #write(
    tx: WriteTransaction,
    { batch, classified }: { batch: FilledBatch; classified: Classified },
  ): Promise<{ written: readonly RowRun[]; refused: readonly RefusedRow[] }> {
    const { fresh } = classified
    if (fresh.length === 0) return { written: [], refused: [] }
    const refused: RefusedRow[] = []
    const written: RowRun[] = []
    const load = async (runs: readonly RowRun[]): Promise<void> => {
      const result = await tx.attempt(() => this.#copy(tx, batch, runs))
      if ('done' in result) {
        written.push(...runs)
        return
      }
      if (rowsIn(runs) > 1) {
        for (const half of halve(runs)) await load(half)
        return
      }
      refused.push({
        row: (runs[0] as RowRun).from,
        code: refusalCode(result.refused),
        column: refusedColumn(result.refused),
        detail: refusalDetail(result.refused),
      })
    }
    await load(fresh)
    return { written, refused: await explainTakenIds(refused, batch, this.#context) }
  }

  async #copy(tx: WriteTransaction, { buffers }: FilledBatch, runs: readonly RowRun[]): Promise<void> {
    for (const [t, table] of this.#context.compiled.tables.entries()) {
      const buffer = buffers.tables[t]
      if (buffer === undefined) throw bug(`expected a buffer for table ${table.name}, got none`)
      const sent = runs.reduce((sum, run) => sum + buffer.count(run.from, run.to), 0)
      if (sent === 0) continue
      const nulls = fieldsOf(table, this.#context.liveReferences)
      const tuples = runs.map(run => buffer.slice(run.from, run.to))
      const sendable = nulls.size === 0 ? tuples : tuples.map(part => withNulls(part, table.columns.length, nulls))
      const stored = await tx.copy({ schema: table.schema, name: table.table }, table.columns, sendable)
      if (stored !== sent) throw rowsLost(table.name, { sent, stored })
    }
    await tx.checkConstraints()
  }

  #record(
    batch: FilledBatch,
    { outcome, written, seconds }: { outcome: BatchOutcome; written: readonly RowRun[]; seconds: number },
  ): BatchRecord {
    const { run, facts, entity, tenant, snapshot, compiled } = this.#context
    const { source, schema, name } = facts.entity.from
    const { many } = facts.relation
    const table = (many && tableOfPosition(many, facts.key.names, batch.upTo ?? [])) ?? tableLabel(schema, name)
    return {
      id: batch.id,
      kind: 'load',
      task: { id: this.#task.id, fence: this.#task.fence },
      run,
      entity: entity.number,
      tenant: tenant?.number ?? 0,
      pass: this.#task.pass,
      after: batch.after,
      upTo: batch.upTo,
      snapshot: snapshot.id,
      counts: [
        { relation: `${source}/${table}`, counts: outcome.counts, loadedEarlierInRun: outcome.loadedEarlierInRun },
        ...outcome.owned.lines.map((line, i) => ownedLine(line, batch.ownedCounts?.[i])),
      ],
      owned: outcome.owned.rows,
      outcomes: outcome.outcomes,
      quarantine: outcome.quarantine,
      exclusions: outcome.exclusions,
      notes: outcome.notes,
      idMap: idMapRows(batch, written, compiled.strategy === 'ordered'),
      merged: outcome.merged,
      unmapped: outcome.remapped,
      images: outcome.images,
      resolved: outcome.resolved,
      digest: outcome.digest,
      bytes: outcome.bytes,
      written: outcome.written,
      seconds,
      taskState: batch.isLast ? (compiled.settled.length === 0 ? 'settled' : 'loaded') : 'running',
      sourceCount: batch.sourceCount,
    }
  }

  #report(batch: FilledBatch, outcome: BatchOutcome, seconds: number): void {
    const { emit, facts, tenant, tally } = this.#context
    tally.add(outcome.counts, outcome.refused)
    reportBatch(emit, { batch, outcome, entity: facts.entity.name, tenant, seconds })
  }
}

function ownedLine(line: CountLine, counted: string | undefined): CountLine {
  return counted === undefined ? line : { ...line, sourceCount: counted }
}

function idMapRows({ buffers }: FilledBatch, written: readonly RowRun[], isOrdered: boolean): IdMapRows | null {
  const rows = rowsIn(written)
  return rows === 0
    ? null
    : { format: isOrdered ? 'integer' : 'text', rows, tuples: written.map(run => buffers.idMap.slice(run.from, run.to)) }
}

/** A refusal outside the rows' own savepoints is no row's fault. */
function unexpectedRefusal(refusal: Refusal): RehouseError {
  return new RehouseError(
    'LEDGER_INVALID',
    `expected the ledger to take its own rows, got SQLSTATE ${refusal.sqlstate}${refusal.constraint === null ? '' : ` by ${refusal.constraint}`}`,
    {
      next: 'The ledger of this database does not fit its rows; run `rehouse status` and report it with the batch named.',
      cause: refusal,
    },
  )
}
