import type { CompiledEntity } from '../plan/compile-entity.ts'
import { positionAfter, positionBefore } from '../plan/merge-order.ts'
import type { MergedLoader, PushedLoader } from '../plan/related-loader.ts'
import type { EntityFacts } from '../plan/tenant-plan.ts'
import type { ReadRequest, SourceSnapshot } from '../source/source.ts'
import { type EntityRows, openRows } from './entity-rows.ts'
import { readRequest, sourceInvalid } from './next-row.ts'

/** Where an entity's rows, and those read beside them, come from. */
export interface RowsFrom {
  readonly facts: EntityFacts
  readonly compiled: Pick<CompiledEntity, 'columns' | 'fields' | 'list' | 'related' | 'rowKey'>
  readonly snapshot: SourceSnapshot
  /** Of the lane: under the snapshots it holds. */
  readonly snapshotOf: (source: string) => Promise<SourceSnapshot>
}

/** Rows as they are to be walked: `next` until it is false, each time they are handed over. */
export interface HandedRows extends EntityRows {
  /** `next` was false although the row is there: more must be read beside it first. Nothing of the row before has moved. */
  readonly isHeld: boolean
}

/**
 * Reads an entity's rows in the order of its key, from after a position, and with them the related rows that are merged with them or come as fields of theirs: whenever `next` is true, those of the row at hand are where the
 * program looks for them. Hands itself over once for every piece that is read. Throws SOURCE_INVALID.
 */
export async function* readRows(from: RowsFrom, after: readonly string[] | null = null): AsyncGenerator<HandedRows> {
  const { compiled, facts, snapshot } = from
  const merged = compiled.related.filter(loader => loader.way === 'merge')
  const besides: Beside[] = []
  try {
    for (const loader of merged) besides.push(new Beside(loader, (await from.snapshotOf(loader.source)).read(besideRequest(loader, after))))
    const pushed = compiled.related.filter(loader => loader.way === 'pushed')
    for (const [i, { rows }] of pushed.entries()) rows.begin(compiled.fields + i)
    const rows = new RowsAbreast(openRows({ ...compiled, fields: compiled.fields + pushed.length }, facts), { merged, pushed })
    const attach = pushed.map(({ relation, columns, on }) => ({ relation, columns, on }))
    const request = {
      ...readRequest(from, after),
      ...(merged.length === 0 ? {} : { inOrder: true as const }),
      ...(attach.length === 0 ? {} : { attach }),
    }
    for await (const chunk of snapshot.read(request)) {
      rows.push(chunk)
      yield rows
      while (rows.isHeld) {
        await besides[rows.heldBy]?.feed()
        yield rows
      }
    }
    for (const [i, beside] of besides.entries()) while (merged[i]?.rows.finish() === false) await beside.feed()
    if (rows.pending > 0) throw sourceInvalid(facts, `expected whole rows, got ${rows.pending} bytes of one that does not end`)
  } finally {
    for (const beside of besides) await beside.close()
  }
}

function besideRequest({ relation, columns, by, byTypes, isWhole }: MergedLoader, after: readonly string[] | null): ReadRequest {
  const lead = after?.slice(0, by.length) ?? null
  const position = lead && (isWhole ? positionAfter(lead, byTypes) : positionBefore(lead, byTypes))
  return { relation, columns, key: { kind: 'columns', names: by }, after: position, inOrder: true, signal: new AbortController().signal }
}

/** One relation that is read beside. */
class Beside {
  readonly #loader: MergedLoader
  readonly #chunks: AsyncIterator<Buffer>

  constructor(loader: MergedLoader, chunks: AsyncIterable<Buffer>) {
    this.#loader = loader
    this.#chunks = chunks[Symbol.asyncIterator]()
    loader.rows.begin()
  }

  async feed(): Promise<void> {
    const next = await this.#chunks.next()
    if (next.done === true) this.#loader.rows.end()
    else this.#loader.rows.push(next.value)
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}

/** Driving rows, each held back until every relation merged with them has come as far. */
class RowsAbreast implements HandedRows {
  readonly #rows: EntityRows
  readonly #merged: readonly MergedLoader[]
  readonly #pushed: readonly PushedLoader[]
  isHeld = false
  /** Which relation the row waits for. */
  heldBy = 0

  constructor(rows: EntityRows, related: { readonly merged: readonly MergedLoader[]; readonly pushed: readonly PushedLoader[] }) {
    this.#rows = rows
    this.#merged = related.merged
    this.#pushed = related.pushed
  }

  get cursor(): EntityRows['cursor'] {
    return this.#rows.cursor
  }

  push(chunk: Buffer): void {
    this.#rows.push(chunk)
  }

  next(): boolean {
    if (!this.isHeld && !this.#rows.next()) return false
    for (const [i, { rows }] of this.#merged.entries()) {
      if (rows.moveTo(this.#rows.cursor)) continue
      this.isHeld = true
      this.heldBy = i
      return false
    }
    this.isHeld = false
    for (const { rows } of this.#pushed) rows.moveTo(this.#rows.cursor)
    return true
  }

  get pending(): number {
    return this.#rows.pending
  }

  get continues(): boolean {
    return this.#rows.continues
  }

  position(): readonly string[] {
    return this.#rows.position()
  }

  positionBefore(): ReturnType<EntityRows['positionBefore']> {
    return this.#rows.positionBefore()
  }
}
