import { type KeyIndex, LOADED, QUARANTINED } from '../base/key-index.ts'
import type { CircleMember } from './circle-member.ts'
import { readEdges } from './read-edges.ts'
import { findGone, type Gone } from './settle-fixpoint.ts'

/** A row that must go because a row it refers to is not there. */
export interface Refusal {
  readonly entity: string
  /** Canonical key text. */
  readonly key: string
  readonly code: string
  readonly column: string
  readonly parentEntity: string
}

export interface Settling {
  indexOf(entity: string): KeyIndex
  /** Of a member's rows (ordinals in its index) that would go: those the target holds as they once were, not as the source has them now. */
  kept(member: CircleMember, rows: readonly number[]): Promise<ReadonlySet<number>>
}

/**
 * References to rows of the same circle are checked once all of it is loaded: reads the keys again, then takes away what refers to nothing,
 * and what refers to that, until nothing more goes (a fixpoint). Works on keys alone, so a dry run settles like a real one. Of rows of one entity
 * those that refer come before those referred to, so that no foreign key stands in the way of removing them in this order.
 */
export async function settleCircle(members: readonly CircleMember[], settling: Settling): Promise<readonly Refusal[]> {
  const { indexOf } = settling
  const edges = []
  for (const member of members) edges.push(...(await readEdges(member, indexOf)))
  const all = findGone(edges, { indexOf, kept: new Map() })
  const kept = await keptOf(members, all, settling)
  const gone = kept.size === 0 ? all : findGone(edges, { indexOf, kept })
  for (const { entity, ordinal } of gone) indexOf(entity).setState(ordinal, QUARANTINED)
  return gone.map(({ entity, ordinal, code, column, parent }) => ({
    entity,
    key: indexOf(entity).keyAt(ordinal),
    code,
    column,
    parentEntity: parent,
  }))
}

async function keptOf(
  members: readonly CircleMember[],
  gone: readonly Gone[],
  { kept, indexOf }: Settling,
): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const found = new Map<string, ReadonlySet<number>>()
  for (const member of members) {
    const rows = gone.filter(({ entity }) => entity === member.name).map(({ ordinal }) => ordinal)
    const stay =
      rows.length === 0
        ? new Set<number>()
        : await kept(
            member,
            rows.filter(row => indexOf(member.name).state(row) === LOADED),
          )
    if (stay.size > 0) found.set(member.name, stay)
  }
  return found
}
