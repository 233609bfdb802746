import { RehouseError } from '../errors.ts'

/** Seconds of 2000-01-01 in Unix time: the epoch of PostgreSQL’s timestamps, and of all seconds here. */
const EPOCH_2000 = 946_684_800
/** 400 Gregorian years: whole weeks, so that the last rules of a zone repeat. */
const CYCLE_SECONDS = 12_622_780_800
/** What a JavaScript date can hold, in seconds of Unix time. */
const MAX_UNIX = 8.64e12
/** Time is cut into blocks short enough to hold at most one change of the offset (no zone ever changed there and back within 6.9 days), with room on both sides for any offset. */
const BLOCK_SECONDS = 262_144
const MAX_OFFSET = 57_600
/** Blocks from the year 1834 to 2165 lie in an array, others in a map. */
const ARRAY_BLOCKS = 40_000
const FIRST_BLOCK = -ARRAY_BLOCKS / 2
const UNKNOWN = 0x7fff_ffff
const CHANGES = 0x7fff_fffe

/** A change of the offset, in seconds east of Greenwich: `after` holds from the instant `at` on. */
export interface Change {
  readonly at: number
  readonly before: number
  readonly after: number
}

/** What one local time is: unique, left out by the clock (gap) or met twice (overlap). `offset` in seconds east; for a gap and an overlap the offsets before and after the change. */
export type LocalTime =
  | { readonly kind: 'one'; readonly offset: number }
  | { readonly kind: 'gap' | 'overlap'; readonly before: number; readonly after: number }

const tables = new Map<string, ZoneTable>()

/** The table of an IANA zone, made once. Throws TENANT_INVALID when there is no such zone. */
export function zoneTable(zone: string): ZoneTable {
  const known = tables.get(zone)
  if (known) return known
  const table = new ZoneTable(zone)
  tables.set(zone, table)
  return table
}

/**
 * The offsets of one zone, for every second PostgreSQL’s timestamps reach, local mean times and their odd seconds included. Filled as it is asked; the rules are those of the time zone data
 * Node carries (`process.versions.tz`). Seconds are whole and count from 2000-01-01, local or UTC as said.
 */
export class ZoneTable {
  readonly #format: Intl.DateTimeFormat
  readonly #ofLocal = new Int32Array(ARRAY_BLOCKS).fill(UNKNOWN)
  readonly #ofUtc = new Int32Array(ARRAY_BLOCKS).fill(UNKNOWN)
  readonly #farLocal = new Map<number, number>()
  readonly #farUtc = new Map<number, number>()
  readonly #changes = new Map<number, Change>()

  constructor(zone: string) {
    try {
      this.#format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    } catch (error) {
      throw new RehouseError('TENANT_INVALID', `expected the name of a time zone, got ${JSON.stringify(zone)}`, {
        next: 'Give the tenant an IANA zone such as `America/Chicago` (tenants: zone).',
        cause: error,
      })
    }
  }

  /** The offset that holds at an instant. */
  offsetAt(utc: number): number {
    const block = Math.floor(utc / BLOCK_SECONDS)
    const index = block - FIRST_BLOCK
    const near = index >= 0 && index < ARRAY_BLOCKS ? (this.#ofUtc[index] as number) : (this.#farUtc.get(block) ?? UNKNOWN)
    const offset = near === UNKNOWN ? this.#fill('utc', block) : near
    if (offset !== CHANGES) return offset
    const change = this.#changeIn(block)
    return utc < change.at ? change.before : change.after
  }

  /** The offset of a local time; NaN when the offset changes near it: then `localTime` tells. */
  plainOffset(local: number): number {
    const block = Math.floor(local / BLOCK_SECONDS)
    const index = block - FIRST_BLOCK
    const near = index >= 0 && index < ARRAY_BLOCKS ? (this.#ofLocal[index] as number) : (this.#farLocal.get(block) ?? UNKNOWN)
    const offset = near === UNKNOWN ? this.#fill('local', block) : near
    return offset === CHANGES ? Number.NaN : offset
  }

  localTime(local: number): LocalTime {
    const plain = this.plainOffset(local)
    if (!Number.isNaN(plain)) return { kind: 'one', offset: plain }
    const { at, before, after } = this.#changeIn(Math.floor(local / BLOCK_SECONDS))
    const isBefore = local - before < at
    const isAfter = local - after >= at
    if (isBefore !== isAfter) return { kind: 'one', offset: isBefore ? before : after }
    return { kind: isBefore ? 'overlap' : 'gap', before, after }
  }

  #fill(clock: 'local' | 'utc', block: number): number {
    const room = clock === 'local' ? MAX_OFFSET : 0
    const first = this.#probe(block * BLOCK_SECONDS - room)
    const last = this.#probe((block + 1) * BLOCK_SECONDS + room)
    const offset = first === last ? first : CHANGES
    const index = block - FIRST_BLOCK
    const isNear = index >= 0 && index < ARRAY_BLOCKS
    if (isNear) (clock === 'local' ? this.#ofLocal : this.#ofUtc)[index] = offset
    else (clock === 'local' ? this.#farLocal : this.#farUtc).set(block, offset)
    return offset
  }

  /** The one change in a block or in the room beside it. */
  #changeIn(block: number): Change {
    const known = this.#changes.get(block)
    if (known) return known
    let from = block * BLOCK_SECONDS - MAX_OFFSET
    let to = (block + 1) * BLOCK_SECONDS + MAX_OFFSET
    const before = this.#probe(from)
    const after = this.#probe(to)
    while (to - from > 1) {
      const middle = Math.floor((from + to) / 2)
      if (this.#probe(middle) === before) from = middle
      else to = middle
    }
    const change = { at: to, before, after }
    this.#changes.set(block, change)
    return change
  }

  /** Asks the time zone data. */
  #probe(utc: number): number {
    let unix = utc + EPOCH_2000
    while (unix > MAX_UNIX) unix -= CYCLE_SECONDS
    const text = this.#format.format(unix * 1000)
    const match = /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(text)
    if (!match) throw new RangeError(`expected an offset at the end, got ${text}`)
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = match
    const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
    return sign === '-' ? -offset : offset
  }
}
