import { tableLabel } from '../base/table-label.ts'
import type { EntityFacts } from '../plan/tenant-plan.ts'
import type { FilledBatch } from './load-context.ts'
import type { RefusedRow } from './refusal-code.ts'
import { type RowRun, runsWhere } from './row-runs.ts'
import { givenIdOf } from './taken-ids.ts'

/**
 * A dry run’s foresight of `id_taken`: which identifiers entities have kept so far, in tables more than one of them keeps its identifiers in (design.md, trap 10). Holds each such
 * identifier, about 100 bytes a row; of other tables nothing.
 */
export class ForeseenIds {
  /** By service and table: identifier → entity. */
  readonly #tables = new Map<string, Map<string, string>>()

  constructor(entities: Iterable<EntityFacts>) {
    const keepers = [...entities].flatMap(facts => tableOf(facts) ?? [])
    for (const [i, table] of keepers.entries()) if (keepers.indexOf(table) !== i) this.#tables.set(table, new Map())
  }

  /** Parts new rows of a batch into those to be written and those whose identifier a row of another entity has. */
  part(fresh: readonly RowRun[], batch: FilledBatch, facts: EntityFacts): { written: readonly RowRun[]; refused: readonly RefusedRow[] } {
    const ids = this.#tables.get(tableOf(facts) ?? '')
    if (ids === undefined) return { written: fresh, refused: [] }
    const refused = new Map<number, RefusedRow>()
    const { name, into } = facts.entity
    const column = into[0] === undefined ? null : tableLabel(into[0].schema, into[0].table)
    for (const { from, to } of fresh)
      for (let row = from; row < to; row++) {
        const id = givenIdOf(batch, row)
        const owner = ids.get(id)
        if (owner === undefined) ids.set(id, name)
        else refused.set(row, { row, code: 'id_taken', column, detail: `the identifier belongs to a row of ${owner}` })
      }
    const written = fresh.flatMap(({ from, to }) =>
      runsWhere(to - from, i => !refused.has(from + i)).map(run => ({ from: from + run.from, to: from + run.to })),
    )
    return { written, refused: [...refused.values()] }
  }
}

/** Null: its identifiers are made, not kept. */
function tableOf({ entity, strategy }: EntityFacts): string | null {
  const head = entity.into[0]
  return strategy === 'keep' && head !== undefined ? `${entity.service}\n${tableLabel(head.schema, head.table)}` : null
}
