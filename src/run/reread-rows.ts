import { bug } from '../errors.ts'
import { BatchBuffers } from '../plan/batch-buffers.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import type { CircleMember } from './circle-member.ts'
import { readRows } from './read-rows.ts'

/** What the program makes of a row now. */
export interface RereadRow {
  /** As the ledger keeps it; of a row that is another row that one's id. */
  readonly hash: string
  readonly isMerged: boolean
  /** Tuples per table, in the order of the mapping. */
  readonly tuples: readonly number[]
}

/**
 * Runs a program that remembers no keys over some of a member's rows, once more; a row it sets aside has no entry.
 * `wanted`: the first row with each of these canonical keys.
 */
export async function rereadRows(
  member: CircleMember,
  { aside, wanted }: { readonly aside: CompiledEntity; readonly wanted: ReadonlySet<string> },
): Promise<ReadonlyMap<string, RereadRow>> {
  const { program, rowKey, tables } = aside
  if (program === null || rowKey === null) throw bug(`expected ${member.name} to compile as it did before`)
  const found = new Map<string, RereadRow>()
  if (wanted.size === 0) return found
  const buffers = new BatchBuffers(tables.length)
  program.restart()
  for await (const rows of readRows({ ...member, compiled: aside })) {
    while (rows.next()) {
      const key = rowKey.peek(rows.cursor)
      if (key === null || !wanted.has(key) || found.has(key)) continue
      buffers.reset()
      program.run(rows.cursor, buffers)
      const [other] = buffers.merged
      if (other !== undefined) found.set(key, { hash: other.id, isMerged: true, tuples: [] })
      if (buffers.loaded === 1)
        found.set(key, { hash: buffers.hashAt(0), isMerged: false, tuples: buffers.tables.map(table => table.count(0, 1)) })
    }
  }
  return found
}
