import { KeyIndex, LOADED, NOT_FOUND, QUARANTINED, UNSEEN } from '../base/key-index.ts'
import { canonicalKey } from '../base/key-text.ts'
import { bug } from '../errors.ts'
import type { NumberedEntity, NumberedTenant, QuarantineRow } from '../model/ledger-records.ts'
import { BatchBuffers } from '../plan/batch-buffers.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import type { TablePlan } from '../plan/compile-table.ts'
import { partsOf } from '../plan/row-program.ts'
import type { CircleMember } from './circle-member.ts'
import type { Service } from './load-context.ts'
import { readRows } from './read-rows.ts'
import { fillFromLedger } from './remember-states.ts'

/** Why a row that was loaded is none now. Null: its source row is gone. */
export type NoLonger =
  | { readonly fate: 'excluded'; readonly code: string }
  | { readonly fate: 'quarantined'; readonly row: QuarantineRow }
  /** It is another row, which has this id. */
  | { readonly fate: 'merged'; readonly id: string }
  | null

/** Loaded rows of an entity and tenant that no source row stands for any more. */
export interface GoneRows {
  readonly entity: NumberedEntity
  readonly tenant: NumberedTenant | null
  readonly member: CircleMember
  readonly tables: readonly TablePlan[]
  /** By canonical key. */
  readonly rows: Map<string, NoLonger>
  /** Keys of rows in quarantine whose source row is gone. */
  readonly stale: readonly (readonly string[])[]
}

export interface GoneFrom {
  readonly service: Service
  readonly entity: NumberedEntity
  readonly tenant: NumberedTenant | null
  /** The member's program, to be run over all rows again for those it sets aside now; null = there are none. */
  readonly whole: CompiledEntity | null
}

/** Reads the keys of the source once more, in the snapshot of the load: so it does not matter where a run was taken up. */
export async function findGone(member: CircleMember, from: GoneFrom): Promise<GoneRows> {
  const { service, entity, tenant, whole } = from
  const { rowKey } = member.compiled
  if (rowKey === null) throw bug(`expected ${member.name} to have compiled`)
  const index = new KeyIndex()
  await fillFromLedger(index, {
    ledger: service.ledger,
    entity: entity.number,
    tenant: tenant?.number ?? 0,
    isInteger: rowKey.isInteger,
    mergedAsIn: null,
  })
  const copies = await refusedCopies(member, from)
  await forgetRead(member, { index, copies })
  const rows = new Map<string, NoLonger>()
  const stale: (readonly string[])[] = []
  for (let i = 0; i < index.size; i++) {
    const state = index.state(i)
    if (state === LOADED) rows.set(keyAt(index, i, rowKey.isInteger), null)
    else if (state === QUARANTINED) stale.push(partsOf(keyAt(index, i, rowKey.isInteger)))
  }
  if (whole !== null) await addSetAside(member, { whole, from, rows })
  return {
    entity,
    tenant,
    member,
    tables: member.compiled.tables,
    rows,
    stale: [...stale.filter(key => isWhole(key, member)), ...[...copies].map(partsOf)],
  }
}

/** Rows in quarantine that have no key of their own: copies of one, and rows without one. */
async function refusedCopies(member: CircleMember, { service, entity, tenant }: GoneFrom): Promise<Set<string>> {
  const found = new Set<string>()
  for await (const chunk of service.ledger.knownKeys(entity.number, tenant?.number ?? 0))
    for (const { key, state } of chunk) if (state === 'quarantined' && !isWhole(key, member)) found.add(canonicalKey(key))
  return found
}

/** Copies of a key have one part more, rows without one a mark in its place: those are told apart by their number. */
function isWhole(key: readonly string[], { facts }: CircleMember): boolean {
  return key.length === facts.key.names.length && !key.includes('\\N')
}

function keyAt(index: KeyIndex, ordinal: number, isInteger: boolean): string {
  const text = index.keyAt(ordinal)
  return isInteger ? canonicalKey([text]) : text
}

async function forgetRead(
  member: CircleMember,
  { index, copies }: { readonly index: KeyIndex; readonly copies: Set<string> },
): Promise<void> {
  const { compiled } = member
  const { rowKey, state } = compiled
  if (rowKey === null) throw bug(`expected ${member.name} to have compiled`)
  rowKey.restart()
  // Nothing but keys is looked at.
  for await (const rows of readRows({ ...member, compiled: { ...compiled, related: [] } })) {
    while (rows.next()) {
      state.begin(rows.cursor)
      const hasOwn = rowKey.read(state)
      if (!hasOwn && copies.size > 0) copies.delete(canonicalKey(rowKey.parts(state)))
      const ordinal = hasOwn ? rowKey.find(state, index) : NOT_FOUND
      if (ordinal !== NOT_FOUND) index.setState(ordinal, UNSEEN)
    }
  }
}

/** Loaded rows whose source row is there, and which the program would not load any more. */
async function addSetAside(
  member: CircleMember,
  { whole, from, rows }: { whole: CompiledEntity; from: GoneFrom; rows: Map<string, NoLonger> },
): Promise<void> {
  const { program } = whole
  if (program === null) throw bug(`expected ${member.name} to have compiled`)
  const buffers = new BatchBuffers(whole.tables.length)
  program.restart()
  for await (const source of readRows({ ...member, compiled: whole })) {
    while (source.next()) {
      program.run(source.cursor, buffers)
      if (buffers.read >= ROWS_AT_ONCE) await addLoaded(buffers, from, rows)
    }
  }
  await addLoaded(buffers, from, rows)
}

const ROWS_AT_ONCE = 5_000

async function addLoaded(buffers: BatchBuffers, { service, entity, tenant }: GoneFrom, rows: Map<string, NoLonger>): Promise<void> {
  const aside = [
    ...buffers.quarantine.map(row => ({ key: row.key, why: { fate: 'quarantined', row } as const })),
    ...buffers.exclusions.map(({ key, code }) => ({ key, why: { fate: 'excluded', code } as const })),
  ]
  const merged = buffers.merged.map(({ key, id }) => ({ key, why: { fate: 'merged', id } as const }))
  buffers.reset()
  const all = [...aside, ...merged]
  if (all.length === 0) return
  const known = await service.ledger.known(
    entity.number,
    tenant?.number ?? 0,
    all.map(({ key }) => key),
  )
  for (const [i, { key, why }] of all.entries()) {
    const state = known[i]?.state
    if (state === 'loaded' || (state === 'merged' && why.fate !== 'merged')) rows.set(canonicalKey(key), why)
  }
}
