import { createHmac } from 'node:crypto'

/** Whether a chain of audit entries is whole. Decides only: entries come in as rows, in any state somebody may have left them in. */

/** An entry as it is stored. `previous`, `hash`: hex. */
export interface AuditRecord {
  readonly id: string
  /** RFC 3339, UTC, microseconds. */
  readonly at: string
  readonly who: string
  readonly action: string
  readonly run: string | null
  /** A JSON object as the text it was signed as. */
  readonly detail: string
  readonly previous: string
  readonly hash: string
}

/** The last entry; none: id 0 and an empty hash. */
export interface AuditHead {
  readonly id: string
  readonly hash: string
}

/**
 * `altered`: an entry whose HMAC does not fit. `removed`: a number without its entry. `inserted`: an entry more than the chain has. `moved`: an entry under another number than it was signed with.
 * `tail_missing`: the chain ends before the head that is known. `head`: the recorded head is not the last entry.
 * `ledger`: rows the entry seals are not as they were.
 */
export interface AuditFinding {
  readonly kind: 'altered' | 'removed' | 'inserted' | 'moved' | 'tail_missing' | 'head' | 'ledger'
  /** The first and last entry concerned; the same for one. */
  readonly from: string
  readonly to: string
  readonly message: string
}

export interface AuditCheck {
  /** Entries that are there. */
  readonly entries: number
  /** Of the last entry in the chain. */
  readonly head: AuditHead
  /** In the order of the chain; empty = whole. */
  readonly findings: readonly AuditFinding[]
  /** Those whose HMAC fits. */
  readonly genuine: readonly AuditRecord[]
}

/** HMAC-SHA-256 of the hash before and of the entry as a JSON array. `previous` and the result: hex. */
export function chainHash(key: Buffer, previous: string, entry: Omit<AuditRecord, 'previous' | 'hash'>): string {
  const text = JSON.stringify([entry.id, entry.at, entry.who, entry.action, entry.run, entry.detail])
  return createHmac('sha256', key).update(Buffer.from(previous, 'hex')).update(text).digest('hex')
}

/** How far from its place the number an entry was signed with is looked for. */
const MOST_SHIFT = 64

/** Follows the chain from its first entry: each is found by the hash before it, whatever number it stands under; where no entry follows, the next number goes on. `recorded`: null = the head is gone. */
export function checkChain(key: Buffer, rows: readonly AuditRecord[], recorded: AuditHead | null): AuditCheck {
  const walk = new ChainWalk(key, rows)
  walk.follow()
  const { head, genuine } = walk
  const found = walk.findings().map(finding => (isBehind(finding, recorded) ? inserted(finding.from) : finding))
  return { entries: rows.length, head, genuine, findings: [...found, ...headFindings(walk, recorded)] }
}

/** Nobody with the key wrote it, as the head was not moved on to it. */
function isBehind({ kind, from }: AuditFinding, recorded: AuditHead | null): boolean {
  return kind === 'altered' && recorded !== null && BigInt(from) > BigInt(recorded.id)
}

function inserted(id: string): AuditFinding {
  return { kind: 'inserted', from: id, to: id, message: `entry ${id} was inserted: it is not part of the chain` }
}

/** What a head printed elsewhere says about this chain. `known.id` null: only the hash is known. */
export function compareHead(check: AuditCheck, known: { readonly id: string | null; readonly hash: string }): AuditFinding | null {
  const match = check.genuine.find(entry => entry.hash === known.hash)
  if (match !== undefined && (known.id === null || known.id === match.id)) return null
  if (known.hash === '' && known.id === '0') return null
  const last = BigInt(check.head.id)
  if (known.id === null) {
    const from = String(last + 1n)
    return {
      kind: 'tail_missing',
      from,
      to: from,
      message: 'the head given is of no entry of this chain: the tail is missing, or it is of another',
    }
  }
  if (BigInt(known.id) > last) return tailMissing(last + 1n, BigInt(known.id), 'the head given')
  return {
    kind: 'head',
    from: known.id,
    to: known.id,
    message: `entry ${known.id} is not the one of the head given: the chain was written anew from there, or before`,
  }
}

class ChainWalk {
  readonly genuine: AuditRecord[] = []
  readonly #key: Buffer
  readonly #rows: readonly AuditRecord[]
  readonly #next: ReadonlyMap<string, readonly AuditRecord[]>
  readonly #seen = new Set<AuditRecord>()
  readonly #found: AuditFinding[] = []
  readonly #strangers: AuditRecord[] = []
  /** The number the next entry was signed with. */
  #place = 1n
  /** Hashes the next entry may give as the one before it; empty = not known. */
  #before: readonly string[] = ['']
  #last: AuditRecord | null = null

  constructor(key: Buffer, rows: readonly AuditRecord[]) {
    this.#key = key
    this.#rows = rows.toSorted((a, b) => compareIds(a.id, b.id))
    const next = new Map<string, AuditRecord[]>()
    for (const row of this.#rows) {
      const followers = next.get(row.previous)
      if (followers === undefined) next.set(row.previous, [row])
      else followers.push(row)
    }
    this.#next = next
  }

  get head(): AuditHead {
    return { id: String(this.#place - 1n), hash: this.#last?.hash ?? '' }
  }

  get isDamaged(): boolean {
    return this.#found.length + this.#strangers.length > 0
  }

  isStranger(id: string): boolean {
    return this.#strangers.some(row => row.id === id)
  }

  /** The last entry in the chain is one whose HMAC does not fit. */
  get endsAltered(): boolean {
    return this.#last !== null && !this.genuine.includes(this.#last)
  }

  follow(): void {
    for (;;) {
      const follower = this.#follower()
      if (follower !== null) this.#take(follower, this.#place)
      else if (!this.#jump()) break
    }
    this.#strangers.push(...this.#rows.filter(row => !this.#seen.has(row)))
  }

  findings(): readonly AuditFinding[] {
    const strangers = this.#strangers.map(({ id }) => inserted(id))
    return joined([...this.#found, ...strangers].toSorted((a, b) => compareIds(a.from, b.from)))
  }

  /** The entry that says it comes next. One that was signed so comes before one that merely stands there. */
  #follower(): AuditRecord | null {
    const open = this.#before.flatMap(hash => this.#next.get(hash) ?? []).filter(row => !this.#seen.has(row))
    return open.find(row => this.#fits(row, this.#place)) ?? open.find(row => row.id === String(this.#place)) ?? null
  }

  /** Nobody says that it comes next: goes on with the next number that is there. False at the end. */
  #jump(): boolean {
    const row = this.#rows.find(r => !this.#seen.has(r) && BigInt(r.id) >= this.#place)
    if (row === undefined) return false
    const own = this.#ownPlace(row)
    if (own !== null && own < this.#place) {
      // A copy of an entry that is in the chain.
      this.#seen.add(row)
      this.#strangers.push(row)
      return true
    }
    const place = own ?? BigInt(row.id)
    if (place > this.#place) this.#remove(this.#place, place - 1n)
    this.#take(row, place)
    return true
  }

  /** The number the entry was signed with, by its own word about the hash before; null = its HMAC fits none. */
  #ownPlace(row: AuditRecord): bigint | null {
    const id = BigInt(row.id)
    for (let shift = 0n; shift < MOST_SHIFT; shift++) {
      if (this.#fits(row, id + shift)) return id + shift
      if (this.#fits(row, id - shift)) return id - shift
    }
    return null
  }

  #fits(row: AuditRecord, place: bigint): boolean {
    return chainHash(this.#key, row.previous, { ...row, id: String(place) }) === row.hash
  }

  #take(row: AuditRecord, place: bigint): void {
    this.#seen.add(row)
    const isGenuine = this.#fits(row, place)
    const { id } = row
    if (isGenuine) this.genuine.push(row)
    else this.#found.push({ kind: 'altered', from: id, to: id, message: `entry ${id} was altered, or written by somebody without the key` })
    if (isGenuine && id !== String(place))
      this.#found.push({ kind: 'moved', from: id, to: id, message: `entry ${id} was signed as entry ${place}` })
    // Where only the hash was altered, the one that belongs there leads on.
    this.#before = [row.hash, chainHash(this.#key, row.previous, { ...row, id: String(place) })]
    this.#place = place + 1n
    this.#last = row
  }

  /** Numbers at which somebody else's entry stands are told with that entry. */
  #remove(from: bigint, to: bigint): void {
    const range = from === to ? `entry ${from} is` : `entries ${from} to ${to} are`
    this.#found.push({ kind: 'removed', from: String(from), to: String(to), message: `${range} missing` })
  }
}

function headFindings(walk: ChainWalk, recorded: AuditHead | null): readonly AuditFinding[] {
  const { head } = walk
  const at = { from: head.id, to: head.id }
  if (recorded === null) return [{ kind: 'head', ...at, message: 'the recorded head is missing' }]
  const isElsewhere = walk.isDamaged && (recorded.hash === head.hash || recorded.id === head.id || walk.isStranger(recorded.id))
  if (isElsewhere || (recorded.id === head.id && recorded.hash === head.hash)) return []
  if (BigInt(recorded.id) > BigInt(head.id)) return [tailMissing(BigInt(head.id) + 1n, BigInt(recorded.id), 'the recorded head')]
  if (walk.endsAltered) return []
  return [{ kind: 'head', ...at, message: `the recorded head is not entry ${head.id}, the last of the chain` }]
}

function tailMissing(from: bigint, to: bigint, known: string): AuditFinding {
  const message = `${from === to ? `entry ${from} is` : `entries ${from} to ${to} are`} missing at the end: ${known} is entry ${to}`
  return { kind: 'tail_missing', from: String(from), to: String(to), message }
}

/** Neighbours that were moved alike are one finding. */
function joined(findings: readonly AuditFinding[]): readonly AuditFinding[] {
  const all: AuditFinding[] = []
  for (const finding of findings) {
    const last = all.at(-1)
    const follows = last?.kind === 'moved' && finding.kind === 'moved' && BigInt(last.to) + 1n === BigInt(finding.from)
    if (!follows || last === undefined) all.push(finding)
    else
      all[all.length - 1] = {
        ...last,
        to: finding.to,
        message: `entries ${last.from} to ${finding.to} stand under other numbers than they were signed with`,
      }
  }
  return all
}

function compareIds(a: string, b: string): number {
  const difference = BigInt(a) - BigInt(b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
