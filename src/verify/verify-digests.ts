import { uuidBytes, uuidText } from '../base/uuid-text.ts'
import type { Identifiers } from '../cast/identifiers.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { TargetReader } from '../target/target.ts'
import { HASH, ID, ID_MAP_FIELDS, idMapFormat, KEY, keyOf } from './compare-id-map.ts'
import type { Differences } from './differences.ts'
import { rowsAsLoaded } from './digest-sum.ts'
import { placeOf } from './explain-rows.ts'
import type { Tuple } from './merge-rows.ts'
import { SharedDigest } from './shared-digest.ts'
import { SortRows } from './sort-rows.ts'
import type { SpillFolder } from './spill-folder.ts'
import { copied, isSameId, TableDigest } from './table-digest.ts'
import type { TableScope, VerifiedEntity } from './table-scopes.ts'
import { fieldsAt, TupleStream } from './tuple-stream.ts'

export interface DigestsSetting {
  readonly entities: readonly VerifiedEntity[]
  readonly scopes: readonly TableScope[]
  readonly differences: Differences
  readonly spill: SpillFolder
  readonly identifiers: Identifiers
  readonly signal: AbortSignal
  reader(service: string): TargetReader
  ledger(service: string): Ledger
  /** An entity whose digest cannot be computed from the target, and why. */
  onNone(of: VerifiedEntity, reason: string): void
  /** An entity has been compared to its end. */
  onDone(of: VerifiedEntity): Promise<void>
}

/**
 * The standard level’s comparison: every row of the id map leads to the rows it was loaded as, by the hash the ledger keeps of them, and every row of the tables is in the id map.
 * Reads neither sources nor mapping values: it says whether anybody changed the target since.
 */
export async function verifyDigests(setting: DigestsSetting): Promise<void> {
  for (const together of groupsOf(setting)) {
    const [of, ...others] = together
    if (of === undefined) continue
    const obstacle = together.map(one => obstacleOf(one, scopesOf(one, setting.scopes))).find(one => one !== null)
    if (obstacle != null) for (const one of together) setting.onNone(one, obstacle)
    else if (others.length === 0) await compareEntity(of, scopesOf(of, setting.scopes), setting)
    else await compareTogether(together, setting)
    for (const one of together) await setting.onDone(one)
  }
}

/** Entities that fill a table together belong together, with all that fill one with any of them. */
function groupsOf({ entities, scopes }: DigestsSetting): readonly (readonly VerifiedEntity[])[] {
  const groups = new Map(entities.map(of => [of, [of]]))
  for (const { writers } of scopes) {
    const [first, ...others] = [...new Set(writers.map(({ of }) => groups.get(of)))].filter(group => group !== undefined)
    for (const group of others) {
      first?.push(...group)
      for (const of of group) if (first !== undefined) groups.set(of, first)
    }
  }
  return [...new Set(groups.values())]
}

async function compareTogether(together: readonly VerifiedEntity[], setting: DigestsSetting): Promise<void> {
  const scopes = setting.scopes.filter(({ writers }) => writers.some(({ of }) => together.includes(of)))
  await new SharedDigest(together, scopes, setting).run()
}

/** Sums say that all is as it was loaded, or else rows are compared one by one. */
async function compareEntity(of: VerifiedEntity, scopes: readonly TableScope[], setting: DigestsSetting): Promise<void> {
  const rows = await rowsAsLoaded(of, scopes, setting)
  if (rows === null) await new EntityDigest(of, scopes, setting).run()
  else {
    setting.differences.count(placeOf(of), 'equal', rows)
    await setting.differences.flush()
  }
}

function scopesOf(of: VerifiedEntity, scopes: readonly TableScope[]): readonly TableScope[] {
  return of.compiled.tables.flatMap((_, shape) =>
    scopes.filter(scope => scope.writers.some(writer => writer.of === of && writer.shape === shape)),
  )
}

function obstacleOf(of: VerifiedEntity, scopes: readonly TableScope[]): string | null {
  if (of.compiled.tables.some(({ headColumn }, shape) => shape > 0 && headColumn === null))
    return 'rows of one of its tables do not say which row they are part of'
  if (scopes.some(scope => scope.keyColumn === null)) return 'a table has no uuid column by which its rows could be found'
  return null
}

/** A row of the id map: its identifier lies in `id` from `at`; the halves of its hash. `tuple` copies it. */
interface Mapped {
  readonly tuple: () => Tuple
  readonly id: Buffer
  readonly at: number
  readonly high: number
  readonly low: number
}

class EntityDigest {
  readonly #of: VerifiedEntity
  readonly #setting: DigestsSetting
  readonly #tables: readonly TableDigest[]
  readonly #lanes = new Int32Array(2)
  /** How far the row at hand is: tables hashed, and whether the first of them has it. */
  #hashed = 0
  #isThere = true
  #equal = 0

  constructor(of: VerifiedEntity, scopes: readonly TableScope[], setting: DigestsSetting) {
    this.#of = of
    this.#setting = setting
    this.#tables = scopes.map(scope => new TableDigest(scope, setting))
  }

  async run(): Promise<void> {
    const of = this.#of
    const { differences, ledger } = this.#setting
    const format = idMapFormat(of)
    const rows = ledger(of.facts.entity.service).idMap({ entity: of.number, tenant: of.tenant?.number ?? 0, format })
    const stream = new TupleStream(rows, { fields: ID_MAP_FIELDS, what: `rehouse.id_map_${format}` })
    try {
      if (format === 'integer') await this.#inKeyOrder(stream)
      else await this.#sorted(stream)
    } finally {
      await stream.close()
    }
    for (const table of this.#tables) await table.finish()
    differences.count(placeOf(of), 'equal', this.#equal)
    await differences.flush()
  }

  /** The order of keys is the order of identifiers. Rows whose identifier is not the one their key gives are told and left out: the order would break. */
  async #inKeyOrder(stream: TupleStream): Promise<void> {
    const of = this.#of
    const write = this.#setting.identifiers.ordered(of.tenant?.number ?? 0, of.number)
    const genuine = Buffer.alloc(16)
    const tuple = (): Tuple => copied(stream)
    while (stream.isHere() || (await stream.row())) {
      const { data, start } = stream
      const key = start[KEY] as number
      const at = start[ID] as number
      const hash = start[HASH] as number
      write(data.readInt32BE(key), data.readInt32BE(key + 4), genuine, 0)
      if (!isSameId(genuine, 0, data, at)) this.#tellId(tuple(), uuidText(genuine, 0))
      else {
        const high = data.readInt32BE(hash)
        const low = data.readInt32BE(hash + 4)
        if (!this.#compareHere(data, at, high, low)) await this.#compare({ tuple, id: data, at, high, low })
      }
      stream.pass()
    }
  }

  /** Without waiting for anything, which is what nearly all rows need. False: not equal, or not yet known. */
  #compareHere(id: Buffer, at: number, high: number, low: number): boolean {
    const lanes = this.#lanes
    lanes[0] = 0
    lanes[1] = 0
    this.#isThere = true
    for (this.#hashed = 0; this.#hashed < this.#tables.length; this.#hashed++)
      if (!(this.#tables[this.#hashed] as TableDigest).hashHere(id, at, lanes)) return false
    if (lanes[0] !== high || lanes[1] !== low) return false
    this.#equal++
    return true
  }

  /** Goes on where `compareHere` could not. */
  async #compare(mapped: Mapped): Promise<void> {
    const lanes = this.#lanes
    for (; this.#hashed < this.#tables.length; this.#hashed++) {
      const rows = await (this.#tables[this.#hashed] as TableDigest).hash(mapped.id, mapped.at, lanes)
      if (rows === 0 && this.#hashed === 0) this.#isThere = false
    }
    if (lanes[0] === mapped.high && lanes[1] === mapped.low) this.#equal++
    else await this.#tell(mapped)
  }

  async #tell(mapped: Mapped): Promise<void> {
    const { differences } = this.#setting
    const tuple = mapped.tuple()
    const key = keyOf(tuple)
    const id = uuidText(mapped.id, mapped.at)
    const head = this.#tables[0] as TableDigest
    if (!this.#isThere) await head.missing({ id, key, hash: String((BigInt(mapped.high) << 32n) | BigInt(mapped.low >>> 0)) })
    else {
      differences.count(placeOf(this.#of), 'different')
      differences.add({
        ...placeOf(this.#of),
        key,
        id,
        table: head.label,
        column: null,
        expected: null,
        actual: null,
        kind: 'changed_since',
      })
    }
    await differences.flush()
  }

  #tellId(tuple: Tuple, expected: string): void {
    const { differences } = this.#setting
    const at = tuple.fields[ID]?.start ?? 0
    const table = `rehouse.id_map_${idMapFormat(this.#of)}`
    differences.add({
      ...placeOf(this.#of),
      key: keyOf(tuple),
      id: expected,
      table,
      column: 'id',
      expected,
      actual: uuidText(tuple.data, at),
      kind: 'id_map',
    })
  }

  async #sorted(stream: TupleStream): Promise<void> {
    const sorter = new SortRows(this.#setting.spill)
    while (await stream.row()) {
      const { data, at, end, start, length } = stream
      const text = data.toString('utf8', start[ID] as number, (start[ID] as number) + (length[ID] as number))
      const id = uuidBytes(text)
      const tuple = copied(stream)
      if (id === null) this.#tellText(tuple, text)
      else
        await sorter.add({
          sortKey: { data: id, start: 0, length: 16 },
          tuples: { data, start: at, end, count: 1 },
          writer: 0,
          key: '',
          hash: '0',
        })
      stream.pass()
    }
    for await (const region of sorter.regions()) {
      for (let row = 0; row < region.size; row++) {
        const data = Buffer.from(region.buf.subarray(region.startOf(row), region.endOf(row)))
        const { fields } = fieldsAt(data, 0)
        const { start = 0, length = 0 } = fields[ID] ?? {}
        const id = uuidBytes(data.toString('utf8', start, start + length)) ?? Buffer.alloc(16)
        const hash = fields[HASH]?.start ?? 0
        const mapped: Mapped = { tuple: () => ({ data, fields }), id, at: 0, high: data.readInt32BE(hash), low: data.readInt32BE(hash + 4) }
        if (!this.#compareHere(id, 0, mapped.high, mapped.low)) await this.#compare(mapped)
      }
    }
  }

  #tellText(tuple: Tuple, actual: string): void {
    const table = `rehouse.id_map_${idMapFormat(this.#of)}`
    this.#setting.differences.add({
      ...placeOf(this.#of),
      key: keyOf(tuple),
      id: null,
      table,
      column: 'id',
      expected: 'a uuid',
      actual,
      kind: 'id_map',
    })
  }
}
