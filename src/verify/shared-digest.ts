import { TupleSetHash } from '../base/row-hash.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { uuidBytes, uuidText } from '../base/uuid-text.ts'
import { HASH, ID, ID_MAP_FIELDS, idMapFormat, keyOf } from './compare-id-map.ts'
import { ExplainRows, placeOf } from './explain-rows.ts'
import { SortRows } from './sort-rows.ts'
import type { SpillFolder } from './spill-folder.ts'
import { copied, type TableDigestSetting } from './table-digest.ts'
import type { TableScope, VerifiedEntity } from './table-scopes.ts'
import { fieldsAt, TupleStream } from './tuple-stream.ts'

export interface SharedDigestSetting extends TableDigestSetting {
  readonly spill: SpillFolder
}

/** A table that several entities, or tenants, fill: its rows in the order of the column that leads to them, each hashed as whoever wrote it sent it. */
class SharedTable {
  readonly scope: TableScope
  readonly #stream: TupleStream
  readonly #key: number
  /** For each writer where its columns stand among those read. */
  readonly #orders: readonly (readonly number[])[]
  readonly #explain: ExplainRows
  readonly #set = new TupleSetHash()
  readonly #tuple = new TupleWriter(1 << 10)

  constructor(scope: TableScope, setting: TableDigestSetting) {
    const { columns, keyColumn, label, writers } = scope
    const reader = setting.reader(scope.service)
    const { differences, signal } = setting
    this.scope = scope
    this.#key = columns.indexOf(keyColumn ?? '')
    this.#orders = writers.map(({ plan }) => plan.columns.map(name => columns.indexOf(name)))
    const rows = reader.rows({ ...scope.rows, columns, orderBy: keyColumn, ids: null, signal })
    this.#stream = new TupleStream(rows, { fields: columns.length, what: label })
    const ledger = setting.ledger(scope.service)
    this.#explain = new ExplainRows({ scope, reader, ledger, differences, showValues: false, signal, isMoved: () => false })
  }

  /** Chains the rows with this identifier, as the writer’s, into the hash. Identifiers come in order. Resolves to how many there are. */
  async hash(id: Buffer, writer: number, lanes: Int32Array): Promise<number> {
    const stream = this.#stream
    const isOne = !this.scope.writers[writer]?.of.facts.entity.into[this.scope.writers[writer]?.shape ?? 0]?.each
    this.#set.begin(lanes)
    while (await stream.row()) {
      const key = stream.start[this.#key] as number
      const order = stream.data.compare(id, 0, 16, key, key + 16)
      if (order > 0) break
      if (order < 0 || (isOne && this.#set.tuples > 0)) await this.#extra()
      else this.#add(writer)
    }
    this.#set.end(lanes)
    return this.#set.tuples
  }

  #add(writer: number): void {
    const { data, start, length } = this.#stream
    const order = this.#orders[writer] ?? []
    const out = this.#tuple
    out.reset()
    out.fieldCount(order.length)
    for (const field of order) {
      const size = length[field] as number
      if (size < 0) out.null()
      else out.field(data, start[field] as number, size)
    }
    const { buf, at } = out
    this.#set.add(new DataView(buf.buffer, buf.byteOffset, buf.byteLength), 0, at)
    this.#stream.pass()
  }

  async #extra(): Promise<void> {
    this.#explain.extra(copied(this.#stream))
    this.#stream.pass()
    await this.#explain.settle()
  }

  async missing(id: Buffer, of: { readonly writer: number; readonly key: readonly string[]; readonly hash: string }): Promise<void> {
    const fields = this.scope.columns.map((_, i) => ({ start: 0, length: i === this.#key ? 16 : -1 }))
    this.#explain.missing(of, { data: id, fields })
    await this.#explain.settle()
  }

  async finish(): Promise<void> {
    while (await this.#stream.row()) await this.#extra()
    await this.close()
    await this.#explain.finish()
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.#stream.close()
  }
}

interface Filled {
  readonly table: SharedTable
  readonly writer: number
}

/** Entities, of one tenant or of several, that fill some tables together: their id maps are put in one order and compared with the tables’ rows at once. */
export class SharedDigest {
  readonly #entities: readonly VerifiedEntity[]
  readonly #setting: SharedDigestSetting
  readonly #tables: readonly SharedTable[]
  /** For each entity its tables, in the order its rows were hashed. */
  readonly #filled: readonly (readonly Filled[])[]

  constructor(entities: readonly VerifiedEntity[], scopes: readonly TableScope[], setting: SharedDigestSetting) {
    this.#entities = entities
    this.#setting = setting
    this.#tables = scopes.map(scope => new SharedTable(scope, setting))
    this.#filled = entities.map(of =>
      of.compiled.tables.flatMap((_, shape) =>
        this.#tables.flatMap(table => {
          const writer = table.scope.writers.findIndex(one => one.of === of && one.shape === shape)
          return writer < 0 ? [] : [{ table, writer }]
        }),
      ),
    )
  }

  async run(): Promise<void> {
    try {
      const sorter = new SortRows(this.#setting.spill)
      for (const [i, of] of this.#entities.entries()) await this.#addAll(of, i, sorter)
      for await (const region of sorter.regions())
        for (let row = 0; row < region.size; row++)
          await this.#compare(region.writerOf(row), Buffer.from(region.buf.subarray(region.startOf(row), region.endOf(row))))
      for (const table of this.#tables) await table.finish()
      await this.#setting.differences.flush()
    } finally {
      for (const table of this.#tables) await table.close()
    }
  }

  async #addAll(of: VerifiedEntity, writer: number, sorter: SortRows): Promise<void> {
    const rows = this.#setting.ledger(of.facts.entity.service).idMap({
      entity: of.number,
      tenant: of.tenant?.number ?? 0,
      format: idMapFormat(of),
    })
    const stream = new TupleStream(rows, { fields: ID_MAP_FIELDS, what: `rehouse.id_map_${idMapFormat(of)}` })
    try {
      while (await stream.row()) {
        const id = idIn(stream.data, { start: stream.start[ID] as number, length: stream.length[ID] as number })
        if (id === null) this.#tellText(of, copied(stream).data)
        else
          await sorter.add({
            sortKey: { data: id, start: 0, length: 16 },
            tuples: { data: stream.data, start: stream.at, end: stream.end, count: 1 },
            writer,
            key: '',
            hash: '0',
          })
        stream.pass()
      }
    } finally {
      await stream.close()
    }
  }

  async #compare(entity: number, data: Buffer): Promise<void> {
    const of = this.#entities[entity] as VerifiedEntity
    const filled = this.#filled[entity] ?? []
    const { fields } = fieldsAt(data, 0)
    const id = idIn(data, fields[ID] ?? { start: 0, length: -1 }) ?? Buffer.alloc(16)
    const wanted = data.readBigInt64BE(fields[HASH]?.start ?? 0)
    const lanes = new Int32Array(2)
    let isThere = true
    for (const [i, { table, writer }] of filled.entries()) if ((await table.hash(id, writer, lanes)) === 0 && i === 0) isThere = false
    const actual = (BigInt(lanes[0] as number) << 32n) | BigInt((lanes[1] as number) >>> 0)
    const { differences } = this.#setting
    if (actual === wanted) {
      differences.count(placeOf(of), 'equal')
      return
    }
    const key = keyOf({ data, fields })
    const [head] = filled
    if (!isThere) await head?.table.missing(id, { writer: head.writer, key, hash: String(wanted) })
    else {
      differences.count(placeOf(of), 'different')
      const told = { column: null, expected: null, actual: null, kind: 'changed_since' } as const
      differences.add({ ...placeOf(of), key, id: uuidText(id, 0), table: head?.table.scope.label ?? '', ...told })
    }
    await differences.flush()
  }

  #tellText(of: VerifiedEntity, data: Buffer): void {
    const { fields } = fieldsAt(data, 0)
    const { start = 0, length = 0 } = fields[ID] ?? {}
    const told = { table: `rehouse.id_map_${idMapFormat(of)}`, column: 'id', expected: 'a uuid', kind: 'id_map' } as const
    const actual = data.toString('utf8', start, start + Math.max(0, length))
    this.#setting.differences.add({ ...placeOf(of), key: keyOf({ data, fields }), id: null, actual, ...told })
  }
}

/** Of an id map row: bytes, or text of a uuid; null: another text. */
function idIn(data: Buffer, { start, length }: { readonly start: number; readonly length: number }): Buffer | null {
  if (length === 16) return Buffer.from(data.subarray(start, start + 16))
  return uuidBytes(data.toString('utf8', start, start + Math.max(0, length)))
}
