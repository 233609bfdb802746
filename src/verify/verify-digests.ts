import { uuidBytes, uuidText } from '../base/uuid-text.ts'
import type { Identifiers } from '../cast/identifiers.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { TargetReader } from '../target/target.ts'
import { HASH, ID, ID_MAP_FIELDS, idMapFormat, KEY, keyOf } from './compare-id-map.ts'
import type { Differences } from './differences.ts'
import { placeOf } from './explain-rows.ts'
import type { Tuple } from './merge-rows.ts'
import { SortRows } from './sort-rows.ts'
import type { SpillFolder } from './spill-folder.ts'
import { copied, TableDigest } from './table-digest.ts'
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
  for (const of of setting.entities) {
    const scopes = scopesOf(of, setting.scopes)
    const obstacle = obstacleOf(of, scopes)
    if (obstacle === null) await new EntityDigest(of, scopes, setting).run()
    else setting.onNone(of, obstacle)
    await setting.onDone(of)
  }
}

function scopesOf(of: VerifiedEntity, scopes: readonly TableScope[]): readonly TableScope[] {
  return of.compiled.tables.flatMap((_, shape) =>
    scopes.filter(scope => scope.writers.some(writer => writer.of === of && writer.shape === shape)),
  )
}

function obstacleOf(of: VerifiedEntity, scopes: readonly TableScope[]): string | null {
  const { into } = of.facts.entity
  if (into.some(shape => shape.each !== null) || of.compiled.tables.some(({ tuples }) => tuples.length > 1))
    return 'a row becomes several rows of one table, whose order the target does not keep'
  if (scopes.some(scope => scope.keyColumn === null)) return 'a table has no uuid column by which its rows could be found'
  if (scopes.some(scope => scope.writers.length > 1)) return 'several entities or tenants fill one of its tables'
  return null
}

/** One row of the id map: the key as the ledger keeps it, the identifier and the halves of the hash. */
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
  #equal = 0

  constructor(of: VerifiedEntity, scopes: readonly TableScope[], setting: DigestsSetting) {
    this.#of = of
    this.#setting = setting
    this.#tables = scopes.map(scope => new TableDigest(scope, setting))
  }

  async run(): Promise<void> {
    const { differences } = this.#setting
    for await (const mapped of this.#mapped()) {
      this.#lanes[0] = 0
      this.#lanes[1] = 0
      let isThere = true
      for (const [t, table] of this.#tables.entries()) {
        const rows = table.hashHere(mapped.id, mapped.at, this.#lanes) ?? (await table.hash(mapped.id, mapped.at, this.#lanes))
        if (rows === 0 && t === 0) isThere = false
      }
      if (isThere && this.#lanes[0] === mapped.high && this.#lanes[1] === mapped.low) this.#equal++
      else await this.#tell(mapped, isThere)
    }
    for (const table of this.#tables) await table.finish()
    differences.count(placeOf(this.#of), 'equal', this.#equal)
    await differences.flush()
  }

  async #tell(mapped: Mapped, isThere: boolean): Promise<void> {
    const { differences } = this.#setting
    const tuple = mapped.tuple()
    const key = keyOf(tuple)
    const id = uuidText(mapped.id, mapped.at)
    const head = this.#tables[0] as TableDigest
    if (!isThere) await head.missing({ id, key, hash: String((BigInt(mapped.high) << 32n) | BigInt(mapped.low >>> 0)) })
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

  /** The id map in the order of identifiers. Rows whose identifier is not the one their key gives are told and left out: the order would break. */
  async *#mapped(): AsyncGenerator<Mapped> {
    const of = this.#of
    const format = idMapFormat(of)
    const ledger = this.#setting.ledger(of.facts.entity.service)
    const rows = ledger.idMap({ entity: of.number, tenant: of.tenant?.number ?? 0, format })
    const stream = new TupleStream(rows, { fields: ID_MAP_FIELDS, what: `rehouse.id_map_${format}` })
    try {
      if (format === 'integer') yield* this.#inKeyOrder(stream)
      else yield* this.#sorted(stream)
    } finally {
      await stream.close()
    }
  }

  async *#inKeyOrder(stream: TupleStream): AsyncGenerator<Mapped> {
    const of = this.#of
    const write = this.#setting.identifiers.ordered(of.tenant?.number ?? 0, of.number)
    const genuine = Buffer.alloc(16)
    while (stream.isHere() || (await stream.row())) {
      const { data, start } = stream
      const key = start[KEY] as number
      const at = start[ID] as number
      const hash = start[HASH] as number
      write(data.readInt32BE(key), data.readInt32BE(key + 4), genuine, 0)
      if (data.compare(genuine, 0, 16, at, at + 16) === 0)
        yield { tuple: () => copied(stream), id: data, at, high: data.readInt32BE(hash), low: data.readInt32BE(hash + 4) }
      else this.#tellId(copied(stream), uuidText(genuine, 0))
      stream.pass()
    }
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

  async *#sorted(stream: TupleStream): AsyncGenerator<Mapped> {
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
        const from = region.startOf(row)
        const tuple = (): Tuple => {
          const data = Buffer.from(region.buf.subarray(from, region.endOf(row)))
          return { data, fields: fieldsAt(data, 0).fields }
        }
        const { data, fields } = tuple()
        const idField = fields[ID]
        const hash = fields[HASH]?.start ?? 0
        const id = uuidBytes(data.toString('utf8', idField?.start, (idField?.start ?? 0) + (idField?.length ?? 0))) ?? Buffer.alloc(16)
        yield { tuple, id, at: 0, high: data.readInt32BE(hash), low: data.readInt32BE(hash + 4) }
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
